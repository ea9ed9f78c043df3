"""The rows of a CSV, creator by creator."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from collage_core.contract.rejected import RejectedRow
from collage_core.covers.rows import CoverRow


@dataclass(frozen=True, slots=True)
class CreatorRows:
    """The rows of one creator, which follow each other in the CSV."""

    creator: str | None
    """None for rejected rows whose creator cannot be read."""
    offset: int
    """The byte at which the first of these rows begins; earlier rows belong to other creators."""
    rows: list[CoverRow] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)


def creators(rows: Iterable[CoverRow | RejectedRow]) -> Iterator[CreatorRows]:
    """Group rows by creator, in the order of the file; one creator in memory at a time.

    The groups are consecutive parts of the file, so work can stop before any group and continue at
    its `offset`. For this reason a row without a creator that is between two rows of one creator
    counts as a row of that creator.
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


def _closed(group: CreatorRows | None, nameless: list[RejectedRow]) -> Iterator[CreatorRows]:
    if group:
        yield group
    if nameless:
        yield CreatorRows(None, nameless[0].offset, rejected=nameless)
