from datetime import UTC, datetime

import pytest
from hypothesis import given

from collage_core.contract.books import Books
from collage_core.contract.summary import RunSummary
from collage_core.run.statistics import monthly_report
from collage_core.views.compared_months import MOST_HOSTS, Change, ComparedMonths, compare_months
from collage_core.views.months import Month, read_months
from tests.support.closed_months import DROPPED, OCTOBER, SEPTEMBER, SETTINGS, books, close, figures
from tests.support.memory_store import MemoryStore
from tests.support.runs import summary
from tests.support.strategies import balanced_books


def month(name: str, *runs: RunSummary) -> Month:
    return Month(name, "20261129", monthly_report(name, runs) if runs else None)


def compared(*runs: RunSummary) -> ComparedMonths:
    september = [run for run in runs if run.run_timestamp.month == "202609"]
    october = [run for run in runs if run.run_timestamp.month == "202610"]
    return compare_months(month("202609", *september), month("202610", *october))


def named(changes: object) -> dict[str, Change]:
    return {change.what: change for change in changes}  # type: ignore[attr-defined]


def test_two_months_differ_by_numbers_and_percent() -> None:
    found = named(compared(SEPTEMBER, OCTOBER, DROPPED).figures)
    placed = found["covers placed"]
    assert (placed.before, placed.after, placed.difference) == (800, 1030, 230)
    assert placed.relative == pytest.approx(0.2875)
    share = found["share placed of the covers that were asked for"]
    assert share.difference == pytest.approx(1030 / 1100 - 0.8)
    assert share.relative is None
    assert found["counted cost"].difference == pytest.approx(0.26)
    assert found["runs"].relative == 1.0


def test_nothing_is_divided_by_zero() -> None:
    found = named(compared(SEPTEMBER, OCTOBER).figures)["rows rejected"]
    assert (found.before, found.after, found.difference, found.relative) == (0, 4, 4, None)


def test_a_month_without_a_report_has_no_figures_and_no_differences() -> None:
    found = compared(OCTOBER)
    assert {change.before for change in found.figures} == {None}
    assert {change.difference for change in found.figures} == {None}
    assert {change.relative for change in found.figures} == {None}
    assert [(each.what, each.before, each.after) for each in found.reasons] == [
        ("http_404", None, 60),
        ("invalid_url", None, 4),
    ]
    assert compared().reasons == []


def test_a_reason_that_a_month_does_not_have_is_zero() -> None:
    found = named(compared(SEPTEMBER, OCTOBER, DROPPED).reasons)
    assert list(found) == ["http_404", "timeout", "invalid_url"]
    assert (found["timeout"].before, found["timeout"].after) == (0, 10)


def test_a_host_is_zero_only_if_all_hosts_are_known() -> None:
    found = named(compared(SEPTEMBER, OCTOBER).hosts)
    assert (found["cdn.example"].before, found["cdn.example"].after) == (200, 0)
    old = summary("old", "20261002_000000", books(placed=1, failed=5))
    found = named(compared(SEPTEMBER, OCTOBER, old).hosts)
    assert (found["cdn.example"].before, found["cdn.example"].after) == (200, None)


def test_the_worst_hosts_are_compared() -> None:
    runs = [
        summary(
            f"run-{number}",
            f"20260901_0001{number:02d}",
            books(placed=1, failed=number + 1),
            figures=figures(failed=number + 1, host=f"h{number}.example"),
        )
        for number in range(30)
    ]
    found = compared(*runs, OCTOBER).hosts
    assert len(found) == MOST_HOSTS
    assert found[0].what == "img.example"
    assert found[1].what == "h29.example"


def test_what_a_release_did_not_count_is_not_known() -> None:
    old = summary("old", "20260901_000000", books(placed=10, counted=False))
    found = named(compared(old, OCTOBER).figures)
    for name in ("covers fetched from their hosts", "counted cost", "time of a chunk, median"):
        assert found[name].before is None
        assert found[name].difference is None
        assert found[name].after is not None


@given(balanced_books(), balanced_books())
def test_the_difference_leads_from_one_month_to_the_other(old: Books, new: Books) -> None:
    found = compared(summary("old", "20260901_000000", old), summary("new", "20261001_000000", new))
    for change in (*found.figures, *found.reasons):
        if change.difference is not None:
            assert change.before is not None
            assert change.before + change.difference == pytest.approx(change.after)


def test_a_month_that_cannot_be_read_is_like_one_without_a_report() -> None:
    store = MemoryStore()
    close(store, SEPTEMBER, OCTOBER)
    for key in list(store.list_keys(SETTINGS.output_bucket, "results/statistics/monthly_report")):
        store.put(SETTINGS.output_bucket, key, b"{", content_type="application/json")
    before, after = read_months(
        store, SETTINGS, ["202609", "202610"], now=datetime(2026, 11, 29, tzinfo=UTC)
    )
    found = compare_months(before, after)
    assert {change.difference for change in found.figures} == {None}
