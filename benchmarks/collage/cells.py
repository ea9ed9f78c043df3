"""`python -m benchmarks.collage.cells`: the CPU time of a cover at each cell size.

It measures the pictures alone: one thread decodes and composes covers in memory, as the contender
`bound` does. Sizes take turns within each round, and the shortest times of the rounds count.
"""

import time
from collections.abc import Iterable, Sequence
from io import BytesIO

from PIL import Image

from benchmarks.collage.covers import JPEG, SIZES, paint_covers
from benchmarks.harness.table import Table
from collage_core.contract.cell_size import CELL_SIZES, CellSize
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.reasons import Reason
from collage_core.pictures.imaging import Cell, decode_cell
from collage_core.recipes.collage.canvas import compose

_ROUNDS = 15


def main() -> None:
    """Print the table in Markdown."""
    covers = {
        size: [cover for cover in paint_covers(JPEG) if Image.open(BytesIO(cover)).size == size]
        for size in SIZES
    }
    rounds = [
        {name: _measure(covers.values(), size) for name, size in CELL_SIZES.items()}
        for _ in range(_ROUNDS)
    ]
    header = [
        "CPU ms per cover",
        *(f"decode {width}x{height}" for width, height in SIZES),
        "compose",
        "KB/collage",
    ]
    rows = []
    for name in CELL_SIZES:
        shortest = [min(column) for column in zip(*(one[name] for one in rounds), strict=True)]
        *milliseconds, kilobytes = shortest
        rows.append([name, *(f"{value:.2f}" for value in milliseconds), f"{kilobytes:.0f}"])
    print(Table(header, rows).markdown())


def _measure(covers: Iterable[Sequence[bytes]], size: CellSize) -> list[float]:
    """CPU ms per cover to decode each kind of `covers` and to compose all; the collage's KB."""
    milliseconds: list[float] = []
    cells: list[Cell] = []
    for kind in covers:
        start = time.process_time()
        decoded = [decode_cell(cover, size) for cover in kind]
        milliseconds.append(_since(start) / len(kind))
        cells += [cell for cell in decoded if not isinstance(cell, Reason)]
    config = ProcessingConfig()
    start = time.process_time()
    collage = compose(cells, config, cell_size=size)
    milliseconds.append(_since(start) / len(cells))
    return [*milliseconds, len(collage.picture) / 1000]


def _since(start: float) -> float:
    return (time.process_time() - start) * 1000


if __name__ == "__main__":
    main()
