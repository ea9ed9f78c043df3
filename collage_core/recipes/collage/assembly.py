"""From one creator's loaded covers to the objects to write, and to their part of the books."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from collage_core.contract.books import Books, CreatorCounts, ObjectCounts, RowCounts
from collage_core.contract.date_counts import ISO, DateCounts
from collage_core.contract.reasons import REJECTIONS
from collage_core.contract.receipt import CreatorResult, Outcome
from collage_core.contract.rejected import RejectedRow
from collage_core.covers.rows import CoverRow
from collage_core.layout import keys
from collage_core.pictures.imaging import Cell, Collage, compose
from collage_core.recipes.collage.metadata import creator_metadata
from collage_core.storage.documents import JSON, to_document
from collage_core.worker.chunk_job import ChunkJob
from collage_core.worker.loading import LoadedCreator

_JPEG = "image/jpeg"


@dataclass(frozen=True, slots=True)
class ObjectToWrite:
    """One object of the output bucket."""

    key: str
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Assembled:
    """What comes of one creator."""

    objects: Sequence[ObjectToWrite]
    books: Books
    result: CreatorResult | None
    """None for rows whose creator cannot be read."""
    rejected: Sequence[RejectedRow]
    dates: DateCounts


@dataclass(frozen=True, slots=True)
class _Fates:
    """The creator's rows by what became of them, duplicates and those not selected apart."""

    placed: list[CoverRow]
    cells: list[Cell]
    failed: list[tuple[CoverRow, str]]
    rejected: list[RejectedRow]

    @property
    def reasons(self) -> Counter[str]:
        return Counter([*(row.reason for row in self.rejected), *(why for _, why in self.failed)])


def assemble(creator: LoadedCreator, job: ChunkJob) -> Assembled:
    """Compose the creator's collage, if there is a cover to place, and account for all rows.

    The cells are taken out of `creator`: those of the largest grid and their canvas take 192 MB
    each, and both together would be too much.
    """
    group, selection = creator.group, creator.selection
    fates = _fates(creator)
    rows = RowCounts(
        total=len(group.rows) + len(group.rejected),
        placed=len(fates.placed),
        duplicate=len(selection.duplicates),
        not_selected=len(selection.not_selected),
        rejected=len(fates.rejected),
        failed=len(fates.failed),
    )
    if group.creator is None:
        books = Books(rows=rows, reasons=fates.reasons)
        return Assembled([], books, None, fates.rejected, DateCounts())

    message, timestamp = job.message, job.message.run_timestamp
    config = message.config
    collage: Collage | None = None
    collage_key: str | None = None
    objects: list[ObjectToWrite] = []
    if fates.cells:
        collage = compose(
            _let_go(fates.cells),
            rows=config.rows,
            cols=config.cols,
            quality=config.quality,
            cell_size=job.cell_size,
        )
        collage_key = keys.collage(group.creator, timestamp, job.trigger, message.output_prefix)
        objects.append(ObjectToWrite(collage_key, collage.jpeg, _JPEG))
        if job.by_creator_copies:
            copy_key = keys.collage_by_creator(group.creator, timestamp)
            objects.append(ObjectToWrite(copy_key, collage.jpeg, _JPEG))
        thumbnail_key = keys.thumbnail(group.creator, timestamp)
        objects.append(ObjectToWrite(thumbnail_key, collage.thumbnail, _JPEG))
    result = CreatorResult(group.creator, _outcome(creator, fates), rows, collage_key)
    document = creator_metadata(
        job,
        result,
        placed=fates.placed,
        others=[
            *fates.failed,
            *((row, "duplicate") for row in selection.duplicates),
            *((row, "not_selected") for row in selection.not_selected),
        ],
        reasons=fates.reasons,
    )
    metadata_key = keys.metadata(group.creator, timestamp)
    objects.append(ObjectToWrite(metadata_key, to_document(document), JSON))
    books = _books(result, collage, fates.reasons)
    return Assembled(objects, books, result, fates.rejected, _dates(group.rows))


def _fates(creator: LoadedCreator) -> _Fates:
    fates = _Fates([], [], [], list(creator.group.rejected))
    for row, cover in zip(creator.selection.selected, creator.covers, strict=True):
        if not isinstance(cover, str):
            fates.placed.append(row)
            fates.cells.append(cover)
        elif cover in REJECTIONS:
            fates.rejected.append(RejectedRow(row.line, cover, row.offset, row.creator))
        else:
            fates.failed.append((row, cover))
    creator.covers.clear()
    return fates


def _dates(rows: Sequence[CoverRow]) -> DateCounts:
    """Of a canonical CSV: what is read there is in ISO."""
    read = sum(row.updated_at is not None for row in rows)
    unread = sum(row.is_date_unread for row in rows)
    return DateCounts(read, unread, ISO if read else None)


def _let_go(cells: list[Cell]) -> Iterator[Cell]:
    """The cells in their order; the list is empty in the end."""
    cells.reverse()
    while cells:
        yield cells.pop()


def _outcome(creator: LoadedCreator, fates: _Fates) -> Outcome:
    if not fates.placed:
        return Outcome.FAILED
    is_complete = len(fates.placed) == len(creator.selection.selected)
    return Outcome.COMPLETE if is_complete else Outcome.PARTIAL


def _books(result: CreatorResult, collage: Collage | None, reasons: Mapping[str, int]) -> Books:
    """The copy under the creator's name is the same collage, and not counted again."""
    objects = ObjectCounts()
    if collage:
        objects = ObjectCounts(1, 1, len(collage.jpeg) + len(collage.thumbnail))
    return Books(
        rows=result.rows,
        reasons=reasons,
        creators=CreatorCounts(
            total=1,
            complete=int(result.outcome is Outcome.COMPLETE),
            partial=int(result.outcome is Outcome.PARTIAL),
            failed=int(result.outcome is Outcome.FAILED),
        ),
        objects=objects,
    )
