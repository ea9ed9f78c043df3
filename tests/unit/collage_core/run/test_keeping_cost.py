"""What keeping covers costs, before any is kept."""

import pytest

from collage_core.housekeeping.merged_days import LEFT_FOR
from collage_core.run.keeping_cost import DAYS_BESIDE, KeepingCost, keeping_cost, main


def test_a_month_of_covers_costs_some_dollars_and_its_requests_cents() -> None:
    cost = keeping_cost(covers=2_000_000, chunks=1000, looked_into=40_000, days=40)
    assert 200 < cost.gigabytes < 300
    assert 5 < cost.storage_dollars < 10
    assert 0.01 < cost.request_dollars < 0.10
    assert cost.dollars == cost.storage_dollars + cost.request_dollars


def test_storage_grows_with_the_days_and_requests_with_the_packs() -> None:
    short = keeping_cost(covers=1000, chunks=1, looked_into=0, days=40)
    long = keeping_cost(covers=1000, chunks=1, looked_into=0, days=400)
    more = keeping_cost(covers=1000, chunks=1, looked_into=400, days=40)
    assert long.storage_dollars == pytest.approx(10 * short.storage_dollars)
    assert more.storage_dollars == short.storage_dollars
    assert more.request_dollars > short.request_dollars


def test_without_keeping_nothing_is_paid() -> None:
    cost = keeping_cost(covers=2_000_000, chunks=1000, looked_into=0, days=0)
    assert cost == KeepingCost(0, 0, 0)


def test_the_command_says_what_a_month_costs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--covers", "2000000", "--days", "40"]) == 0
    assert capsys.readouterr().out == (
        "2,000,000 new covers a month, kept for 40 days: 331 GB in the long run, 7.62 USD a month "
        "for storage, 0.05 USD for requests\n"
    )


def test_packs_that_are_merged_are_paid_twice_until_they_are_removed() -> None:
    once = keeping_cost(covers=1000, chunks=1, looked_into=0, days=40)
    merged = keeping_cost(covers=1000, chunks=1, looked_into=0, days=40, is_merged=True)
    assert merged.storage_dollars == pytest.approx(once.storage_dollars * 49 / 40)
    # Housekeeping comes once a day.
    assert LEFT_FOR.days + 1 == DAYS_BESIDE


def test_the_command_says_what_hourly_keeping_costs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--days", "396", "--hourly"]) == 0
    assert "3,353 GB in the long run, 77.12 USD a month" in capsys.readouterr().out
