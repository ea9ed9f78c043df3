from hypothesis import given
from hypothesis import strategies as st

from collage_core.contract.books import Books, DownloadCounts, RowCounts
from collage_core.report.row_parts import row_parts

COUNTS = st.integers(0, 10**7)


@given(placed=COUNTS, failed=COUNTS, rest=COUNTS, kept=COUNTS)
def test_parts_add_up_to_all_rows_however_often_a_cover_was_read(
    placed: int, failed: int, rest: int, kept: int
) -> None:
    rows = RowCounts(placed + failed + 3 * rest, placed, rest, rest, rest, failed)
    parts = row_parts(Books(rows=rows, downloads=DownloadCounts(kept=kept)))
    assert sum(part.count for part in parts) == rows.total
    assert [part.count for part in parts if part.name == "placed"] == [
        min(kept, placed),
        placed - min(kept, placed),
    ]


def test_where_covers_came_from_is_not_guessed() -> None:
    parts = row_parts(Books(rows=RowCounts(5, placed=5)))
    assert [(part.label, part.count) for part in parts if part.count] == [("placed", 5)]


def test_no_two_parts_look_alike() -> None:
    parts = row_parts(Books(downloads=DownloadCounts()))
    assert len({part.look for part in parts}) == len(parts) == 6
