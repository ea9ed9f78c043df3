"""The memory that a worker takes for usual JPEGs: one chunk of each size, one run each.

This is not the maximum. Hostile covers take more: with the largest grid over 300 MB, and less
than 512 MB, which `TestMemory` in `tests/unit/collage_core/worker/test_chunk.py` makes sure of.
"""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.collage.load import serve_load
from benchmarks.collage.participants import worker
from benchmarks.collage.race import CollageResult, race_on
from benchmarks.harness.table import Table
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.options import OPTIONS
from collage_core.settings import Settings


def measure_memory(folder: Path) -> list[CollageResult]:
    """One chunk each: default settings, most downloads, the largest grid, and both of these."""
    usual = ProcessingConfig()
    most = {name: OPTIONS[name].most for name in ("rows", "cols", "max_workers")}
    downloads = most["max_workers"]
    return [
        _measure(folder, usual.rows, usual.cols, usual.max_workers),
        _measure(folder, usual.rows, usual.cols, downloads),
        _measure(folder, most["rows"], most["cols"], usual.max_workers),
        _measure(folder, most["rows"], most["cols"], downloads),
    ]


def memory_table(results: Sequence[CollageResult]) -> Table:
    """One line for each chunk."""
    return Table(
        ["one chunk of usual JPEGs, one run each", "peak MB"],
        [[result.title, f"{result.peak_mb:.0f}"] for result in results],
    )


def _measure(folder: Path, rows: int, cols: int, downloads: int) -> CollageResult:
    covers = rows * cols
    # A chunk ends with the creator that reaches this number of rows.
    creators = -(-Settings().planned_chunk_rows // covers)
    contender = worker(
        f"{creators * covers} covers, {rows}x{cols}, {downloads} downloads",
        chunk_rows=creators * covers,
        rows=rows,
        cols=cols,
        downloads=downloads,
    )
    with serve_load(folder, creators=creators, covers_per_creator=covers) as load:
        [result] = race_on(load, [contender])
    return result
