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
from benchmarks.planning.kept_days import (
    ROWS,
    RUN_ID,
    SETTINGS,
    TODAY,
    Kept,
    store_in,
    write_days,
)
from collage_core.layout import keys
from collage_core.run.plan_packs import plan_packs
from collage_core.run.run import Run
from local.folder import REPO

_HEADER = ["", "packs of a chunk", "seconds", "CPU s", "its / our CPU", "peak MB"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. Returns 1 when a contender fails."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planning", description=__doc__)
    parser.add_argument("--chunks", type=int, default=1000, help="(default: %(default)s)")
    parser.add_argument("--days", type=int, default=40, help="(default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="(default: %(default)s)")
    options = parser.parse_args(arguments)
    rows: list[list[str]] = []
    try:
        for kept in Kept:
            with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
                write_days(Path(folder), kept, chunks=options.chunks, days=options.days)
                rows += _rows(kept, Path(folder), options.rounds)
    except BenchmarkError as error:
        print(f"benchmarks.planning: {error}", file=sys.stderr)
        return 1
    print(markdown([Table(_HEADER, rows)]))
    print(f"{ROWS:,} rows in {options.chunks:,} chunks, and the packs of {options.days} days.")
    return 0


def _rows(kept: Kept, folder: Path, rounds: int) -> list[list[str]]:
    """The core on covers that were kept like this; with its peers on those of daily runs."""
    contenders = _contenders() if kept is Kept.DAILY else _contenders()[:1]
    results = race(contenders, lambda one, _: _run(one, folder), rounds=rounds)
    _remove_plan(folder)
    planned = plan_packs(Run.open(store_in(folder), SETTINGS, RUN_ID), today=TODAY)
    packs = f"{planned.looked_into / planned.chunks:.0f}"
    return [_row(kept, result, results[0], packs) for result in results]


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
    _remove_plan(folder)
    return run_contender(
        contender,
        folder,
        output=folder / "stdout",
        log=folder / "stderr",
        environment={**os.environ, "PYTHONPATH": str(REPO)},
    )


def _remove_plan(folder: Path) -> None:
    """What the one before has planned would have to be looked at and overwritten."""
    shutil.rmtree(folder / SETTINGS.temp_bucket / keys.packs_of_chunks(RUN_ID), ignore_errors=True)
    (folder / SETTINGS.temp_bucket / keys.packs_of_all_chunks(RUN_ID)).unlink(missing_ok=True)


def _row(kept: Kept, result: Result, ours: Result, packs: str) -> list[str]:
    return [
        f"{kept.value}: {result.title}",
        packs,
        f"{result.seconds:.1f}",
        f"{result.cpu_seconds:.1f}",
        f"{result.cpu_seconds / ours.cpu_seconds:.2f}x",
        f"{result.peak_mb:.0f}",
    ]


if __name__ == "__main__":
    sys.exit(main())
