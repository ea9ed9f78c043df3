"""A run of many small chunks in the temp bucket, the same each time, and their receipts.

Nothing is fetched: what is measured here is sent and looked for, and not worked on.
"""

from collections.abc import Iterable
from hashlib import sha256

from msgspec.structs import replace

from benchmarks.harness.errors import BenchmarkError
from collage_core.contract.chunk import Chunk
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.manifest import Manifest
from collage_core.contract.message import message_body
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.covers.chunk_ids import name_chunks
from collage_core.covers.chunking import ChunkSpan
from collage_core.layout import keys
from collage_core.run.run import Run
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, read_document, to_document
from collage_core.storage.object_store import ObjectStore

SETTINGS = Settings()

_BYTES_PER_ROW = 300
_ROWS_PER_CREATOR = 35


def plan_run(store: ObjectStore, run_id: str, *, chunks: int, rows: int) -> Manifest:
    """Write the manifest of a run of so many chunks, which share the rows out."""
    per_chunk = rows // chunks
    creators = max(1, per_chunk // _ROWS_PER_CREATOR)
    spans = [
        ChunkSpan(
            byte_range=(
                number * per_chunk * _BYTES_PER_ROW,
                (number + 1) * per_chunk * _BYTES_PER_ROW - 1,
            ),
            rows=per_chunk,
            creators=creators,
            first_line=2 + number * per_chunk,
            first_creator=f"créateur.{number:07d}",
            sha256=sha256(f"{run_id} {number}".encode()).hexdigest(),
        )
        for number in range(chunks)
    ]
    manifest = Manifest(
        run_id=run_id,
        run_timestamp=RunTimestamp.parse("20261101_000000"),
        trigger=Trigger.SQS,
        source=CsvSource(SETTINGS.input_bucket, "csv-files/2026/11/01/monthly.csv", "e7a9"),
        config=ProcessingConfig(),
        chunks=[],
    )
    manifest = replace(manifest, chunks=name_chunks(spans, manifest))
    body = to_document(manifest)
    store.put(SETTINGS.temp_bucket, keys.manifest(run_id), body, content_type=JSON)
    return manifest


def write_receipts(store: ObjectStore, run_id: str, chunks: Iterable[Chunk]) -> None:
    """Let these chunks be done. Receipts are listed here, and never read."""
    for chunk in chunks:
        key = keys.receipt(run_id, chunk.chunk_id)
        store.put(SETTINGS.temp_bucket, key, b"{}", content_type=JSON)


def receipt_keys(store: ObjectStore, run_id: str) -> list[str]:
    """The keys of the receipts of all chunks, in the manifest's order."""
    chunks = Run.open(store, SETTINGS, run_id).manifest.chunks
    return [keys.receipt(run_id, chunk.chunk_id) for chunk in chunks]


def message_bodies(store: ObjectStore, run_id: str) -> list[str]:
    """The messages of all chunks, in the manifest's order."""
    manifest = read_document(store, SETTINGS.temp_bucket, keys.manifest(run_id), Manifest)
    if manifest is None:
        raise BenchmarkError(f"the manifest of {run_id} is gone")
    return [message_body(manifest.message(chunk)) for chunk in manifest.chunks]
