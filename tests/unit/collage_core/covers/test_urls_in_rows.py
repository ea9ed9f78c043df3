"""Fresh URLs in the place of dead ones."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from collage_core.covers.cover_csv import read_chunk, write_row
from collage_core.covers.fresh_urls import with_fresh_urls
from collage_core.covers.picture_identity import picture_of
from collage_core.covers.rows import CoverRow
from tests.support.strategies import names

NOON = datetime(2026, 10, 14, 12, tzinfo=UTC)


def signed(number: int, signature: str) -> str:
    return f"https://cdn.example/obj/{number}.jpg?x-expires=1&x-signature={signature}"


def fresh(url: str, at: datetime | None = NOON) -> CoverRow:
    return CoverRow("ana", url, at, 1, 0)


def test_a_row_gets_the_fresh_url_and_keeps_its_time() -> None:
    text = write_row("ana", signed(1, "old"), "2026-10-01 00:00:00+02:00")
    other = write_row("ana", signed(2, "old"), "yesterday")
    joined = with_fresh_urls(text + other, [fresh(signed(1, "new")), fresh(signed(1, "newer"))])
    assert joined == write_row("ana", signed(1, "new"), "2026-10-01 00:00:00+02:00") + other


def test_rows_of_one_picture_all_get_it_and_new_pictures_come_after_them() -> None:
    text = write_row("ana", signed(1, "a"), "") + write_row("ana", signed(1, "b"), "x")
    joined = with_fresh_urls(text, [fresh(signed(3, "n"), None), fresh(signed(1, "n"))])
    assert joined == b"".join(
        [
            write_row("ana", signed(1, "n"), ""),
            write_row("ana", signed(1, "n"), "x"),
            write_row("ana", signed(3, "n"), ""),
        ]
    )


def test_rows_that_cannot_be_read_stay_as_they_are() -> None:
    text = b"ana,no url,2026-10-01\nnot a row\n" + write_row("ana", signed(1, "a"), "2026-10-01")
    assert with_fresh_urls(text, []) == text
    joined = with_fresh_urls(text, [fresh(signed(1, "n"))])
    assert joined.startswith(b"ana,no url,2026-10-01\nnot a row\n")


def test_new_pictures_have_their_places_by_time() -> None:
    days = [write_row("ana", signed(day, "a"), f"2026-10-{day:02d}") for day in (20, 10)]
    broken = b"ana,no url,\nnot a row\n"
    at = {number: NOON.replace(day=number) for number in (5, 15, 25)}
    new = [fresh(signed(number, "n"), time) for number, time in at.items()]
    same = fresh(signed(9, "n"), datetime(2026, 10, 20, tzinfo=UTC))
    joined = with_fresh_urls(days[0] + broken + days[1], [*new, same])
    written = {n: write_row("ana", signed(n, "n"), time.isoformat()) for n, time in at.items()}
    of_same = write_row("ana", signed(9, "n"), "2026-10-20T00:00:00+00:00")
    assert joined == b"".join(
        [written[25], days[0], broken, of_same, written[15], days[1], written[5]]
    )


@given(
    creator=names,
    there=st.lists(st.integers(0, 9)),
    new=st.lists(st.integers(0, 9)),
)
def test_no_row_and_no_picture_is_lost(creator: str, there: list[int], new: list[int]) -> None:
    text = b"".join(write_row(creator, signed(number, "old"), "2026-10-01") for number in there)
    rows = [CoverRow(creator, signed(number, "new"), NOON, 1, 0) for number in new]
    joined = [row for row in read_chunk(with_fresh_urls(text, rows)) if isinstance(row, CoverRow)]
    # New pictures are newer here, and all others stay in their order.
    assert [picture_of(row.url) for row in joined[len(joined) - len(there) :]] == [
        picture_of(signed(number, "")) for number in there
    ]
    assert len(joined) == len(there) + len(set(new) - set(there))
    for row in joined:
        number = int(row.url.rpartition(".jpg")[0].rpartition("/")[2])
        assert row.url == signed(number, "new" if number in new else "old")
        assert row.creator == creator
