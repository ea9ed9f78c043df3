"""One chunk of a cover CSV: through a recipe, and a receipt for every row.

A chunk always gives the same keys, on every worker and at every try. What is at those keys, and
so what the receipt counts, is decided by the worker that writes a creator first.
"""

import logging
from collections import Counter
from collections.abc import Callable

from msgspec.structs import replace

from collage_core.contract.books import Books
from collage_core.contract.date_counts import DateCounts
from collage_core.contract.message import ChunkMessage
from collage_core.contract.pack import Pack
from collage_core.contract.receipt import Receipt
from collage_core.contract.trigger import Trigger
from collage_core.covers.cover_csv import read_chunk
from collage_core.covers.grouping import creators
from collage_core.errors import BooksError
from collage_core.layout import keys
from collage_core.sources.source import Source
from collage_core.worker.attempt import UNWATCHED, Attempt
from collage_core.worker.engine import Engine, OnCreator
from collage_core.worker.keeping import CoverKeeper, may_be_asked_for
from collage_core.worker.loading import OnFailedAnswer
from collage_core.worker.machine import MACHINE, Machine
from collage_core.worker.peak_memory import peak_memory_mb
from collage_core.worker.recipe import Recipe
from collage_core.worker.work import Work
from collage_core.worker.writing import CreatorWriter

log = logging.getLogger(__name__)

type OnSave = Callable[[Receipt], None]
"""Called every now and then with a partial receipt of what is done so far."""


def process_chunk[Part](  # noqa: PLR0913 - a chunk, its recipe, source, store and callbacks
    data: bytes,
    message: ChunkMessage,
    recipe: Recipe[Part],
    *,
    source: Source,
    writer: CreatorWriter,
    seconds_left: Callable[[], float],
    on_creator: OnCreator | None = None,
    on_failed_answer: OnFailedAnswer | None = None,
    on_save: OnSave | None = None,
    keeper: CoverKeeper | None = None,
    attempt: Attempt = UNWATCHED,
    machine: Machine = MACHINE,
) -> Receipt:
    """Work on `data`, the bytes of the CSV that `message.byte_range` names.

    `seconds_left` is called often, and counts down to the moment when this function must have
    returned. Shortly before, no more creators are started, creators that were loaded ahead are
    dropped, and the receipt's `resume_at` says where to continue. Only the first creator is always
    finished, with the covers that it has by then: otherwise it would come back endlessly.

    `on_creator` is called for each creator that is done. `on_failed_answer` is called, from many
    threads at once, for each cover that failed after a 2xx, if the source keeps answers. `on_save`
    is called while the work goes on. `keeper` has covers that need not be fetched, and keeps those
    that are; without it, none are kept. `attempt` is told which creators are under way, and may
    stop the work: then even the first creator is dropped. What the writer, the keeper and
    `on_save` raise ends the work. Raises BooksError if a row is unaccounted for, and ValueError for
    a message without a trigger.
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

    def receipt_of(work: Work) -> Receipt:
        stopped_at = work.stopped_at
        books = work.books
        if keeper is not None:
            # Before the receipt: what it accounts for is not fetched again.
            keeper.flush(stopped_at)
            books += Books(downloads=keeper.counts)
        return Receipt(
            run_id=message.run_id,
            run_timestamp=message.run_timestamp,
            trigger=trigger,
            source=message.source,
            chunk_id=message.chunk_id,
            byte_range=message.byte_range,
            books=books,
            results=work.results,
            rejected=work.rejected,
            resume_at=None if stopped_at is None else message.byte_range[0] + stopped_at,
            lines=data.count(b"\n", 0, len(data) if stopped_at is None else stopped_at),
            dates=work.dates,
            failed_hosts=work.failed_hosts or None,
            packs=() if keeper is None else tuple(keeper.packs),
            dead=tuple(work.dead),
        )

    if keeper is not None:
        keeper.look_up(may_be_asked_for(creators(read_chunk(data)), recipe))
    engine = Engine(
        recipe,
        source,
        writer,
        downloads=message.config.max_workers,
        seconds_left=seconds_left,
        on_creator=on_creator,
        on_failed_answer=on_failed_answer,
        on_save=None if on_save is None else lambda work: on_save(receipt_of(work)),
        keeper=keeper,
        attempt=attempt,
        machine=machine,
    )
    work = engine.work(creators(read_chunk(data)))
    work.books.check_balance(f"chunk {message.chunk_id} of run {message.run_id}")
    _warn(message, work, source)
    log.info("Memory after chunk %s: %.0f MB at its peak", message.chunk_id, peak_memory_mb())
    return receipt_of(work)


def trigger_of(message: ChunkMessage) -> Trigger:
    """What started the run. Raises ValueError if the message leaves that to its receiver."""
    if message.trigger is None:
        raise ValueError(f"chunk {message.chunk_id} has no trigger: its receiver must set one")
    return message.trigger


def add_receipts(done: Receipt, rest: Receipt) -> Receipt:
    """One receipt for a chunk that was worked on in two parts: `rest` began where `done` ended.

    The run may have been planned again in between: then the chunk has moved to another place, and
    the receipt names the place of `rest`.

    Raises BooksError if they do not fit together: rows would be missing or counted twice.
    """
    if done.bytes_done is None:
        raise BooksError(f"the receipt of chunk {done.chunk_id} is complete: nothing can be added")
    first = rest.byte_range[0] - done.bytes_done
    for what, found, expected in (
        ("run_id", rest.run_id, done.run_id),
        ("chunk_id", rest.chunk_id, done.chunk_id),
        ("bytes", rest.byte_range[1] - first, done.byte_range[1] - done.byte_range[0]),
    ):
        if found != expected:
            raise BooksError(
                f"the rest of chunk {done.chunk_id} has {what} {found}, but its partial receipt "
                f"{expected}: remove {keys.partial_receipt(done.run_id, done.chunk_id)} "
                "from the temp bucket and send the chunk's message again"
            )
    shifted = [replace(row, line=row.line + done.lines) for row in rest.rejected]
    return replace(
        rest,
        byte_range=(first, rest.byte_range[1]),
        books=done.books + rest.books,
        results=[*done.results, *rest.results],
        packs=_added_packs(done, rest),
        dead=(*done.dead, *rest.dead),
        rejected=[*done.rejected, *shifted],
        lines=done.lines + rest.lines,
        dates=DateCounts.total([done.dates, rest.dates]),
        failed_hosts=Counter(done.failed_hosts) + Counter(rest.failed_hosts) or None,
    )


def _added_packs(done: Receipt, rest: Receipt) -> tuple[Pack, ...]:
    """The packs of both, each once: a worker finds what one that died has written."""
    return tuple({pack.key: pack for pack in (*done.packs, *rest.packs)}.values())


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
