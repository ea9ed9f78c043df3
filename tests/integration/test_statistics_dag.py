"""The DAG of the statistics in Airflow itself: every day, and after runs of collages."""

from collections import Counter
from typing import Any

import pytest

from collage_core.layout import keys
from collage_core.run.months import first_second
from local.airflow_api import AirflowApi
from local.sample.rows import EARLIER_MONTH, MAIN_MONTH
from local.settings import OUTPUT_BUCKET
from tests.support.every_dag import STATISTICS, UPLOAD, EveryDag, consumed_events
from tests.support.monthly_run import Run

START, END = MAIN_MONTH


@pytest.fixture(scope="module")
def october(every_dag: EveryDag) -> Run:
    """The monthly DAG's run of the sample's main month."""
    return every_dag.months[-1]


@pytest.fixture(scope="module")
def events(api: AirflowApi, every_dag: EveryDag) -> list[dict[str, Any]]:
    """The events that have started runs of the statistics."""
    assert every_dag.published
    return consumed_events(api)


def covers_report(run: Run, month: str) -> Any:
    return run.document(OUTPUT_BUCKET, keys.covers_report(first_second(month)))


def test_a_run_that_began_outside_of_airflow_is_counted_by_the_daily_run(
    every_dag: EveryDag,
) -> None:
    run = every_dag.scheduled[STATISTICS]
    assert "202602" in run.xcom("rebuild")["months"]
    day = run.document(OUTPUT_BUCKET, keys.daily_stats(UPLOAD.run_timestamp))
    assert day["run_ids"] == ["upload"]


def test_each_run_of_collages_starts_the_statistics_once_however_many_end_together(
    every_dag: EveryDag, events: list[dict[str, Any]]
) -> None:
    told = Counter((event["source_dag_id"], event["source_run_id"]) for event in events)
    for run in every_dag.published:
        assert told[run.dag_id, run.dag_run_id] == 1, run.dag_run_id


def test_an_event_says_what_its_run_did_and_where_it_is(
    october: Run, events: list[dict[str, Any]]
) -> None:
    (event,) = (event for event in events if event["source_run_id"] == october.dag_run_id)
    extra = event["extra"]
    assert extra["run_id"] == october.summary["run_id"]
    assert extra["rows"] == october.summary["rows"]
    assert extra["window"] == {"start": f"{START:%F}T00:00:00Z", "end": f"{END:%F}T00:00:00Z"}
    assert october.body(extra["input_bucket"], extra["csv_key"]).startswith(b"creator_name")
    listed = october.listed(extra["output_bucket"], extra["collages_prefix"])
    assert len(listed) >= october.summary["objects"]["collages"]


def test_three_runs_of_a_month_count_once_in_the_month_of_their_covers(
    every_dag: EveryDag,
) -> None:
    september = every_dag.months[1]
    runs = [september, every_dag.manual["september"], every_dag.by_command]
    report = covers_report(september, f"{EARLIER_MONTH[0]:%Y%m}")
    assert report["rows"] == september.summary["rows"]  # the same rows, whichever run counts
    assert len(report["runs"]) == 1
    named = [run["run_id"] for run in (*report["runs"], *report["left_out"])]
    assert {run.summary["run_id"] for run in runs} <= set(named)
    assert report["gaps"] == []


def test_a_month_and_its_days_count_once_with_their_hosts_and_their_cost(
    every_dag: EveryDag, october: Run
) -> None:
    report = covers_report(october, f"{START:%Y%m}")
    named = [run["run_id"] for run in (*report["runs"], *report["left_out"])]
    assert {run.summary["run_id"] for run in (october, *every_dag.days)} <= set(named)
    assert report["rows"] == october.summary["rows"]
    assert report["gaps"] == []
    hosts = report["figures"]["failed_hosts"]
    failed = sum(host["covers"] for host in hosts["hosts"]) + hosts["other"]
    assert failed == report["rows"]["failed"] > 0
    assert hosts["other"] == 0
    assert report["figures"]["chunk_seconds"]["p95"] > 0
    cost = report["figures"]["cost"]
    assert cost["planned_usd"] > 0 < cost["counted_usd"]


def test_the_report_of_a_month_is_the_sum_of_its_runs(every_dag: EveryDag, october: Run) -> None:
    report = october.document(OUTPUT_BUCKET, keys.monthly_report(october.timestamp))
    runs = [october, *every_dag.days]
    for name, count in report["rows"].items():
        assert count == sum(run.summary["rows"][name] for run in runs), name
