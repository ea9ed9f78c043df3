"""The worker as Lambda runs it, chunk by chunk; its objects are written nowhere.

`python -m benchmarks.collage.contenders.worker CSV CHUNK_ROWS ROWS COLS DOWNLOADS`.
"""

import math
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness.measure import peak_mb, report_work
from collage_core.contract.cell_size import DEFAULT_CELL_SIZE
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.manifest import Manifest
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.covers.chunk_ids import name_chunks
from collage_core.covers.ingest import ingest_csv
from collage_core.recipes.collage.recipe import CollageRecipe
from collage_core.sources.http.fetcher import Fetcher
from collage_core.worker.chunk import process_chunk
from collage_core.worker.writing import SoleWriter

_SOURCE = CsvSource(bucket="benchmark", key="covers.csv", etag="benchmark")


def forget(key: str, body: bytes, *, content_type: str) -> str:
    """An output bucket that takes neither time nor memory."""
    del key, body, content_type
    return "0" * 32


def plan_chunks(
    csv: Path, chunk_rows: int, config: ProcessingConfig
) -> Iterator[tuple[CollageRecipe, bytes]]:
    """The recipe of each chunk, which has its message, and its rows."""
    intake = ingest_csv(csv.read_bytes(), chunk_rows=chunk_rows)
    plan = Manifest(
        run_id="benchmark",
        run_timestamp=RunTimestamp.parse("20261001_000000"),
        trigger=Trigger.SQS,
        source=_SOURCE,
        config=config,
        chunks=[],
    )
    for chunk in name_chunks(intake.spans, plan):
        first, last = chunk.byte_range
        recipe = CollageRecipe(
            plan.message(chunk), config.cells, by_creator_copies=True, cell_size=DEFAULT_CELL_SIZE
        )
        yield recipe, intake.ordered[first : last + 1]


def _run(csv_path: Path, chunk_rows: int, config: ProcessingConfig) -> None:
    for recipe, rows in plan_chunks(csv_path, chunk_rows, config):
        # One fetcher per chunk: an invocation begins without open connections.
        with Fetcher(["127.0.0.1"], config) as fetcher:
            receipt = process_chunk(
                rows,
                recipe.message,
                recipe,
                source=fetcher,
                writer=SoleWriter(forget),
                seconds_left=lambda: math.inf,
            )
        counts = receipt.books.rows
        if counts.placed != counts.total:
            raise ValueError(
                f"{counts.placed} of {counts.total} covers were placed: {receipt.books.reasons}"
            )


if __name__ == "__main__":
    path, (most_rows, grid_rows, grid_cols, downloads) = sys.argv[1], map(int, sys.argv[2:])
    settings = ProcessingConfig(rows=grid_rows, cols=grid_cols, max_workers=downloads)
    report_work(lambda: _run(Path(path), most_rows, settings), idle_mb=peak_mb())
