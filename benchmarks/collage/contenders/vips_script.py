"""The better script with libvips: `python -m benchmarks.collage.contenders.vips_script CSV DIR`."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pyvips

from benchmarks.collage.contenders.peer import CELL, COLS, QUALITY, run
from benchmarks.harness.measure import peak_mb, report_work


def _collage(covers: Sequence[bytes], path: Path) -> None:
    cells = [
        pyvips.Image.thumbnail_buffer(cover, CELL[0], height=CELL[1], crop="centre")
        for cover in covers
    ]
    canvas = pyvips.Image.arrayjoin(cells, across=COLS)
    canvas.jpegsave(str(path), Q=QUALITY, subsample_mode="off")


if __name__ == "__main__":
    report_work(lambda: run(_collage, Path(sys.argv[1]), Path(sys.argv[2])), idle_mb=peak_mb())
