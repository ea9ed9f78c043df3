"""`python -m benchmarks.intake`: a CSV at both limits put in order, beside the usual script.

The script reads the file with csv.DictReader, sorts the dicts and writes them with csv.DictWriter;
it checks nothing and reads no dates. Each run is a process of its own, in turns. The output is
Markdown. Ratios within one run hold on a busy machine, seconds do not.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness.contender import Contender, python_module
from benchmarks.harness.errors import BenchmarkError
from benchmarks.harness.race import race, run_contender
from benchmarks.harness.report import markdown
from benchmarks.harness.result import Result
from benchmarks.harness.table import Table
from benchmarks.intake.covers_csv import CREATORS, covers_csv
from collage_core.covers.ingest import MAX_CSV_LINES
from local.folder import REPO

_HEADER = ["", "seconds", "CPU s", "its / our CPU", "peak MB", "its / our MB"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. Returns 1 when a contender fails."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intake", description=__doc__)
    parser.add_argument("--lines", type=int, default=MAX_CSV_LINES, help="(default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="(default: %(default)s)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        path = Path(folder) / "covers.csv"
        path.write_text(covers_csv(options.lines))
        megabytes = path.stat().st_size / 1_000_000
        try:
            results = race(_contenders(), lambda one, _: _run(one, path), rounds=options.rounds)
        except BenchmarkError as error:
            print(f"benchmarks.intake: {error}", file=sys.stderr)
            return 1
    table = Table(_HEADER, [_row(result, results[0]) for result in results])
    print(markdown([table]))
    print(f"{options.lines:,} lines, {megabytes:.0f} MB, {CREATORS:,} creators in no order.")
    return 0


def _contenders() -> list[Contender[Path]]:
    """The core first."""
    return [
        _contender("ingest_csv", "ours"),
        _contender("csv.DictReader, sort, csv.DictWriter", "dict_script"),
    ]


def _contender(title: str, program: str) -> Contender[Path]:
    # The start counts as work. It is that of the same Python for both.
    module = f"benchmarks.intake.contenders.{program}"
    return Contender(title, lambda path: python_module(module, str(path)), prints_work=False)


def _run(contender: Contender[Path], path: Path) -> Result:
    return run_contender(
        contender,
        path,
        output=path.with_name("stdout"),
        log=path.with_name("stderr"),
        environment={**os.environ, "PYTHONPATH": str(REPO)},
    )


def _row(result: Result, ours: Result) -> list[str]:
    return [
        result.title,
        f"{result.seconds:.1f}",
        f"{result.cpu_seconds:.1f}",
        f"{result.cpu_seconds / ours.cpu_seconds:.2f}x",
        f"{result.peak_mb:.0f}",
        f"{result.peak_mb / ours.peak_mb:.2f}x",
    ]


if __name__ == "__main__":
    sys.exit(main())
