"""One creator of a run: which cover is in which cell, and why others are in none."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from collage_core.contract.collage_metadata import CollageMetadata, NotPlaced, ShownCover
from collage_core.contract.family import RunName
from collage_core.contract.reasons import REJECTIONS
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.layout import keys
from collage_core.report.advice import advice
from collage_core.report.row_parts import ROWS_SHOWN
from collage_core.settings import Settings
from collage_core.storage.documents import READERS, read_document
from collage_core.storage.object_store import ObjectStore
from collage_core.views.documents import Documents, Unreadable, check_run_id
from collage_core.views.run_documents import find_summary

MOST_FILLS = 10
"""Newer runs of a family that are asked for a creator."""

MOST_NOT_PLACED = 1000
"""Rows of one creator that are shown."""

_MOST_NOTES = 1000

_TS_LENGTH = len("YYYYMMDD_HHMMSS")


@dataclass(frozen=True, slots=True)
class Missing:
    """A usable row that was not placed."""

    cover: ShownCover
    """Its cover, without the signature."""
    reason: str
    """The word `duplicate` or `not_selected`, or the reason why it failed."""
    advice: str
    """What that means, or what a person can do about it."""

    @property
    def is_failed(self) -> bool:
        """Whether the cover was wanted and could not be had."""
        return self.reason not in ROWS_SHOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatorView:
    """One creator of one run."""

    metadata: CollageMetadata
    """The creator's document."""
    grid: Sequence[Sequence[ShownCover | None]]
    """The cells as they are drawn, row by row; None for a cell without a cover. Empty if there is
    no collage."""
    not_placed: Sequence[Missing]
    """The other usable rows, at most MOST_NOT_PLACED: first those that failed, each kind in the
    order of the document."""
    not_placed_in_all: int
    """How many there are."""
    rejected: Mapping[str, int]
    """Rows that could not be used, by reason."""
    made_anew_by: RunName | None = None
    """The newest run of the family that has made this creator again; None if none has."""
    unreadable: Sequence[Unreadable] = ()
    """Documents that this release cannot read."""


def read_creator(
    store: ObjectStore,
    settings: Settings,
    run_id: str,
    timestamp: RunTimestamp,
    creator: str,
) -> CreatorView | None:
    """A creator of a run; None if the run has none of this name.

    Two requests, or three if another run has the same second. If newer runs of its family have
    made creators again, one more, and at most MOST_FILLS.

    Raises MessageError for what cannot be a run_id and for a document of the creator that cannot
    be read, and the errors of the store.
    """
    check_run_id(run_id)
    if not creator:
        return None
    key = keys.metadata(creator, timestamp)
    metadata = read_document(store, settings.output_bucket, key, CollageMetadata)
    if metadata is None or metadata.run_id != run_id or metadata.result.creator != creator:
        return None
    documents = Documents(store)
    closed = find_summary(documents, settings, run_id, timestamp)
    summary = None if closed is None else closed.document
    not_placed = sorted(map(_missing, metadata.not_placed), key=lambda one: not one.is_failed)
    return CreatorView(
        metadata=metadata,
        grid=_grid(metadata),
        not_placed=not_placed[:MOST_NOT_PLACED],
        not_placed_in_all=len(not_placed),
        rejected={
            reason: count
            for reason, count in metadata.result.known_reasons.items()
            if reason in REJECTIONS
        },
        made_anew_by=None if summary is None else _newer(store, settings, summary, creator),
        unreadable=tuple(documents.unreadable),
    )


def _missing(row: NotPlaced) -> Missing:
    return Missing(row.cover, row.reason, ROWS_SHOWN.get(row.reason) or advice(row.reason))


def _grid(metadata: CollageMetadata) -> list[list[ShownCover | None]]:
    if not metadata.cells:
        return []
    grid, canvas = metadata.grid, metadata.grid.canvas
    rows, cols = (grid.rows, grid.cols) if canvas is None else (canvas.rows, canvas.cols)
    covers = {(cell.row, cell.col): cell.cover for cell in metadata.cells}
    return [[covers.get((row, col)) for col in range(cols)] for row in range(rows)]


def _newer(
    store: ObjectStore, settings: Settings, summary: RunSummary, creator: str
) -> RunName | None:
    """The newest closed run of the family that has made the creator again."""
    if summary.superseded is None:
        return None
    bucket, first = settings.output_bucket, summary.family_name
    folder = keys.fills_of(first.run_timestamp, first.run_id)
    listed = islice(store.list_keys(bucket, folder), _MOST_NOTES)
    fills = [
        RunName(name[_TS_LENGTH + 1 :], RunTimestamp.parse(name[:_TS_LENGTH]))
        for key in listed
        if (name := key.removeprefix(folder))
    ]
    newer = [fill for fill in fills if fill.run_id in summary.superseded.by]
    newest = sorted(newer, key=lambda fill: fill.age, reverse=True)[:MOST_FILLS]

    def has_creator(fill: RunName) -> bool:
        return store.head(bucket, keys.metadata(creator, fill.run_timestamp)) is not None

    with ThreadPoolExecutor(READERS) as pool:
        found = pool.map(has_creator, newest)
        return next((fill for fill, has in zip(newest, found, strict=True) if has), None)
