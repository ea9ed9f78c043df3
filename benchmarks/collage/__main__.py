"""`python -m benchmarks.collage`: the command line of the core beside the usual script.

Both make the same collages of the same covers from the same server, one after the other,
each in a process of its own. Its CPU seconds per cover are the source of
`CPU_SECONDS_PER_COVER` in `collage_core/estimate.py`.
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

from benchmarks.collage.covers import COVERS_PER_CREATOR, paint_covers, write_csv
from benchmarks.collage.server import cover_server
from benchmarks.measure import Measurement, measure

_ROW = "{:<28} {:>10} {:>8} {:>11} {:>10} {:>8}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all contenders and print one line for each."""
    options = _options(arguments)
    covers = paint_covers()
    count = options.creators * COVERS_PER_CREATOR
    print(
        f"{options.creators} creators x {COVERS_PER_CREATOR} JPEG covers, "
        f"{sum(map(len, covers)) // len(covers) // 1000} KB each, {options.latency_ms} ms latency, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}, Pillow {PIL.__version__}, "
        f"libjpeg-turbo {features.version_feature('libjpeg_turbo')}"
    )
    print(_ROW.format("", "collages/s", "times", "CPU s/1000", "CPU times", "peak MB"))
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as name,
        cover_server(covers, latency_seconds=options.latency_ms / 1000) as origin,
    ):
        folder = Path(name)
        write_csv(folder / "covers.csv", creators=options.creators, origin=origin)
        usual: Measurement | None = None
        for title, command in _contenders(folder, options.downloads).items():
            taken = measure([sys.executable, "-m", *command])
            usual = usual or taken
            print(
                _ROW.format(
                    title,
                    f"{options.creators / taken.seconds:.2f}",
                    f"{usual.seconds / taken.seconds:.1f}x",
                    f"{taken.cpu_seconds / count * 1000:.1f}",
                    f"{usual.cpu_seconds / taken.cpu_seconds:.1f}x",
                    f"{taken.peak_mb:.0f}",
                )
            )


def _contenders(folder: Path, downloads: Sequence[int]) -> dict[str, list[str]]:
    csv = str(folder / "covers.csv")
    contenders = {
        "usual script, 8 downloads": ["benchmarks.collage.usual_script", csv, str(folder / "usual")]
    }
    for number in downloads:
        out = str(folder / f"ours-{number}")
        contenders[f"collage_core, {number} downloads"] = [
            "collage_core",
            csv,
            *("--out", out, "--allow-host", "127.0.0.1", "--max-workers", str(number)),
        ]
    return contenders


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.collage", description=__doc__)
    parser.add_argument("--creators", type=int, default=40)
    parser.add_argument("--latency-ms", type=int, default=100)
    parser.add_argument(
        "--downloads", type=int, nargs="+", default=[8, 64], help="in flight, a line for each"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
