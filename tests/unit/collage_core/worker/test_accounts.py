from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from collage_core.contract.books import CreatorCounts, ObjectCounts, RowCounts
from collage_core.contract.creator_record import CreatorRecord, UnplacedRow
from collage_core.contract.date_counts import DateCounts
from collage_core.contract.reasons import Reason
from collage_core.contract.receipt import CreatorResult, Outcome, WrittenObject
from collage_core.contract.rejected import RejectedRow
from collage_core.covers.grouping import CreatorRows
from collage_core.covers.rows import CoverRow
from collage_core.worker.accounts import Account, Entry
from collage_core.worker.loading import LoadedCreator
from collage_core.worker.recipe import Selection
from collage_core.worker.writing import WrittenCreator

BAD_ROW = RejectedRow(9, Reason.BAD_ROW, 900, "ana")


def row(line: int, updated_at: datetime | None = None, *, unread: bool = False) -> CoverRow:
    return CoverRow("ana", f"http://cdn/{line}.jpg", updated_at, line, line * 100, unread)


def loaded(*covers: bytes | str, rejected: list[RejectedRow] | None = None) -> LoadedCreator[bytes]:
    """A creator whose selected rows became `covers`, with one duplicate and one left out."""
    selected = [row(line) for line in range(len(covers))]
    selection = Selection(selected, [row(50)], [row(60)])
    group = CreatorRows("ana", 0, [*selected, row(50), row(60)], rejected or [])
    return LoadedCreator(group, selection, list(covers))


def written(account: Account[bytes], objects: Mapping[str, WrittenObject]) -> Entry:
    result = account.ingredients("ana").result("a/key")
    return account.entry(WrittenCreator(replace(result, objects=objects)))


def test_each_row_is_counted_once_by_what_became_of_it() -> None:
    account = Account.of(
        loaded(b"1", "http_404", b"2", Reason.INVALID_URL, "http_404", rejected=[BAD_ROW])
    )
    assert account.rows == RowCounts(
        total=8, placed=2, duplicate=1, not_selected=1, rejected=2, failed=2
    )
    assert account.reasons == {"http_404": 2, Reason.INVALID_URL: 1, Reason.BAD_ROW: 1}
    assert account.rejected == [BAD_ROW, RejectedRow(3, Reason.INVALID_URL, 300, "ana")]
    objects = {
        "collage": WrittenObject("c", 5),
        "by_creator": WrittenObject("c", 5),
        "thumbnail": WrittenObject("t", 2),
        "metadata": WrittenObject("m", 9),
    }
    books = written(account, objects).books
    books.check_balance("this test's creator")
    assert books.objects == ObjectCounts(1, 1, 7)


def test_a_reserve_that_was_not_needed_counts_as_not_selected() -> None:
    rows = [row(line) for line in range(6)]
    selection = Selection(rows[:3], [], rows[5:], reserves=rows[3:5])
    group = CreatorRows("ana", 0, rows)
    account = Account.of(LoadedCreator(group, selection, [b"1", "http_404", b"2", b"3"]))
    assert account.rows == RowCounts(total=6, placed=3, failed=1, not_selected=2)
    assert account.placed == [rows[0], rows[2], rows[3]]
    assert account.not_selected == rows[4:]
    assert account.outcome is Outcome.COMPLETE


def test_a_creator_is_partial_when_the_reserves_do_not_replace_all_that_failed() -> None:
    rows = [row(line) for line in range(3)]
    selection = Selection(rows[:2], [], [], reserves=rows[2:])
    covers: list[bytes | str] = ["http_404", "http_404", b"3"]
    account = Account.of(LoadedCreator(CreatorRows("ana", 0, rows), selection, covers))
    assert account.rows == RowCounts(total=3, placed=1, failed=2)
    assert account.outcome is Outcome.PARTIAL


def test_the_recipe_gets_the_parts_and_what_became_of_all_other_rows() -> None:
    creator = loaded(b"1", "http_404", b"2")
    ingredients = Account.of(creator).ingredients("ana")
    assert creator.covers == []  # or both would keep the parts
    assert ingredients.parts == [b"1", b"2"]
    assert [item.line for item in ingredients.placed] == [0, 2]
    assert [(item.line, reason) for item, reason in ingredients.not_placed] == [
        (1, "http_404"),
        (50, "duplicate"),
        (60, "not_selected"),
    ]
    assert ingredients.result("a/key") == CreatorResult(
        "ana", Outcome.PARTIAL, ingredients.rows, "a/key", {"http_404": 1}
    )


@pytest.mark.parametrize(
    ("covers", "outcome", "counts"),
    [
        ((b"1", b"2"), Outcome.COMPLETE, CreatorCounts(total=1, complete=1)),
        ((b"1", "timeout"), Outcome.PARTIAL, CreatorCounts(total=1, partial=1)),
        (("timeout",), Outcome.FAILED, CreatorCounts(total=1, failed=1)),
        ((), Outcome.FAILED, CreatorCounts(total=1, failed=1)),
    ],
)
def test_a_creator_is_complete_when_all_selected_covers_are_placed(
    covers: tuple[bytes | str, ...], outcome: Outcome, counts: CreatorCounts
) -> None:
    account = Account.of(loaded(*covers))
    assert account.outcome == outcome
    assert written(account, {}).books.creators == counts


def test_rows_without_a_readable_creator_are_counted_and_make_no_objects() -> None:
    nameless = RejectedRow(1, Reason.NO_CREATOR, 0, None)
    group = CreatorRows(None, 0, rejected=[nameless])
    account: Account[bytes] = Account.of(LoadedCreator(group, Selection([], [], []), []))
    entry = account.entry(None)
    assert entry.result is None
    books = entry.books
    books.check_balance("these rows")
    assert (books.rows, books.creators) == (RowCounts(total=1, rejected=1), CreatorCounts())


def test_dates_are_counted_that_were_read_and_that_were_not() -> None:
    rows = [row(1, datetime(2026, 9, 1, tzinfo=UTC)), row(2), row(3, unread=True)]
    account: Account[bytes] = Account.of(
        LoadedCreator(CreatorRows("ana", 0, rows), Selection([], rows, []), [])
    )
    assert account.dates == DateCounts(1, 1, "iso")


def test_what_another_worker_has_decided_is_what_the_books_count() -> None:
    account = Account.of(loaded(b"1", b"2", rejected=[BAD_ROW]))
    record = CreatorRecord(
        result=CreatorResult(
            "ana",
            Outcome.PARTIAL,
            RowCounts(total=5, placed=1, duplicate=1, not_selected=1, rejected=1, failed=1),
            "a/key",
            {"http_404": 1, Reason.BAD_ROW: 1},
        ),
        not_placed=[
            UnplacedRow(url="http://other.example:8080/1.jpg", reason="http_404"),
            UnplacedRow(url="http://cdn/50.jpg", reason="duplicate"),
            UnplacedRow(url="http://cdn/60.jpg", reason="not_selected"),
        ],
    )
    entry = account.entry(WrittenCreator(record.result, record))
    entry.books.check_balance("this creator")
    assert entry.books.rows == record.result.rows
    assert entry.failed_hosts == {"other.example": 1}
    assert entry.rejected == [BAD_ROW]
