"""A page of the table of chunks of a run: what each is at, what it gave, and why it failed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from collage_core.contract.books import RowCounts
from collage_core.contract.chunk import Chunk
from collage_core.contract.chunk_at_work import ChunkAtWork
from collage_core.contract.document import Document
from collage_core.contract.failed_message import FailedMessage
from collage_core.contract.usage import Usage
from collage_core.layout import keys
from collage_core.run.progress import Look
from collage_core.run.redo import round_of
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore
from collage_core.views.documents import Documents, Unreadable
from collage_core.views.run_view import RunView

PER_PAGE = 100


class ChunkState(StrEnum):
    """What a chunk is at."""

    DONE = "done"
    """It has its receipt."""
    AT_WORK = "at work"
    """A worker is alive at it."""
    FAILED = "failed"
    """The last attempt failed, or its worker was killed."""
    SET_ASIDE = "set aside"
    """It had a receipt that could not be used, and has none now."""
    EXPIRED = "expired"
    """The run is closed, and the temp bucket has forgotten the receipt."""
    WAITING = "waiting"
    """None of that."""


class ChunkBooks(Document, frozen=True, kw_only=True):
    """What a receipt says of its chunk, without its creators."""

    rows: RowCounts
    """What became of each row."""
    reasons: Mapping[str, int] = {}
    """Rejected and failed rows by their reason."""
    seconds: Mapping[str, float] = {}
    """Time of the workers by stage; `total` is all of it."""
    usage: Usage | None = None
    """What AWS bills; None where that was not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRow:
    """A line of the table."""

    number: int
    """Its place in the CSV, from 1."""
    chunk: Chunk
    """As it is planned."""
    state: ChunkState
    done_at: datetime | None = None
    """When its receipt was written."""
    books: ChunkBooks | None = None
    """What its receipt says."""
    failed_at: datetime | None = None
    """When an attempt last failed."""
    failed: FailedMessage | None = None
    """Why."""
    seen_at: datetime | None = None
    """When a worker last said that it is at it; None when the worker has ended."""
    worker: ChunkAtWork | None = None
    """What that worker said."""
    worker_died: bool = False
    """Whether that worker was killed, and nothing was heard since."""
    times_set_aside: int = 0
    """How many of its receipts could not be used."""
    round: int = 1
    """How often it is done in full, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkPage:
    """A page of the table."""

    rows: Sequence[ChunkRow]
    """In the order of the CSV."""
    page: int
    """From 1."""
    pages: int
    """At least 1."""
    total: int
    """The lines of all pages."""
    by_state: Mapping[ChunkState, int] = field(default_factory=dict)
    """All chunks of the run by their state."""
    unreadable: Sequence[Unreadable] = ()
    """Documents that this release cannot read."""


def read_chunks(
    store: ObjectStore,
    settings: Settings,
    view: RunView,
    *,
    state: ChunkState | None = None,
    page: int = 1,
) -> ChunkPage:
    """A page of PER_PAGE chunks, all or those in one state; the nearest page to a number.

    At most one request for each line of the page and each kind of document that is there: its
    receipt, its last failure, its worker. A run without a plan in the temp bucket has no line.
    """
    if view.manifest is None or view.look is None:
        return ChunkPage(rows=(), page=1, pages=1, total=0)
    states = _States(view, view.look, settings.stale_seconds)
    numbered = [
        (number, chunk, states.of(chunk.chunk_id))
        for number, chunk in enumerate(view.manifest.chunks, start=1)
    ]
    wanted = [line for line in numbered if state in {None, line[2]}]
    pages = max(1, -(-len(wanted) // PER_PAGE))
    page = min(max(page, 1), pages)
    shown = wanted[(page - 1) * PER_PAGE : page * PER_PAGE]
    documents = Documents(store)
    found = _Found.read(
        documents, settings, view.run_id, view.look, [chunk.chunk_id for _, chunk, _ in shown]
    )
    return ChunkPage(
        rows=[
            ChunkRow(
                number=number,
                chunk=chunk,
                state=its_state,
                done_at=view.look.receipts.get(chunk.chunk_id),
                books=found.books.get(chunk.chunk_id),
                failed_at=view.look.failed.get(chunk.chunk_id),
                failed=found.failed.get(chunk.chunk_id),
                seen_at=view.look.working.get(chunk.chunk_id),
                worker=found.workers.get(chunk.chunk_id),
                worker_died=states.worker_died(chunk.chunk_id),
                times_set_aside=view.set_aside.get(chunk.chunk_id, 0),
                round=round_of(chunk.chunk_id),
            )
            for number, chunk, its_state in shown
        ],
        page=page,
        pages=pages,
        total=len(wanted),
        by_state=Counter(its_state for _, _, its_state in numbered),
        unreadable=tuple(documents.unreadable),
    )


class _States:
    """Tells the state of each chunk by the objects that are there."""

    def __init__(self, view: RunView, look: Look, stale_seconds: float) -> None:
        self._look = look
        self._is_closed = view.state.is_closed
        self._set_aside = view.set_aside
        self._at_work = look.at_work(stale_seconds)
        self._alive_since = look.at - timedelta(seconds=stale_seconds)

    def of(self, chunk_id: str) -> ChunkState:
        if chunk_id in self._look.receipts:
            return ChunkState.DONE
        if self._is_closed:
            return ChunkState.EXPIRED
        if chunk_id in self._at_work:
            return ChunkState.AT_WORK
        if chunk_id in self._look.failed or self.worker_died(chunk_id):
            return ChunkState.FAILED
        return ChunkState.SET_ASIDE if self._set_aside.get(chunk_id) else ChunkState.WAITING

    def worker_died(self, chunk_id: str) -> bool:
        seen = self._look.working.get(chunk_id)
        is_done = self._is_closed or chunk_id in self._look.receipts
        if seen is None or is_done or seen >= self._alive_since:
            return False
        failed = self._look.failed.get(chunk_id)
        return failed is None or seen >= failed


@dataclass(frozen=True, slots=True)
class _Found:
    """The documents of a page, by chunk."""

    books: Mapping[str, ChunkBooks]
    failed: Mapping[str, FailedMessage]
    workers: Mapping[str, ChunkAtWork]

    @classmethod
    def read(
        cls,
        documents: Documents,
        settings: Settings,
        run_id: str,
        look: Look,
        ids: Sequence[str],
    ) -> Self:
        bucket = settings.temp_bucket
        return cls(
            documents.read_all(
                bucket,
                {each: keys.receipt(run_id, each) for each in ids if each in look.receipts},
                ChunkBooks,
            ),
            documents.read_all(
                bucket,
                {each: keys.failed_message(run_id, each) for each in ids if each in look.failed},
                FailedMessage,
            ),
            documents.read_all(
                bucket,
                {each: keys.chunk_at_work(run_id, each) for each in ids if each in look.working},
                ChunkAtWork,
            ),
        )
