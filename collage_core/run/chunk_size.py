"""How many rows a chunk has: about a minute of a worker, as runs before have measured it.

A row whose cover comes from a slow host takes many times as long as one whose cover is kept. With
one number for all, chunks of the one run out of time and go on in a second message, and chunks of
the other end before their worker is warm. CHUNK_ROWS, if a person has set it, is taken as it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from collage_core.contract.books import Books
from collage_core.contract.manifest import Manifest
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.newest_runs import newest_runs
from collage_core.settings import DEFAULT_CHUNK_ROWS, Settings
from collage_core.storage.documents import read_document
from collage_core.storage.object_store import ObjectStore

TARGET_SECONDS = 60
"""Of a worker at a chunk. The function of `deploy/` may take two minutes and keeps a fifth of that
back: chunks whose covers are half again as slow as measured end in their first invocation, too."""

LEAST_ROWS = 100
"""A chunk costs a second and some twenty requests besides its covers."""

MOST_ROWS = 5000
"""Of runs that are not large, larger chunks would leave workers without any."""

MOST_RUNS = 3
"""Runs that are learned from, the newest ones."""

ENOUGH_ROWS = 500
"""Rows of a run that is learned from. In a smaller one, a worker's start decides."""


@dataclass(frozen=True, slots=True)
class ChunkSize:
    """The least rows of a chunk, and who has decided that."""

    rows: int
    why: str
    """In words, for the log."""


def chunk_size(  # noqa: PLR0913 - where to look, and which run is planned
    store: ObjectStore,
    settings: Settings,
    dag_id: str,
    *,
    run_id: str,
    timestamp: RunTimestamp,
    now: datetime,
    keep_only: bool = False,
) -> ChunkSize:
    """The size of the chunks of a run that is planned now, for the first time or again.

    A run that has a plan keeps its size, even if CHUNK_ROWS is another one now, as soon as anything
    of it is done: with other chunks, that would have to be done again. Writes nothing.
    """
    planned = _planned_rows(store, settings, run_id)
    if settings.chunk_rows is not None:
        if planned in {None, settings.chunk_rows} or not _is_begun(store, settings, run_id):
            return ChunkSize(settings.chunk_rows, "CHUNK_ROWS")
        return ChunkSize(
            planned or settings.chunk_rows,
            f"as the run was planned first, since chunks of it are done; CHUNK_ROWS is "
            f"{settings.chunk_rows} by now",
        )
    if planned is not None:
        return ChunkSize(planned, "as the run was planned first")
    runs = newest_runs(store, settings, dag_id, now=now, timestamp=timestamp, keep_only=keep_only)
    return measured_size(runs) or ChunkSize(
        DEFAULT_CHUNK_ROWS, f"no run of {dag_id} with {ENOUGH_ROWS} rows was found to learn from"
    )


def measured_size(newest: Iterable[RunSummary]) -> ChunkSize | None:
    """The size for rows that take as long as those of these runs; None without a large one."""
    runs = list(islice((run for run in newest if _is_measured(run.books)), MOST_RUNS))
    if not runs:
        return None
    books = Books.total(run.books for run in runs)
    seconds_per_row = books.seconds["total"] / books.rows.total
    rows = float(f"{TARGET_SECONDS / seconds_per_row:.1e}")  # two digits: it is no exact number
    return ChunkSize(
        int(min(max(rows, LEAST_ROWS), MOST_ROWS)),
        f"{seconds_per_row * 1000:.1f} ms for each row in {', '.join(run.run_id for run in runs)}",
    )


def _is_measured(books: Books) -> bool:
    return books.rows.total >= ENOUGH_ROWS and books.seconds.get("total", 0) > 0


def _planned_rows(store: ObjectStore, settings: Settings, run_id: str) -> int | None:
    """The size in the run's manifest; None without one that can be read and says it."""
    try:
        found = read_document(store, settings.temp_bucket, keys.manifest(run_id), Manifest)
    except MessageError:
        return None  # it is logged where it is replaced
    return None if found is None else found.chunk_rows


def _is_begun(store: ObjectStore, settings: Settings, run_id: str) -> bool:
    """Whether any chunk of the run is done, or a part of one."""
    folders = (keys.receipts(run_id), keys.partial_receipts(run_id))
    return any(True for folder in folders for _ in store.list_keys(settings.temp_bucket, folder))
