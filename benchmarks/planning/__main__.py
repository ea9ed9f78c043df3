"""`python -m benchmarks.planning`: a monthly run planned against 40 days of packs.

The indexes are in folders of this machine: a request takes no time here, and S3's would come on
top, one for each day and each chunk, ten at a time. Each run is a process of its own, in turns. The
output is Markdown. Ratios within one run hold on a busy machine, seconds do not.
"""

import argparse
import os
import shutil
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
from benchmarks.planning.kept_days import ROWS, RUN_ID, SETTINGS, write_days
from collage_core.layout import keys
from local.folder import REPO

_HEADER = ["", "seconds", "CPU s", "its / our CPU", "peak MB"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. Returns 1 when a contender fails."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planning", description=__doc__)
    parser.add_argument("--chunks", type=int, default=1000, help="(default: %(default)s)")
    parser.add_argument("--days", type=int, default=40, help="(default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="(default: %(default)s)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        packs = write_days(Path(folder), chunks=options.chunks, days=options.days)
        try:
            results = race(
                _contenders(), lambda one, _: _run(one, Path(folder)), rounds=options.rounds
            )
        except BenchmarkError as error:
            print(f"benchmarks.planning: {error}", file=sys.stderr)
            return 1
    table = Table(_HEADER, [_row(result, results[0]) for result in results])
    print(markdown([table]))
    print(f"{ROWS:,} rows in {options.chunks:,} chunks, {packs:,} packs of {options.days} days.")
    return 0


def _contenders() -> list[Contender[Path]]:
    """The core first."""
    return [
        _contender("plan_packs", "ours"),
        _contender("every chunk with every pack", "every_pair"),
        _contender("json.loads of the indexes alone", "reading"),
    ]


def _contender(title: str, program: str) -> Contender[Path]:
    # The start counts as work. It is that of the same Python for all.
    module = f"benchmarks.planning.contenders.{program}"
    return Contender(title, lambda path: python_module(module, str(path)), prints_work=False)


def _run(contender: Contender[Path], folder: Path) -> Result:
    # What the one before has planned would have to be looked at and overwritten.
    shutil.rmtree(folder / SETTINGS.temp_bucket / keys.packs_of_chunks(RUN_ID), ignore_errors=True)
    (folder / SETTINGS.temp_bucket / keys.packs_of_all_chunks(RUN_ID)).unlink(missing_ok=True)
    return run_contender(
        contender,
        folder,
        output=folder / "stdout",
        log=folder / "stderr",
        environment={**os.environ, "PYTHONPATH": str(REPO)},
    )


def _row(result: Result, ours: Result) -> list[str]:
    return [
        result.title,
        f"{result.seconds:.1f}",
        f"{result.cpu_seconds:.1f}",
        f"{result.cpu_seconds / ours.cpu_seconds:.2f}x",
        f"{result.peak_mb:.0f}",
    ]


if __name__ == "__main__":
    sys.exit(main())
