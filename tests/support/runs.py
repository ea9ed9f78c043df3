"""A small run that went well, to be spoiled by tests in one place at a time."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256

from msgspec.structs import replace

from collage_core.contract.books import Books, CreatorCounts, ObjectCounts, RowCounts
from collage_core.contract.chunk import Chunk
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.date_counts import ISO, DateCounts
from collage_core.contract.figures import RunFigures
from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import CreatorResult, Outcome, Receipt
from collage_core.contract.rejected import Rejections
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.contract.trigger import Trigger
from collage_core.contract.window import Window
from collage_core.covers.chunk_ids import name_chunks
from collage_core.covers.chunking import ChunkSpan

SOURCE = CsvSource(
    bucket="tiktok-image-input",
    key="csv-files/2026/10/01/monthly_batch_20261001.csv",
    etag="d41d8cd98f00b204e9800998ecf8427e",
)
TIMESTAMP = RunTimestamp.parse("20261001_000000")

NOTHING_REJECTED = Rejections()


def plan(
    rows_by_creator: Sequence[Mapping[str, int]],
    *,
    run_id: str = "monthly-1",
    timestamp: RunTimestamp = TIMESTAMP,
    rejected: Rejections = NOTHING_REJECTED,
    origin: CsvSource | None = None,
    last_creators: bool = False,
) -> Manifest:
    """The manifest of a run with one chunk per mapping of creators to their rows.

    Chunks know their last creator only if `last_creators` is set, as those of newer releases do.
    """
    spans, first_byte, first_line = [], 36, 2
    for creators in rows_by_creator:
        rows = sum(creators.values())
        spans.append(
            ChunkSpan(
                (first_byte, first_byte + rows * 100 - 1),
                rows,
                len(creators),
                first_line,
                next(iter(creators), ""),
                sha256(repr(creators).encode()).hexdigest(),
                next(reversed(creators), "") if last_creators else None,
            )
        )
        first_byte, first_line = first_byte + rows * 100, first_line + rows
    manifest = Manifest(
        run_id=run_id,
        run_timestamp=timestamp,
        trigger=Trigger.SQS,
        source=SOURCE,
        config=ProcessingConfig(),
        output_prefix="",
        chunks=[],
        rejected=rejected,
        origin=origin,
        cell_size="300x400",
        covers_per_creator=35,
        by_creator_copies=True,
        chunk_rows=2000,
    )
    return replace(manifest, chunks=name_chunks(spans, manifest))


def receipt(manifest: Manifest, chunk: Chunk, rows_by_creator: Mapping[str, int]) -> Receipt:
    """The receipt of a chunk of which every cover was placed."""
    return Receipt(
        run_id=manifest.run_id,
        run_timestamp=manifest.run_timestamp,
        trigger=manifest.trigger,
        source=manifest.source,
        chunk_id=chunk.chunk_id,
        byte_range=chunk.byte_range,
        books=Books(
            rows=RowCounts(total=chunk.rows, placed=chunk.rows),
            creators=CreatorCounts(total=len(rows_by_creator), complete=len(rows_by_creator)),
            objects=ObjectCounts(len(rows_by_creator), len(rows_by_creator), 1000),
            seconds={"total": 1.5},
        ),
        results=[
            CreatorResult(
                creator,
                Outcome.COMPLETE,
                RowCounts(total=rows, placed=rows),
                f"collages/{creator}",
                {},
            )
            for creator, rows in rows_by_creator.items()
        ],
        rejected=[],
        dates=DateCounts(read=chunk.rows, format=ISO),
    )


def run(
    rows_by_creator: Sequence[Mapping[str, int]],
    *,
    run_id: str = "monthly-1",
    timestamp: RunTimestamp = TIMESTAMP,
) -> tuple[Manifest, list[Receipt]]:
    """A whole run in which every cover was placed."""
    manifest = plan(rows_by_creator, run_id=run_id, timestamp=timestamp)
    receipts = [
        receipt(manifest, chunk, creators)
        for chunk, creators in zip(manifest.chunks, rows_by_creator, strict=True)
    ]
    return manifest, receipts


def summary(
    run_id: str,
    timestamp: str,
    books: Books | None = None,
    *,
    window: tuple[str, str] | None = None,
    figures: RunFigures | None = None,
) -> RunSummary:
    """The summary of any run; `window` is its first day and the day after its last."""
    return RunSummary(
        run_id=run_id,
        run_timestamp=RunTimestamp.parse(timestamp),
        trigger=Trigger.SQS,
        source=SOURCE,
        books=books or Books(),
        chunks=1,
        rejected=[],
        window=window and Window(*map(_midnight, window)),
        figures=figures,
    )


def _midnight(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)
