"""How many covers of a run may fail."""

import pytest
from msgspec.structs import replace

from collage_core.contract.books import Books, RowCounts
from collage_core.run.tolerance import (
    TooManyFailed,
    failed_percent,
    top_reasons,
    warning_of_failed,
    without_dead_urls,
)
from collage_core.settings import Settings
from tests.support.runs import run

_, RECEIPTS = run([{"ana": 10}, {"bo": 10}])


def books(placed: int, failed: int) -> Books:
    rows = RowCounts(placed + failed + 7, placed, not_selected=4, rejected=3, failed=failed)
    return Books(rows, {"bad_row": 3, "http_403": failed} if failed else {"bad_row": 3})


@pytest.mark.parametrize(
    ("placed", "failed", "limit", "fails"),
    [
        (50, 50, 50, False),
        (49, 51, 50, True),
        (0, 240, 50, True),
        (0, 240, 100, False),
        (99, 1, 0, True),
        (100, 0, 0, False),
        (0, 0, 0, False),
    ],
)
def test_a_run_fails_above_the_share_of_the_covers_that_were_asked_for(
    placed: int, failed: int, limit: int, fails: bool
) -> None:
    settings = Settings(fail_above_percent=limit)
    assert (TooManyFailed.of("r", books(placed, failed), [], settings) is not None) == fails


def test_it_says_how_many_and_why_and_which_chunks_are_above_it_themselves() -> None:
    first, second = RECEIPTS
    receipts = [replace(first, books=books(1, 9)), replace(second, books=books(9, 1))]
    found = TooManyFailed.of("r", books(4, 6), receipts, Settings())
    assert found is not None
    assert found.said == "6 of 10 covers (60%) of run r failed, and 50% may: 6 http_403"
    assert found.chunks == {first.chunk_id: "9 of 10 covers (90%) failed: 9 http_403"}


def test_a_run_warns_above_a_lower_share() -> None:
    assert warning_of_failed(books(90, 10), Settings()) is None
    assert warning_of_failed(books(89, 11), Settings()) == (
        "11 of 100 covers (11%) failed: 11 http_403"
    )


def test_only_the_most_frequent_reasons_of_failed_covers_are_named() -> None:
    reasons = {"bad_row": 99, "timeout": 2, "http_404": 5, "http_403": 4, "dns_failure": 1}
    assert top_reasons(Books(reasons=reasons)) == (
        "5 http_404, 4 http_403, 2 timeout and 1 for other reasons"
    )


def test_dead_urls_can_be_left_out_and_what_is_left_balances() -> None:
    rows = RowCounts(total=20, placed=4, failed=13, rejected=3)
    reasons = {"bad_row": 3, "expired_url": 6, "http_410": 3, "http_500": 1, "timeout": 3}
    left = without_dead_urls(Books(rows, reasons))
    assert left == Books(
        RowCounts(total=11, placed=4, failed=4, rejected=3),
        {"bad_row": 3, "http_500": 1, "timeout": 3},
    )
    left.check_balance("what is left")
    assert failed_percent(left) == 50
    assert without_dead_urls(left) == left
