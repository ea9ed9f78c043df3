"""The work without the network: covers in memory, on as many threads as cores.

`python -m benchmarks.collage.contenders.in_memory {bound,limit} COVERS CREATORS` takes a folder
of covers and the number of collages to make of them.
"""

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.harness.measure import peak_mb, report_work
from collage_core.contract.cell_size import DEFAULT_CELL_SIZE
from collage_core.contract.config import ProcessingConfig
from collage_core.pictures.imaging import decode_cell
from collage_core.recipes.collage.canvas import compose

CELL_WIDTH, CELL_HEIGHT = DEFAULT_CELL_SIZE

type Job = Callable[[Sequence[bytes]], object]
"""Makes one collage of one creator's covers and writes it nowhere."""


def bound() -> Job:
    """The core's own decoding, scaling and encoding: the most that its pipeline can reach."""
    config = ProcessingConfig()

    def work(covers: Sequence[bytes]) -> object:
        decoded = [decode_cell(cover) for cover in covers]
        cells = [cell for cell in decoded if not isinstance(cell, str)]
        if len(cells) != len(covers):
            raise ValueError(f"{len(covers) - len(cells)} of {len(covers)} covers do not decode")
        return compose(cells, config)

    return work


def limit() -> Job:
    """Libjpeg-turbo alone: decoding at the nearest eighth that fills a cell, and encoding.

    Covers are not scaled to their cells: the upper left corner of each fills its cell.
    """
    import numpy as np  # at the top it would count towards the bound too
    import simplejpeg

    config = ProcessingConfig()

    def work(covers: Sequence[bytes]) -> object:
        size = (config.rows * CELL_HEIGHT, config.cols * CELL_WIDTH, 3)
        canvas: Any = np.empty(size, np.uint8)
        for index, cover in enumerate(covers):
            picture = simplejpeg.decode_jpeg(
                cover, "RGB", min_height=CELL_HEIGHT, min_width=CELL_WIDTH, min_factor=1
            )
            row, col = divmod(index, config.cols)
            top, left = row * CELL_HEIGHT, col * CELL_WIDTH
            cell = picture[:CELL_HEIGHT, :CELL_WIDTH]
            canvas[top : top + CELL_HEIGHT, left : left + CELL_WIDTH] = cell
        return simplejpeg.encode_jpeg(canvas, config.quality, "RGB", "444")

    return work


def _run(work: Job, covers: Sequence[bytes], creators: int) -> None:
    def forget(_creator: int) -> None:
        work(covers)

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(forget, range(creators)))


if __name__ == "__main__":
    kind, folder, count = sys.argv[1:]
    make = {"bound": bound, "limit": limit}[kind]()
    files = [file.read_bytes() for file in sorted(Path(folder).iterdir())]
    report_work(lambda: _run(make, files, int(count)), idle_mb=peak_mb())
