"""The worker with a temp bucket: covers are fetched, fetched and kept, or come out of packs.

`python -m benchmarks.collage.contenders.kept_worker {fetch,keep,kept} CSV PACKS DOWNLOADS`. PACKS
is a file with a `ChunkPacks`. The environment names the bucket's endpoint. Collages are written
nowhere. All three load the same modules, so that their times differ by the work alone.
"""

import math
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from benchmarks.collage.contenders.worker import forget, plan_chunks
from benchmarks.harness.measure import peak_mb, report_work
from collage_core.aws.s3_store import S3Store
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.message import ChunkMessage
from collage_core.contract.pack import ChunkPacks
from collage_core.contract.reading import read
from collage_core.packs.keeper import PackKeeper
from collage_core.settings import Settings
from collage_core.sources.http.fetcher import Fetcher
from collage_core.worker.chunk import process_chunk
from collage_core.worker.writing import SoleWriter
from lambda_pkg.services import connect_s3


def _run(store: S3Store, kind: str, csv: Path, packs: ChunkPacks, config: ProcessingConfig) -> None:
    for recipe, rows in plan_chunks(csv, Settings().planned_chunk_rows, config):
        message = recipe.message
        with (
            Fetcher(["127.0.0.1"], config) as fetcher,
            _keeper(kind, store, packs, message) as keeper,
        ):
            receipt = process_chunk(
                rows,
                message,
                recipe,
                source=fetcher,
                writer=SoleWriter(forget),
                seconds_left=lambda: math.inf,
                keeper=keeper,
            )
        books = receipt.books
        came = books.known_downloads.kept if kind == "kept" else books.rows.placed
        if came != books.rows.total:
            raise ValueError(f"{came} of {books.rows.total} covers: {books.reasons}")
        if kind == "keep" and books.known_downloads.packed != books.rows.total:
            raise ValueError(f"{books.known_downloads.packed} of {books.rows.total} were packed")


def _keeper(
    kind: str, store: S3Store, packs: ChunkPacks, message: ChunkMessage
) -> AbstractContextManager[PackKeeper | None]:
    if kind == "fetch":
        return nullcontext()
    if kind == "keep":
        packs = ChunkPacks(folder=packs.folder)
    return PackKeeper.of(store, Settings().temp_bucket, packs, message, begin=0)


if __name__ == "__main__":
    what, path, document, downloads = sys.argv[1:]
    planned = read(Path(document).read_bytes(), ChunkPacks)
    settings = ProcessingConfig(max_workers=int(downloads))
    # Made once per cold start, and not for each chunk.
    bucket = S3Store(connect_s3())
    report_work(lambda: _run(bucket, what, Path(path), planned, settings), idle_mb=peak_mb())
