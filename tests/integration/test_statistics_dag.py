"""The DAG of the statistics in Airflow itself: every day, and after a run of collages."""

from functools import partial
from typing import Any

import pytest

from collage_core.aws.s3_store import S3Store
from collage_core.layout import keys
from collage_core.run.months import first_second
from collage_core.run.summaries import write_summary
from collage_core.settings import Settings
from local.airflow_api import AirflowApi
from local.sample.rows import MAIN_MONTH
from local.settings import OUTPUT_BUCKET
from local.twin import Twin
from tests.support.monthly_run import DAG, SECONDS, Run
from tests.support.runs import summary
from tests.support.waiting import eventually

STATISTICS = "cover_collage_statistics"
START, END = MAIN_MONTH
WINDOW = {"window_start": f"{START:%Y-%m-%d}", "window_end": f"{END:%Y-%m-%d}"}
UPLOAD = summary("upload", "20260214_083000")
"""A run that began outside of Airflow, and died before its statistics."""


def runs_of(api: AirflowApi, run_type: str) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = api._request("GET", f"dags/{STATISTICS}/dagRuns")["dag_runs"]
    return [run for run in runs if run["run_type"] == run_type]


@pytest.fixture(scope="module")
def daily(twin: Twin, api: AirflowApi) -> dict[str, Any]:
    """The run of the schedule, which begins as soon as the DAG is switched on."""
    write_summary(S3Store(twin.aws.s3()), Settings(), UPLOAD)
    api.wait_for_dag(STATISTICS)
    api._request("PATCH", f"dags/{STATISTICS}", json={"is_paused": False})
    (run,) = eventually(partial(runs_of, api, "scheduled"), seconds=60)
    return api.wait_for_run(STATISTICS, run["dag_run_id"], seconds=SECONDS)


@pytest.fixture(scope="module")
def october(twin: Twin, api: AirflowApi, daily: dict[str, Any]) -> Run:
    """A manual run of the sample's main month."""
    assert daily
    run = Run(twin, api, api.trigger(DAG, WINDOW))
    assert api.wait_for_run(DAG, run.dag_run_id, seconds=SECONDS)["state"] == "success"
    return run


@pytest.fixture(scope="module")
def after_october(api: AirflowApi, october: Run) -> dict[str, Any]:
    """The run of the statistics that the asset has started."""
    assert october
    (run,) = eventually(partial(runs_of, api, "asset_triggered"), seconds=60)
    return api.wait_for_run(STATISTICS, run["dag_run_id"], seconds=SECONDS)


def test_a_run_that_began_outside_of_airflow_is_counted_by_the_daily_run(
    twin: Twin, daily: dict[str, Any]
) -> None:
    assert daily["state"] == "success"
    run = Run(twin, twin.airflow_api(), "")
    day = run.document(OUTPUT_BUCKET, keys.daily_stats(UPLOAD.run_timestamp))
    assert day["run_ids"] == ["upload"]


def test_a_run_of_collages_starts_the_statistics_with_an_event_that_says_what_it_did(
    api: AirflowApi, october: Run, after_october: dict[str, Any]
) -> None:
    assert after_october["state"] == "success"
    path = f"dags/{STATISTICS}/dagRuns/{after_october['dag_run_id']}/upstreamAssetEvents"
    (event,) = api._request("GET", path)["asset_events"]
    extra = event["extra"]
    assert extra["run_id"] == october.summary["run_id"]
    assert extra["rows"] == october.summary["rows"]
    assert extra["window"] == {"start": f"{START:%F}T00:00:00Z", "end": f"{END:%F}T00:00:00Z"}
    assert october.body(extra["input_bucket"], extra["csv_key"]).startswith(b"creator_name")
    listed = october.listed(extra["output_bucket"], extra["collages_prefix"])
    assert len(listed) >= october.summary["objects"]["collages"]


def test_the_run_counts_in_the_month_of_its_covers_with_its_hosts_and_its_cost(
    october: Run, after_october: dict[str, Any]
) -> None:
    assert after_october["state"] == "success"
    report = october.document(OUTPUT_BUCKET, keys.covers_report(first_second(f"{START:%Y%m}")))
    run_id = october.summary["run_id"]
    assert run_id in [run["run_id"] for run in (*report["runs"], *report["left_out"])]
    assert report["rows"] == october.summary["rows"]  # the same rows, whichever run counts
    assert report["gaps"] == []
    hosts = report["figures"]["failed_hosts"]
    failed = sum(host["covers"] for host in hosts["hosts"]) + hosts["other"]
    assert failed == report["rows"]["failed"] > 0
    assert hosts["other"] == 0
    assert report["figures"]["chunk_seconds"]["p95"] > 0
    cost = report["figures"]["cost"]
    assert cost["planned_usd"] > 0 < cost["counted_usd"]
