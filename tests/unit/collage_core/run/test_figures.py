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
from collage_core.contract.usage import Usage
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


def of(books: Books) -> Receipt:
    """A receipt of a release that did not count what it used."""
    return replace(RECEIPTS[0], books=books)


def cost(*receipts: Receipt, settings: Settings | None = None) -> Cost:
    return cost_of_run(MANIFEST, receipts, settings or Settings(), memory_mb=1024)


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
    found = cost(*RECEIPTS)
    assert found.planned_usd == round(planned.dollars, 6)
    assert found.planned_seconds == round(planned.lambda_seconds, 3)


USAGE = Usage(
    invocations=2,
    milliseconds=600_000,
    memory_mb=2048,
    architecture="arm64",
    puts=3000,
    lists=1000,
    gets=10_000,
    queue_requests=6000,
)


def test_the_counted_cost_is_what_the_receipts_say_that_was_used() -> None:
    half = replace(USAGE, milliseconds=300_000, architecture="x86_64")
    found = cost(replace(RECEIPTS[0], usage=USAGE), replace(RECEIPTS[1], usage=half))
    work = found.counted
    assert work is not None
    assert (work.chunks, work.invocations, work.seconds) == (2, 4, 900.0)
    assert (work.puts, work.lists, work.gets, work.queue_requests) == (6000, 2000, 20_000, 12_000)
    of_time = 1200 * 0.0000133334 + 600 * 0.0000166667
    assert work.lambda_usd == pytest.approx(of_time + 4 * 0.2e-6, abs=1e-6)
    assert work.s3_usd == pytest.approx(8 * 0.005 + 20 * 0.0004)
    assert work.sqs_usd == pytest.approx(0.0048)
    assert found.counted_usd == work.usd == round(work.lambda_usd + work.s3_usd + 0.0048, 6)


def test_what_one_chunk_did_not_count_is_added_from_its_books() -> None:
    counted, books = replace(RECEIPTS[0], usage=USAGE), Books(seconds={"total": 3600})
    mixed = cost(counted, of(books))
    assert mixed.counted == cost(counted).counted
    assert mixed.counted_usd == pytest.approx(
        cost(counted).counted_usd + cost(of(books)).counted_usd, abs=2e-6
    )


def test_receipts_that_count_nothing_cost_their_seconds_objects_and_requests() -> None:
    none = cost(of(Books())).counted_usd
    hour = cost(of(Books(seconds={"total": 3600})))
    assert hour.counted is None
    assert hour.counted_usd - none == pytest.approx(3600 * 0.0000133334, abs=2e-6)
    thousand = of(
        Books(creators=CreatorCounts(1000, 1000), objects=ObjectCounts(1000, 1000, 10**9))
    )
    four_puts_each = cost(thousand).counted_usd - none
    assert four_puts_each == pytest.approx(4000 * 0.005 / 1000, abs=2e-6)
    no_copies = Settings(by_creator_copies=False)
    three_puts_each = cost(thousand, settings=no_copies).counted_usd - none
    assert three_puts_each == pytest.approx(3000 * 0.005 / 1000, abs=2e-6)


def test_a_run_without_chunks_costs_nothing() -> None:
    nothing = cost_of_run(plan([]), [], Settings(), memory_mb=1769)
    assert nothing == Cost(0.0, 0.0, 0.0)


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
