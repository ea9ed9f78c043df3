from datetime import UTC, datetime

import pytest

from collage_core.contract.books import Books
from collage_core.layout import keys
from collage_core.run.months import first_second
from collage_core.views.months import Month, placed_share, read_months, read_year
from tests.support.closed_months import DROPPED, OCTOBER, SEPTEMBER, SETTINGS, books, close
from tests.support.counted_store import CountedStore
from tests.support.runs import summary

NOW = datetime(2026, 11, 29, 15, tzinfo=UTC)
OUTPUT = SETTINGS.output_bucket


@pytest.fixture
def store() -> CountedStore:
    return CountedStore()


def year(store: CountedStore) -> dict[str, Month]:
    return {month.month: month for month in read_year(store, SETTINGS, 2026, now=NOW)}


def test_a_year_has_its_months_with_what_their_reports_say(store: CountedStore) -> None:
    close(store, SEPTEMBER, OCTOBER, DROPPED)
    months = year(store)
    assert list(months) == [f"2026{number:02d}" for number in range(1, 13)]
    october = months["202610"]
    assert october.report is not None
    assert october.report.runs == 2
    assert october.placed_share == pytest.approx(1030 / 1100)
    assert october.failed_share == pytest.approx(70 / 1100)
    assert october.counted_usd == pytest.approx(0.76)
    assert october.state == "partial"
    assert october.is_over


def test_a_month_is_what_all_of_its_runs_together_are(store: CountedStore) -> None:
    close(
        store,
        summary("full", "20260103_000000", books(placed=20)),
        summary("nothing", "20260203_000000", Books()),
        summary("lost", "20260303_000000", books(placed=0, failed=3)),
    )
    states = {name: month.state for name, month in year(store).items()}
    assert states["202601"] == "complete"
    assert states["202602"] == "empty"
    assert states["202603"] == "failed"
    assert states["202604"] == "no_report"
    assert states["202611"] == "no_report"
    assert states["202612"] == "not_begun"


def test_a_month_that_is_not_over_is_told_apart(store: CountedStore) -> None:
    close(store, summary("now", "20261103_000000", books(placed=20)))
    month = year(store)["202611"]
    assert (month.state, month.is_over) == ("complete", False)


def test_a_month_without_covers_has_no_share_and_one_without_figures_no_cost(
    store: CountedStore,
) -> None:
    close(store, summary("nothing", "20260203_000000", Books()))
    february = year(store)["202602"]
    assert (february.placed_share, february.failed_share, february.counted_usd) == (None,) * 3


def test_a_report_that_cannot_be_read_hides_no_other_month(store: CountedStore) -> None:
    close(store, SEPTEMBER, OCTOBER)
    key = keys.monthly_report(first_second("202609"))
    store.put(OUTPUT, key, b'{"schema_version": 7}', content_type="application/json")
    months = year(store)
    assert months["202609"].state == "unreadable"
    assert months["202609"].unreadable is not None
    assert months["202609"].unreadable.key == key
    assert months["202610"].state == "partial"


def test_a_year_takes_a_request_for_each_month_that_has_begun(store: CountedStore) -> None:
    year(store)
    assert (len(store.gets), store.requests) == (11, 11)
    store.forget_requests()
    read_year(store, SETTINGS, 2025, now=NOW)
    assert store.requests == 12
    store.forget_requests()
    read_year(store, SETTINGS, 2027, now=NOW)
    assert store.requests == 0


def test_any_months_can_be_read_in_any_order(store: CountedStore) -> None:
    close(store, SEPTEMBER, OCTOBER)
    found = read_months(store, SETTINGS, ["202610", "202609", "202702"], now=NOW)
    assert [month.month for month in found] == ["202610", "202609", "202702"]
    assert [month.state for month in found] == ["partial", "partial", "not_begun"]


def test_each_day_of_a_month_has_its_figure(store: CountedStore) -> None:
    close(
        store,
        summary("one", "20261103_000000", books(placed=20)),
        summary("two", "20261105_000000", books(placed=30)),
        summary("three", "20261105_120000", books(placed=7)),
    )
    november, october = read_months(store, SETTINGS, ["202611", "202610"], now=NOW)
    placed = november.by_day(lambda day: day.books.rows.placed)
    assert placed == [0, 0, 20, 0, 37, *[0] * 24, None]  # the 29th is today
    share = november.by_day(lambda day: placed_share(day.books), idle=None)
    assert share == [None, None, 1, None, 1, *[None] * 25]
    assert [day[6:] for day in november.days] == [f"{day:02d}" for day in range(1, 31)]
    assert october.by_day(lambda day: day.books.rows.placed) == [None] * 31
