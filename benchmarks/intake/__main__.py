"""`python -m benchmarks.intake`: a CSV at both limits put in order, beside the usual script.

The script reads the file with csv.DictReader, sorts the dicts and writes them with csv.DictWriter;
it checks nothing and reads no dates. Each run is a process of its own, in turns. What is printed is
Markdown; ratios within one run hold on a busy machine, seconds do not.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Measurement, measure
from benchmarks.table import Table
from collage_core.covers.ingest import MAX_CSV_LINES

_OURS = "from collage_core.covers.ingest import ingest_csv; ingest_csv(data, chunk_rows=2000)"
_SCRIPT = (
    "import csv, io; rows = list(csv.DictReader(io.StringIO(data.decode()))); "
    "rows.sort(key=lambda row: row['updated_at'], reverse=True); "
    "rows.sort(key=lambda row: row['creator_name']); out = io.StringIO(); "
    "writer = csv.DictWriter(out, list(rows[0])); writer.writerows(rows); out.getvalue().encode()"
)
_READ = "import sys, pathlib; data = pathlib.Path(sys.argv[1]).read_bytes(); "


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code is 0 if all ran."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intake", description=__doc__)
    parser.add_argument("--lines", type=int, default=MAX_CSV_LINES, help="(default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="(default: %(default)s)")
    options = parser.parse_args(arguments)
    contenders = {"ingest_csv": _OURS, "csv.DictReader, sort, csv.DictWriter": _SCRIPT}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "covers.csv"
        path.write_text(_csv(options.lines))
        best: dict[str, Measurement] = {}
        for _ in range(options.rounds):
            for name, code in contenders.items():
                found = measure([sys.executable, "-c", _READ + code, str(path)])
                best[name] = min(best.get(name, found), found, key=lambda run: run.cpu_seconds)
        megabytes = path.stat().st_size / 1_000_000
    ours = best["ingest_csv"]
    rows = [
        [
            name,
            f"{run.seconds:.1f}",
            f"{run.cpu_seconds:.1f}",
            f"{run.cpu_seconds / ours.cpu_seconds:.2f}x",
            f"{run.peak_mb:.0f}",
            f"{run.peak_mb / ours.peak_mb:.2f}x",
        ]
        for name, run in best.items()
    ]
    header = ["", "seconds", "CPU s", "its / our CPU", "peak MB", "its / our MB"]
    print(Table(header, rows).markdown())
    print(f"{options.lines:,} lines, {megabytes:.0f} MB, 15,000 creators in no order.")
    return 0


def _csv(lines: int) -> str:
    chance = random.Random(1)  # noqa: S311  the same file each time
    rows = [
        f"créateur {chance.randrange(15_000):05d},https://cdn.example/obj/{number:08d}.jpeg"
        f"?x-signature={'a' * 30},2026-10-{chance.randrange(1, 29):02d} "
        f"{chance.randrange(24):02d}:{chance.randrange(60):02d}:{chance.randrange(60):02d}\n"
        for number in range(lines - 1)
    ]
    return "creator_name,cover_url,updated_at\n" + "".join(rows)


if __name__ == "__main__":
    sys.exit(main())
