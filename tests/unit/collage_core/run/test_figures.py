import random
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from collage_core.contract.books import Books, CreatorCounts, ObjectCounts, RowCounts
from collage_core.contract.figures import Cost, FailedHosts, HostFailures
from collage_core.contract.receipt import Receipt
from collage_core.contract.summary import RunSummary
from collage_core.run.estimate import estimate
from collage_core.run.figures import cost_of_run, figures_of_period, figures_of_run
from collage_core.run.statistics import daily_stats, monthly_report
from collage_core.settings import Settings
from tests.support.runs import plan, run, summary
from tests.support.strategies import balanced_books, run_figures

MANIFEST, RECEIPTS = run([{"ana": 3, "bo": 2}, {"cy": 4}])


def failing(receipt: Receipt, hosts: dict[str, int], *, seconds: float) -> Receipt:
    """The same receipt, whose failed covers are at these hosts."""
    failed = sum(hosts.values())
    total = receipt.books.rows.total
    rows = RowCounts(total=total, placed=total - failed, failed=failed)
    books = replace(receipt.books, rows=rows, seconds={"total": seconds})
    return replace(receipt, books=books, failed_hosts=hosts or None)


def test_a_run_names_its_failing_hosts_over_all_chunks() -> None:
    receipts = [
        failing(RECEIPTS[0], {"a.example": 2, "b.example": 1}, seconds=2.0),
        failing(RECEIPTS[1], {"b.example": 2}, seconds=8.0),
    ]
    figures = figures_of_run(receipts, None)
    assert figures.failed_hosts == FailedHosts(
        [HostFailures("b.example", 3), HostFailures("a.example", 2)], 0
    )
    assert figures.chunk_seconds.values == [(2.0, 1), (8.0, 1)]
    assert figures.covers_per_second.values == [(0.5, 1), (2.5, 1)]


def test_failed_covers_of_a_worker_that_counted_no_hosts_are_others() -> None:
    old = replace(failing(RECEIPTS[0], {"a.example": 2}, seconds=2.0), failed_hosts=None)
    assert figures_of_run([old], None).failed_hosts == FailedHosts([], 2)


def test_a_chunk_that_fetched_nothing_has_no_throughput() -> None:
    idle = replace(RECEIPTS[0], books=Books(seconds={"total": 0.2}))
    figures = figures_of_run([idle], None)
    assert (figures.chunk_seconds.values, figures.covers_per_second.values) == ([(0.2, 1)], [])


# --- cost


def cost(books: Books, settings: Settings | None = None) -> Cost:
    return cost_of_run(MANIFEST, books, settings or Settings(), memory_mb=1024)


def test_the_planned_cost_is_that_of_the_plan() -> None:
    planned = estimate(
        rows=9,
        creators=3,
        chunks=2,
        covers_per_creator=35,
        downloads=8,
        concurrency=10,
        memory_mb=1024,
    )
    assert cost(Books()).planned_usd == round(planned.dollars, 6)


def test_the_counted_cost_is_of_the_measured_seconds_the_objects_and_the_requests() -> None:
    none = cost(Books()).counted_usd
    hour = cost(Books(seconds={"total": 3600})).counted_usd
    assert hour - none == pytest.approx(3600 * 0.0000133334, abs=2e-6)
    thousand = Books(creators=CreatorCounts(1000, 1000), objects=ObjectCounts(1000, 1000, 10**9))
    four_puts_each = cost(thousand).counted_usd - none
    assert four_puts_each == pytest.approx(4000 * 0.005 / 1000, abs=2e-6)
    without_copies = cost(thousand, Settings(by_creator_copies=False)).counted_usd - none
    assert without_copies == pytest.approx(3000 * 0.005 / 1000, abs=2e-6)


def test_a_run_without_chunks_costs_nothing() -> None:
    nothing = cost_of_run(plan([]), Books(), Settings(), memory_mb=1769)
    assert nothing == Cost(0.0, 0.0)


# --- a period


october_runs = st.lists(
    st.tuples(st.integers(1, 28), balanced_books(), st.none() | run_figures), max_size=8
).map(
    lambda runs: [
        summary(f"run-{number}", f"202610{day:02d}_{number:02d}0000", books, figures=figures)
        for number, (day, books, figures) in enumerate(runs)
    ]
)


@pytest.mark.thorough
@given(october_runs, st.randoms(use_true_random=False))
def test_the_figures_of_a_month_do_not_depend_on_the_order_of_its_runs(
    runs: list[RunSummary], shuffler: random.Random
) -> None:
    figures = figures_of_period(runs)
    shuffler.shuffle(runs)
    assert figures_of_period(runs) == figures


@pytest.mark.thorough
@given(october_runs)
def test_hosts_and_costs_of_a_month_are_the_sum_of_its_days(runs: list[RunSummary]) -> None:
    report = monthly_report("202610", runs)
    by_day = groupby(
        sorted(runs, key=lambda run: run.run_timestamp), lambda run: run.run_timestamp.day
    )
    days = [daily_stats(day, list(some)) for day, some in by_day]
    assert report.days == days
    with_figures = [day.figures for day in days if day.figures is not None]
    if report.figures is None:
        assert not with_figures
        return
    without = sum(day.books.rows.failed for day in days if day.figures is None)
    hosts = FailedHosts.total(figures.failed_hosts for figures in with_figures)
    assert report.figures.failed_hosts == replace(hosts, other=hosts.other + without)
    assert report.figures.runs == sum(figures.runs for figures in with_figures)
    costs = [figures.cost for figures in with_figures if figures.cost is not None]
    assert report.figures.cost == (Cost.total(costs) if costs else None)


def test_success_rates_are_of_the_covers_that_were_tried_and_of_the_creators() -> None:
    books = Books(
        rows=RowCounts(total=10, placed=5, failed=1, duplicate=1, rejected=3),
        creators=CreatorCounts(total=3, complete=2, failed=1),
    )
    figures = figures_of_period(
        [summary("r", "20261001_000000", books, figures=figures_of_run([], None))]
    )
    assert figures is not None
    assert (figures.placed_share, figures.complete_share) == (0.8333, 0.6667)


def test_a_period_of_runs_that_counted_no_figures_has_none() -> None:
    old = summary("old", "20261001_000000", Books(rows=RowCounts(total=1, failed=1)))
    assert figures_of_period([old]) is None
    new = summary("new", "20261001_000001", Books(), figures=figures_of_run([], None))
    figures = figures_of_period([old, new])
    assert figures is not None
    assert (figures.runs, figures.failed_hosts) == (1, FailedHosts([], 1))
    assert (figures.chunk_seconds, figures.cost, figures.complete_share) == (None, None, None)
