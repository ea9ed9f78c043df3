"""Which covers of a creator are placed: each picture once, the newest first, as many as fit."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from collage_core.covers.picture_identity import picture_of
from collage_core.covers.rows import CoverRow
from collage_core.worker.recipe import Selection

TRIES_PER_CELL = 2
"""At most so many covers are fetched for each cell of the grid, on the average. It bounds the time
that a creator takes whose covers are all gone."""

_OLDEST = datetime.min.replace(tzinfo=UTC)


def newest_first(rows: Iterable[CoverRow]) -> list[CoverRow]:
    """The rows by `updated_at`, unreadable ones last; rows of the same time keep their order."""
    return sorted(rows, key=lambda row: row.updated_at or _OLDEST, reverse=True)


def select(rows: Sequence[CoverRow], limit: int) -> Selection:
    """The newest `limit` pictures of one creator's rows, which may be in any order.

    Selected rows are in the order of the cells, newest first; the reserves are the next newest.
    Duplicates are older rows of a picture that a newer row already has.
    """
    pictures: list[CoverRow] = []
    duplicates: list[CoverRow] = []
    seen: set[str] = set()
    for row in newest_first(rows):
        picture = picture_of(row.url)
        (duplicates if picture in seen else pictures).append(row)
        seen.add(picture)
    most = TRIES_PER_CELL * limit
    return Selection(pictures[:limit], duplicates, pictures[most:], reserves=pictures[limit:most])
