"""One chunk of a cover CSV: its collages, thumbnails and metadata, and a receipt for every row.

The same chunk gives the same keys, whoever works on it and how often, and the same bytes as
long as its covers are answered the same. Where a host answers one worker and fails another,
their collages differ, and so may a receipt and the collage that was written last.
"""

import logging
import resource
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from msgspec.structs import replace

from collage_core.contract.books import Books, in_seconds
from collage_core.contract.date_counts import DateCounts
from collage_core.contract.receipt import CreatorResult, Receipt
from collage_core.contract.rejected import RejectedRow
from collage_core.covers.cover_csv import read_chunk
from collage_core.covers.grouping import creators
from collage_core.errors import BooksError
from collage_core.layout import keys
from collage_core.recipes.collage.assembly import Assembled, assemble
from collage_core.sources.http.fetcher import Fetcher
from collage_core.worker.chunk_job import ChunkJob
from collage_core.worker.loading import FINISH_SECONDS, CoverLoader, OnFailedAnswer
from collage_core.worker.stopwatch import Stopwatch

__all__ = ["ChunkJob", "PutObject", "add_receipts", "process_chunk"]

log = logging.getLogger(__name__)

_WRITERS = 4
"""A creator's objects that are written at once: collage, copy, thumbnail and metadata."""


class PutObject(Protocol):
    """Writes one object to the output bucket. Called from several threads at once."""

    def __call__(self, key: str, body: bytes, *, content_type: str) -> object: ...


def process_chunk(  # noqa: PLR0913 - a chunk's work, its surroundings, and who is told of it
    data: bytes,
    job: ChunkJob,
    *,
    put: PutObject,
    fetcher: Fetcher,
    seconds_left: Callable[[], float],
    on_creator: Callable[[CreatorResult], None] | None = None,
    on_failed_answer: OnFailedAnswer | None = None,
) -> Receipt:
    """Work on `data`, the bytes of the CSV that `job.message.byte_range` names.

    `seconds_left` is asked again and again, and counts down to the moment when this must
    have returned. Near it no creator is started any more, those that were loaded ahead are
    left as they are, and the receipt's `resume_at` says where to go on. Only the first
    creator is never left to the next worker: it is finished with the covers that are there,
    or it would come back for ever.

    `on_creator` is called for each creator that is done, and `on_failed_answer`, from many threads
    at once, for each cover that failed after a 2xx, if the fetcher keeps answers. What `put` raises
    ends the work. Raises BooksError should a row be unaccounted for.
    """
    message, stopwatch = job.message, Stopwatch()
    log.debug(
        "Chunk %s of run %s: bytes %d-%d, %d covers a creator, %.0f s left, %s",
        message.chunk_id,
        message.run_id,
        *message.byte_range,
        job.covers_per_creator,
        seconds_left(),
        message.config,
    )
    loader = CoverLoader(
        fetcher,
        downloads=message.config.max_workers,
        covers_per_creator=job.covers_per_creator,
        cell_size=job.cell_size,
        seconds_left=seconds_left,
        stopwatch=stopwatch,
        on_failed_answer=on_failed_answer,
    )
    groups = creators(read_chunk(data))
    books, dates = Books(), DateCounts()
    results: list[CreatorResult] = []
    rejected: list[RejectedRow] = []
    stopped_at: int | None = None
    with stopwatch.stage("total"), loader, ThreadPoolExecutor(_WRITERS) as writers:
        for creator in loader.creators(groups):
            is_late = creator.ran_out_of_time or seconds_left() < FINISH_SECONDS
            if is_late and books.rows.total:
                stopped_at = creator.group.offset
                break
            with stopwatch.stage("compose"):
                assembled = assemble(creator, job)
            with stopwatch.stage("write"):
                _write(assembled, put, writers)
            books += assembled.books
            dates += assembled.dates
            rejected += assembled.rejected
            if assembled.result:
                results.append(assembled.result)
                _report(assembled.result, on_creator)
            del creator, assembled  # or their pictures stay while the next ones are loaded
        else:
            unstarted = next(groups, None)
            stopped_at = unstarted.offset if unstarted else None
    books += Books(seconds=in_seconds(stopwatch.milliseconds))
    books.check_balance(f"chunk {message.chunk_id} of run {message.run_id}")
    if books.every_cover_was_blocked:
        log.warning(
            "Every cover of chunk %s of run %s ended as blocked_address: %s",
            message.chunk_id,
            message.run_id,
            fetcher.blocked_hosts,
        )
    if dates.unread:
        log.warning(
            "Chunk %s of run %s: %d of %d dates cannot be read and count as the oldest",
            message.chunk_id,
            message.run_id,
            dates.unread,
            dates.read + dates.unread,
        )
    log.info("Memory after chunk %s: %.0f MB at its peak", message.chunk_id, _peak_memory_mb())
    return Receipt(
        run_id=message.run_id,
        run_timestamp=message.run_timestamp,
        trigger=job.trigger,
        source=message.source,
        chunk_id=message.chunk_id,
        byte_range=message.byte_range,
        books=books,
        results=results,
        rejected=rejected,
        resume_at=None if stopped_at is None else message.byte_range[0] + stopped_at,
        lines=data.count(b"\n", 0, len(data) if stopped_at is None else stopped_at),
        dates=dates,
    )


def add_receipts(done: Receipt, rest: Receipt) -> Receipt:
    """One receipt for a chunk worked on in two parts, of which `rest` began where `done` ended.

    Raises BooksError when it did not: rows would be missing or counted twice.
    """
    for what, found, expected in (
        ("run_id", rest.run_id, done.run_id),
        ("source", rest.source, done.source),
        ("chunk_id", rest.chunk_id, done.chunk_id),
        ("first byte", rest.byte_range[0], done.resume_at),
        ("last byte", rest.byte_range[1], done.byte_range[1]),
    ):
        if found != expected:
            raise BooksError(
                f"the rest of chunk {done.chunk_id} has {what} {found}, but its receipt so far "
                f"asks for {expected}: remove {keys.partial_receipt(done.run_id, done.chunk_id)} "
                "from the temp bucket and send the chunk's message again"
            )
    shifted = [replace(row, line=row.line + done.lines) for row in rest.rejected]
    return replace(
        rest,
        byte_range=(done.byte_range[0], rest.byte_range[1]),
        books=done.books + rest.books,
        results=[*done.results, *rest.results],
        rejected=[*done.rejected, *shifted],
        lines=done.lines + rest.lines,
        dates=DateCounts.total([done.dates, rest.dates]),
    )


def _write(assembled: Assembled, put: PutObject, writers: ThreadPoolExecutor) -> None:
    """All objects of one creator at once: each is a round trip to S3."""
    written = [
        writers.submit(put, item.key, item.body, content_type=item.content_type)
        for item in assembled.objects
    ]
    for future in written:
        future.result()


def _report(result: CreatorResult, on_creator: Callable[[CreatorResult], None] | None) -> None:
    if result.collage_key:
        log.info("✓ Created collage %s with %d covers", result.collage_key, result.rows.placed)
    if on_creator:
        on_creator(result)


def _peak_memory_mb() -> float:
    """Resident memory of this process at its highest so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
