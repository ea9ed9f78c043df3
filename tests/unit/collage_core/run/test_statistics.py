import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from collage_core.contract.books import Books, RowCounts
from collage_core.contract.document import to_json
from collage_core.contract.reading import read
from collage_core.contract.summary import RunSummary
from collage_core.run.statistics import daily_stats, monthly_report, processing_log
from tests.support.runs import summary
from tests.support.strategies import balanced_books

october_runs = st.lists(
    st.tuples(st.integers(1, 31), st.integers(0, 23), balanced_books()), max_size=10
).map(
    lambda runs: [
        summary(f"run-{number}", f"202610{day:02d}_{hour:02d}0000", books)
        for number, (day, hour, books) in enumerate(runs)
    ]
)

SEPTEMBER = summary("run-s", "20260930_235959", Books(rows=RowCounts(total=1, placed=1)))
OCTOBER = summary("run-o", "20261001_000000", Books(rows=RowCounts(total=2, placed=2)))


def as_read_back(document: Struct) -> Any:
    return json.loads(json.dumps(to_json(document)))


@pytest.mark.thorough
@given(october_runs)
def test_a_month_is_the_sum_of_its_days_and_the_sum_of_its_runs_exactly(
    runs: list[RunSummary],
) -> None:
    report = as_read_back(monthly_report("202610", runs))
    days = Books.total(read(day, Books) for day in report["days"])
    assert read(report, Books) == days == Books.total(run.books for run in runs)


@pytest.mark.thorough
@given(october_runs, st.randoms(use_true_random=False))
def test_reports_do_not_depend_on_the_order_of_summaries(
    runs: list[RunSummary], shuffler: random.Random
) -> None:
    shuffled = runs.copy()
    shuffler.shuffle(shuffled)
    assert json.dumps(to_json(monthly_report("202610", shuffled))) == json.dumps(
        to_json(monthly_report("202610", runs))
    )
    for day in ("20261001", "20261015"):
        assert daily_stats(day, shuffled) == daily_stats(day, runs)
        assert processing_log(day, shuffled) == processing_log(day, runs)


@pytest.mark.thorough
@given(october_runs)
def test_the_days_of_a_report_are_the_daily_statistics(runs: list[RunSummary]) -> None:
    report = as_read_back(monthly_report("202610", runs))
    assert report["days"] == [as_read_back(daily_stats(day["day"], runs)) for day in report["days"]]
    assert [run_id for day in report["days"] for run_id in day["run_ids"]] == [
        run.run_id for run in sorted(runs, key=lambda run: (run.run_timestamp, run.run_id))
    ]


def test_a_run_counts_in_the_day_and_month_of_its_timestamp_and_in_no_other() -> None:
    both = [SEPTEMBER, OCTOBER]
    assert to_json(monthly_report("202609", both))["rows"]["total"] == 1
    assert to_json(monthly_report("202610", both))["rows"]["total"] == 2
    assert to_json(daily_stats("20260930", both))["run_ids"] == ["run-s"]
    assert [run["run_id"] for run in to_json(processing_log("20261001", both))["runs"]] == ["run-o"]


def test_a_month_without_runs_has_empty_books() -> None:
    report = as_read_back(monthly_report("202610", [SEPTEMBER]))
    assert (report["runs"], report["days"]) == (0, [])
    assert read(report, Books) == Books()


def test_every_document_says_its_schema_version_and_what_it_is_about() -> None:
    assert to_json(daily_stats("20261001", []))["schema_version"] == 1
    assert to_json(processing_log("20261001", []))["day"] == "20261001"
    assert to_json(monthly_report("202610", []))["month"] == "202610"


def test_the_log_tells_each_run_with_its_status_and_source() -> None:
    (entry,) = to_json(processing_log("20261001", [OCTOBER]))["runs"]
    assert entry["status"] == "complete"
    assert entry["source"]["key"] == OCTOBER.source.key
    assert "rejected" not in entry
    assert entry["rows"]["placed"] == 2
