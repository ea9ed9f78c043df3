"""The rows of the sample database: two months of covers, with the faults that real data has."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local.sample.creators import BY_NAME, CREATORS, SampleCreator
from local.sample.mark import Mark
from local.sample.urls import Trouble, cover_path, signed

MAIN_MONTH = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
"""The demo's month, half-open."""
EARLIER_MONTH = (datetime(2026, 9, 1, tzinfo=UTC), MAIN_MONTH[0])
"""The month before, half-open."""

_SECOND = timedelta(seconds=1)
_BORDERS = (MAIN_MONTH[0] - _SECOND, MAIN_MONTH[0], MAIN_MONTH[1] - _SECOND, MAIN_MONTH[1])

_TROUBLES = {
    ("mira.cooks", 98): Trouble.NOT_FOUND,
    ("mira.cooks", 91): Trouble.BUSY,
    ("mira.cooks", 84): Trouble.HTML,
    ("trailrunner_tom", 70): Trouble.HANG,
    ("trailrunner_tom", 60): Trouble.BROKEN,
    ("dailydogs", 93): Trouble.FORBIDDEN,
    ("dailydogs", 90): Trouble.TRUNCATED,
    ("paper_and_ink", 50): Trouble.EMPTY,
    ("nightbus.stories", 63): Trouble.GONE,
    ("nightbus.stories", 55): Trouble.CUT_OFF,
    ("the_slow_loaf", 45): Trouble.BROKEN,
    ("learn_to_whistle", 20): Trouble.NOT_FOUND,
    ("retro_pixels", 11): Trouble.BUSY,
    ("coldwaterclub", 29): Trouble.FORBIDDEN,
    ("ghost.account", 1): Trouble.NOT_FOUND,
    ("ghost.account", 2): Trouble.GONE,
    ("ghost.account", 3): Trouble.FORBIDDEN,
    ("🎨 color lab 🦊", 4): Trouble.BROKEN,
}
# Signed again some time after it was stored: the same cover with another query.
_SIGNED_AGAIN = (("mira.cooks", 99), ("balcony.garden", 44), ("row_seven", 2), ("Ana", 9))
# Stored in the same second as the previous cover: only the id shows which is newer.
_SAME_SECOND = (("row_eight", 4), ("vinylroom", 30))
_EXPIRED = 1_700_000_000  # November 2023


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One row of the table `covers`; its id is its place in the list."""

    creator: str | None
    url: str | None
    updated_at: datetime
    mark: Mark | None
    """The cover behind the URL, unless the row is bad."""
    trouble: Trouble | None = None


def sample_rows(covers_url: str) -> list[SampleRow]:
    """All rows, in the order in which they were stored, for a cover server at `covers_url`."""
    rows = [row for creator in CREATORS for row in _creator_rows(creator, covers_url)]
    rows += _bad_rows(covers_url)
    return sorted(rows, key=lambda row: row.updated_at)


def _creator_rows(creator: SampleCreator, covers_url: str) -> list[SampleRow]:
    rows = []
    for number, moment in enumerate(_moments(creator), start=1):
        mark = Mark(BY_NAME[creator.name], number)
        trouble = _TROUBLES.get((creator.name, number))
        path = cover_path(mark, trouble)
        row = SampleRow(creator.name, covers_url + signed(path), moment, mark, trouble)
        rows.append(row)
        if (creator.name, number) in _SIGNED_AGAIN:
            again = covers_url + signed(path, version=2)
            rows.append(
                SampleRow(creator.name, again, moment + timedelta(minutes=5), mark, trouble)
            )
    return rows


def _moments(creator: SampleCreator) -> list[datetime]:
    """When each cover was stored, the oldest first."""
    if creator.name == "month.border":
        return list(_BORDERS)
    moments = _spread(creator.earlier, EARLIER_MONTH) + _spread(creator.main, MAIN_MONTH)
    # Shifted by creator, so that the creators' rows are mixed in the database.
    offset = timedelta(seconds=BY_NAME[creator.name])
    moments = [moment + offset for moment in moments]
    for name, number in _SAME_SECOND:
        if name == creator.name:
            moments[number - 1] = moments[number - 2]
    return moments


def _spread(count: int, month: tuple[datetime, datetime]) -> list[datetime]:
    start, end = month
    step = (end - start) / (count + 1)
    return [(start + step * index).replace(microsecond=0) for index in range(1, count + 1)]


def _bad_rows(covers_url: str) -> list[SampleRow]:
    """Rows without a usable cover, one or two of each kind, in the middle of the main month."""
    good = covers_url + signed(cover_path(Mark(0, 1)))
    expired = covers_url + signed(cover_path(Mark(BY_NAME["vinylroom"], 200)), expires=_EXPIRED)
    pairs: list[tuple[str | None, str | None]] = [
        (None, good),
        ("", good),
        ("   ", good),
        ("mira.cooks", None),
        ("mira.cooks", ""),
        ("dailydogs", "ftp://127.0.0.1/covers/1.jpg"),
        ("dailydogs", "covers/1.jpg"),
        ("vinylroom", expired),
        # A host that is not on the list, and one that no list should allow.
        ("vinylroom", "https://covers.example.com/1.jpg"),
        ("paper_and_ink", "http://169.254.169.254/latest/meta-data/"),
    ]
    middle = MAIN_MONTH[0] + timedelta(days=15)
    return [
        SampleRow(creator, url, middle + index * _SECOND, mark=None)
        for index, (creator, url) in enumerate(pairs)
    ]
