"""A run in one line: which covers, how many collages, what failed."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from collage_core.contract.books import Books, CreatorCounts, ObjectCounts, RowCounts
from collage_core.contract.selection import Selection
from collage_core.contract.window import Window
from collage_core.run.in_words import run_in_words, window_in_words
from tests.support.runs import summary


def window(start: str, end: str) -> Window:
    first, last = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (start, end))
    return Window(first, last)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2026-10-01", "2026-11-01", "October 2026"),
        ("2026-12-01", "2027-01-01", "December 2026"),
        ("2028-02-01", "2028-03-01", "February 2028"),
        ("2026-10-05", "2026-10-06", "2026-10-05"),
        ("2026-10-01", "2026-10-08", "2026-10-01 to 2026-10-07"),
        ("2026-10-01", "2026-12-01", "2026-10-01 to 2026-11-30"),
        ("2026-10-02", "2026-11-02", "2026-10-02 to 2026-11-01"),
        ("2026-10-01T06:00", "2026-10-01T12:30", "2026-10-01 06:00 to 2026-10-01 12:30 UTC"),
    ],
)
def test_a_window_is_named_as_people_name_it(start: str, end: str, words: str) -> None:
    assert window_in_words(window(start, end)) == words


def test_a_run_is_one_line() -> None:
    books = Books(
        RowCounts(total=1003, placed=792, duplicate=4, not_selected=184, rejected=7, failed=16),
        {"http_404": 16, "invalid_url": 7},
        CreatorCounts(total=46, complete=37, partial=8, failed=1),
        ObjectCounts(45, 45, 28_216_486),
    )
    run = replace(
        summary("monthly-1", "20261001_000000", books), window=window("2026-10-01", "2026-11-01")
    )
    assert run_in_words(run) == (
        "October 2026: 45 of 46 collages, 16 covers failed, 7 rows rejected"
    )


def test_a_run_that_only_keeps_covers_says_how_many() -> None:
    books = Books(
        RowCounts(total=27, placed=20, duplicate=2, failed=4, rejected=1),
        {"http_403": 4, "bad_row": 1},
        CreatorCounts(total=3, complete=2, failed=1),
    )
    run = replace(
        summary("keep-1", "20261005_090000", books),
        window=window("2026-10-05T08:00", "2026-10-05T09:00"),
        keep_only=True,
    )
    assert run_in_words(run) == (
        "2026-10-05 08:00 to 2026-10-05 09:00 UTC: 20 of 24 covers kept, 4 covers failed, "
        "1 row rejected"
    )


def test_one_of_a_kind_is_not_many() -> None:
    books = Books(
        RowCounts(total=2, failed=1, rejected=1),
        {"http_404": 1, "bad_row": 1},
        CreatorCounts(total=1, failed=1),
    )
    run = replace(
        summary("daily-1", "20261005_000001", books), window=window("2026-10-05", "2026-10-06")
    )
    assert run_in_words(run) == "2026-10-05: 0 of 1 collage, 1 cover failed, 1 row rejected"


def test_a_csv_from_outside_is_named_by_its_file() -> None:
    books = Books(
        RowCounts(total=2, placed=2), {}, CreatorCounts(1, complete=1), ObjectCounts(1, 1, 9)
    )
    run = summary("s3-1", "20261005_060708", books)
    assert run_in_words(run) == "monthly_batch_20261001.csv: 1 of 1 collage"


def test_a_run_of_some_creators_does_not_look_like_one_of_all() -> None:
    books = Books(
        RowCounts(total=2, placed=2), {}, CreatorCounts(2, complete=2), ObjectCounts(2, 2, 9)
    )
    run = replace(
        summary("manual-1", "20261105_060708", books),
        window=window("2026-10-01", "2026-11-01"),
        selection=Selection(limit=2, rows_left_out=1001),
    )
    assert run_in_words(run) == "October 2026, some creators: 2 of 2 collages"


def test_a_run_without_covers_says_so() -> None:
    assert run_in_words(summary("monthly-1", "20261001_000000")).endswith(": no covers")


def test_a_run_of_some_creators_does_not_pass_for_one_of_the_whole_month() -> None:
    books = Books(
        RowCounts(total=2, placed=2), {}, CreatorCounts(total=1, complete=1), ObjectCounts(1, 1, 9)
    )
    run = replace(
        summary("manual-1", "20261101_093000", books),
        window=window("2026-10-01", "2026-11-01"),
        selection=Selection(limit=1),
    )
    assert run_in_words(run) == "October 2026, some creators: 1 of 1 collage"
