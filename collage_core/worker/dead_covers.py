"""The covers of a creator whose URLs are dead, for the refresh list."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from collage_core.contract.creator_record import CreatorRecord
from collage_core.contract.reasons import DEAD_URL
from collage_core.contract.receipt import DeadCover
from collage_core.covers.picture_identity import picture_digest
from collage_core.covers.public_url import without_query
from collage_core.covers.rows import CoverRow


def dead_covers(failed: Iterable[tuple[CoverRow, str]]) -> Sequence[DeadCover]:
    """Those of the covers that failed whose URLs are dead, in their order."""
    return [_dead(row, reason) for row, reason in failed if reason in DEAD_URL]


def dead_in_record(record: CreatorRecord, rows: Iterable[CoverRow]) -> Sequence[DeadCover]:
    """The same, as the record of the creator says it; `rows` are all of the creator's.

    A record has its URLs without their queries. So its rows are found by what is left and by their
    time: of several that are alike in both, the first ones.
    """
    alike: dict[tuple[str, str | None], Iterator[CoverRow]] = {}
    by_look = defaultdict(list)
    for row in rows:
        by_look[without_query(row.url), _time(row)].append(row)
    failed: list[tuple[CoverRow, str]] = []
    for unplaced in record.not_placed:
        if unplaced.reason in DEAD_URL:
            look = unplaced.url, unplaced.updated_at
            found = next(alike.setdefault(look, iter(by_look[look])), None)
            failed += [] if found is None else [(found, unplaced.reason)]
    return dead_covers(failed)


def _dead(row: CoverRow, reason: str) -> DeadCover:
    return DeadCover(
        creator=row.creator,
        picture=picture_digest(row.url),
        url=without_query(row.url),
        reason=reason,
        updated_at=_time(row),
    )


def _time(row: CoverRow) -> str | None:
    return None if row.updated_at is None else row.updated_at.isoformat()
