"""`python -m benchmarks.collage`: the core beside what a user would pick instead.

All contenders make the same collages of the same covers from the same server, in turns, each in
processes of its own. The core's CPU seconds per cover are the source of
`CPU_SECONDS_PER_COVER` in `collage_core/run/estimate.py`.
"""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import PIL
from PIL import features

from benchmarks.collage.cost import costs
from benchmarks.collage.covers import COVERS_PER_CREATOR, JPEG, paint_covers
from benchmarks.collage.growth import all_growth
from benchmarks.collage.kept import KeptReport, measure_kept
from benchmarks.collage.likeness import CAN_COMPARE, reference
from benchmarks.collage.load import USUAL_LATENCY_MS, Load, serve_load
from benchmarks.collage.memory import measure_memory
from benchmarks.collage.participants import DOWNLOADS, CollageContender, everyone
from benchmarks.collage.plot import save_plot
from benchmarks.collage.race import race_on
from benchmarks.collage.report import Report
from benchmarks.harness.contender import split_by_hindrance
from benchmarks.harness.errors import BenchmarkError
from benchmarks.harness.options import add_figure_files, parse
from benchmarks.harness.report import save_json
from collage_core.contract.config import ProcessingConfig

_CREATORS, _ROUNDS = 57, 2
"""A chunk of the default 2000 rows has 57 creators with 35 covers each."""

_QUICK_CREATORS, _QUICK_ROUNDS = 10, 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything that was asked for and print the report. Returns 1 when that fails."""
    options = _options(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
            report = _run(Path(name), options)
    except BenchmarkError as error:
        print(f"benchmarks.collage: {error}", file=sys.stderr)
        return 1
    print(report.markdown() if options.markdown else report)
    if options.json:
        save_json(report.to_json(), options.json)
    if options.plot:
        save_plot(report, options.plot)
    return 0


def _run(folder: Path, options: argparse.Namespace) -> Report:
    contenders = _able([one for one in everyone() if one.name in options.only])
    config = ProcessingConfig()
    canvas = None
    if CAN_COMPARE:
        canvas = reference(paint_covers(JPEG), rows=config.rows, cols=config.cols)
    else:
        print("no SSIM: scikit-image is not installed", file=sys.stderr)
    with serve_load(folder, creators=options.creators, latency_ms=options.latency_ms) as load:
        setting = _setting(load, options.latency_ms)
        results = race_on(load, contenders, rounds=options.rounds, reference=canvas)
    found = {result.name: result for result in results}
    return Report(
        setting=setting,
        results=results,
        costs=[
            cost
            for downloads in DOWNLOADS
            if (result := found.get(f"ours-{downloads}"))
            for cost in costs(result, downloads=downloads)
        ],
        memory=measure_memory(folder) if options.memory else [],
        growth=all_growth(folder, creators=options.creators) if options.growth else [],
        kept=_kept(folder, options) if options.kept else None,
    )


def _kept(folder: Path, options: argparse.Namespace) -> KeptReport:
    creators, rounds, latency = options.creators, options.rounds, options.latency_ms
    return measure_kept(folder, creators=creators, rounds=rounds, latency_ms=latency)


def _able(contenders: Sequence[CollageContender]) -> list[CollageContender]:
    """The contenders that can run; the others are named on stderr."""
    able, reasons = split_by_hindrance(contenders, lambda one: one.missing)
    for title, reason in reasons.items():
        print(f"{title} is left out: {reason}", file=sys.stderr)
    return able


def _setting(load: Load, latency_ms: int) -> str:
    sizes = [file.stat().st_size for file in load.files.iterdir()]
    return (
        f"{load.creators} creators x {COVERS_PER_CREATOR} JPEG covers, "
        f"{sum(sizes) // len(sizes) // 1000} KB each, {latency_ms} ms latency, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}, Pillow {PIL.__version__}, "
        f"libjpeg-turbo {features.version_feature('libjpeg_turbo')}"
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.collage", description=__doc__)
    parser.add_argument("--creators", type=int, default=_CREATORS)
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="the best of them counts")
    parser.add_argument("--latency-ms", type=int, default=USUAL_LATENCY_MS)
    names = [one.name for one in everyone()]
    parser.add_argument(
        "--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names)
    )
    parser.add_argument(
        "--quick",
        action="store_const",
        dest="size",
        const=(_QUICK_CREATORS, _QUICK_ROUNDS),
        help=f"{_QUICK_CREATORS} creators and one round: under two minutes",
    )
    parser.add_argument("--memory", action="store_true", help="also the peak of whole chunks")
    parser.add_argument(
        "--growth", action="store_true", help="also other latencies, grids, chunks and formats"
    )
    parser.add_argument("--kept", action="store_true", help="also what keeping costs and gives")
    parser.add_argument("--markdown", action="store_true", help="print Markdown for the docs")
    add_figure_files(parser)
    options = parse(parser, arguments)
    if options.size:
        options.creators, options.rounds = options.size
    return options


if __name__ == "__main__":
    sys.exit(main())
