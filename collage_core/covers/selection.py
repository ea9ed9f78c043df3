"""Which covers of a creator are placed: each picture once, the newest first, as many as fit."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from collage_core.contract import CoverRow, RejectedRow
from collage_core.covers.picture_identity import picture_of

_OLDEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CreatorRows:
    """The rows of one creator, which stand together in the CSV."""

    creator: str | None
    """None for rejected rows whose creator cannot be read."""
    offset: int
    """The byte at which the first of these rows begins; all rows before it belong to others."""
    rows: list[CoverRow] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Selection:
    """What becomes of a creator's rows. Together the three lists hold each row once."""

    selected: list[CoverRow]
    """Newest first: the order of the cells."""
    duplicates: list[CoverRow]
    """Older rows of a picture that a newer row has already."""
    not_selected: list[CoverRow]
    """Pictures that are too old to fit."""


def creators(rows: Iterable[CoverRow | RejectedRow]) -> Iterator[CreatorRows]:
    """The rows, creator by creator, in the order of the file; one creator in memory at a time.

    The groups are stretches of the file that follow each other, so that work can stop
    before any group and go on at its `offset`. For this reason a row without a creator that
    stands between two rows of one creator counts as theirs.
    """
    group: CreatorRows | None = None
    nameless: list[RejectedRow] = []
    for row in rows:
        if isinstance(row, RejectedRow) and row.creator is None:
            nameless.append(row)
            continue
        if group and group.creator == row.creator:
            group.rejected.extend(nameless)
        else:
            yield from _closed(group, nameless)
            group = CreatorRows(row.creator, row.offset)
        nameless = []
        if isinstance(row, CoverRow):
            group.rows.append(row)
        else:
            group.rejected.append(row)
    yield from _closed(group, nameless)


def newest_first(rows: Iterable[CoverRow]) -> list[CoverRow]:
    """The rows by `updated_at`, unreadable ones last; rows of the same time keep their order."""
    return sorted(rows, key=lambda row: row.updated_at or _OLDEST, reverse=True)


def select(rows: Sequence[CoverRow], limit: int) -> Selection:
    """The newest `limit` pictures of one creator's rows, which may be in any order."""
    selected: list[CoverRow] = []
    duplicates: list[CoverRow] = []
    not_selected: list[CoverRow] = []
    seen: set[str] = set()
    for row in newest_first(rows):
        picture = picture_of(row.url)
        if picture in seen:
            duplicates.append(row)
        elif len(selected) < limit:
            selected.append(row)
        else:
            not_selected.append(row)
        seen.add(picture)
    return Selection(selected, duplicates, not_selected)


def _closed(group: CreatorRows | None, nameless: list[RejectedRow]) -> Iterator[CreatorRows]:
    if group:
        yield group
    if nameless:
        yield CreatorRows(None, nameless[0].offset, rejected=nameless)
