"""One chunk of a cover CSV: through a recipe, and a receipt for every row.

The same chunk gives the same keys, however often it is worked on, and the same bytes if its covers
are answered the same. If a host answers one worker and fails another, their objects differ. Then a
receipt may differ from the object that was written last.
"""

import logging
import resource
import sys
from collections.abc import Callable

from msgspec.structs import replace

from collage_core.contract.date_counts import DateCounts
from collage_core.contract.message import ChunkMessage
from collage_core.contract.receipt import Receipt
from collage_core.contract.trigger import Trigger
from collage_core.covers.cover_csv import read_chunk
from collage_core.covers.grouping import creators
from collage_core.errors import BooksError
from collage_core.layout import keys
from collage_core.sources.source import Source
from collage_core.worker.engine import Engine, OnCreator, PutObject, Work
from collage_core.worker.loading import OnFailedAnswer
from collage_core.worker.recipe import Recipe

log = logging.getLogger(__name__)


def process_chunk[Part](  # noqa: PLR0913 - a chunk, its recipe, where from and to, who is told
    data: bytes,
    message: ChunkMessage,
    recipe: Recipe[Part],
    *,
    source: Source,
    put: PutObject,
    seconds_left: Callable[[], float],
    on_creator: OnCreator | None = None,
    on_failed_answer: OnFailedAnswer | None = None,
) -> Receipt:
    """Work on `data`, the bytes of the CSV that `message.byte_range` names.

    `seconds_left` is asked again and again, and counts down to the moment when this must
    have returned. Near it no creator is started any more, those that were loaded ahead are
    left as they are, and the receipt's `resume_at` says where to go on. Only the first
    creator is never left to the next worker: it is finished with the covers that are there,
    or it would come back for ever.

    `on_creator` is called for each creator that is done, and `on_failed_answer`, from many threads
    at once, for each cover that failed after a 2xx, if the source keeps answers. What `put` raises
    ends the work. Raises BooksError should a row be unaccounted for, and ValueError for a message
    without a trigger.
    """
    trigger = trigger_of(message)
    log.debug(
        "Chunk %s of run %s: bytes %d-%d, %.0f s left, %s",
        message.chunk_id,
        message.run_id,
        *message.byte_range,
        seconds_left(),
        recipe,
    )
    engine = Engine(
        recipe,
        source,
        put,
        downloads=message.config.max_workers,
        seconds_left=seconds_left,
        on_creator=on_creator,
        on_failed_answer=on_failed_answer,
    )
    work = engine.work(creators(read_chunk(data)))
    work.books.check_balance(f"chunk {message.chunk_id} of run {message.run_id}")
    _warn(message, work, source)
    log.info("Memory after chunk %s: %.0f MB at its peak", message.chunk_id, _peak_memory_mb())
    stopped_at = work.stopped_at
    return Receipt(
        run_id=message.run_id,
        run_timestamp=message.run_timestamp,
        trigger=trigger,
        source=message.source,
        chunk_id=message.chunk_id,
        byte_range=message.byte_range,
        books=work.books,
        results=work.results,
        rejected=work.rejected,
        resume_at=None if stopped_at is None else message.byte_range[0] + stopped_at,
        lines=data.count(b"\n", 0, len(data) if stopped_at is None else stopped_at),
        dates=work.dates,
    )


def trigger_of(message: ChunkMessage) -> Trigger:
    """What started the run. Raises ValueError where the message leaves that to its receiver."""
    if message.trigger is None:
        raise ValueError(f"chunk {message.chunk_id} has no trigger: its receiver must set one")
    return message.trigger


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
                f"the rest of chunk {done.chunk_id} has {what} {found}, but its partial receipt "
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


def _warn(message: ChunkMessage, work: Work, source: Source) -> None:
    if work.books.every_cover_was_blocked:
        log.warning(
            "Every cover of chunk %s of run %s ended as blocked_address: %s",
            message.chunk_id,
            message.run_id,
            source.blocked_hosts,
        )
    if work.dates.unread:
        log.warning(
            "Chunk %s of run %s: %d of %d dates cannot be read and count as the oldest",
            message.chunk_id,
            message.run_id,
            work.dates.unread,
            work.dates.read + work.dates.unread,
        )


def _peak_memory_mb() -> float:
    """Resident memory of this process at its highest so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
