"""Runs of the monthly DAG that are started in other ways, and the windows that they take."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collage_core.aws.s3_store import S3Store
from collage_core.covers.cover_csv import HEADER
from collage_core.layout import keys
from collage_core.run import run as core_run
from collage_core.settings import Settings
from local.airflow_api import AirflowApi
from local.settings import INPUT_BUCKET, OUTPUT_BUCKET
from local.twin import Twin
from tests.support.failures import Where, failure
from tests.support.monthly_run import DAG, SECONDS, Run

REVERSED = {"window_start": "2026-11-01", "window_end": "2026-10-01"}


@pytest.fixture(scope="module")
def runs(twin: Twin, api: AirflowApi) -> dict[str, Run]:
    """Finished runs by how they were started; July has no covers."""
    # The first one unpauses the DAG.
    ids = {"reversed": api.trigger(DAG, REVERSED)}
    now = datetime.now(UTC).replace(microsecond=0)
    orders: dict[str, dict[str, Any]] = {
        "one end": {"conf": {"window_start": "2026-10-01"}},
        "years": {"conf": {"window_start": "2024-10-01", "window_end": "2026-10-01"}},
        "future": {
            # A logical date in the future would make the run, and all after it, wait for it.
            "logical_date": "2026-08-14T12:00:00Z",
            "data_interval_start": "2126-07-01T00:00:00Z",
            "data_interval_end": "2126-08-01T00:00:00Z",
        },
        "logical date": {"logical_date": "2026-08-15T12:00:00Z"},
        "first of a month": {"logical_date": "2026-07-01T00:00:00Z"},
        "no logical date": {},
    }
    # A second for each, an hour ago, when no other test had a run; and a last one half a second
    # after the run before it.
    due = {name: now - timedelta(hours=1, seconds=-number) for number, name in enumerate(orders)}
    orders["same second"] = {}
    due["same second"] = due["no logical date"] + timedelta(seconds=0.5)
    for name, order in orders.items():
        body = {"logical_date": None, "conf": {}, "run_after": due[name].isoformat()} | order
        ids[name] = api._request("POST", f"dags/{DAG}/dagRuns", json=body)["dag_run_id"]
    for dag_run_id in ids.values():
        api.wait_for_run(DAG, dag_run_id, seconds=SECONDS)
    return {name: Run(twin, api, dag_run_id) for name, dag_run_id in ids.items()}


@failure(
    Where.AIRFLOW,
    fault="A manual run is given a window that cannot be meant",
    happens="`check` refuses the run, without a retry",
    sees="`check`: one line with the window and what it must be",
    fix="trigger a new run with another window",
)
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("reversed", "window_end '2026-10-01' is not after window_start '2026-11-01'"),
        ("one end", "window_end is missing: give both ends of the window, or neither"),
        ("years", "at most 366 days fit in one run, split it"),
        ("future", "data_interval_end 2126-08-01 00:00:00+00:00 is in the future"),
    ],
)
def test_an_invalid_window_fails_at_once_with_one_clear_line(
    runs: dict[str, Run], name: str, said: str
) -> None:
    run = runs[name]
    log = run.api.log(DAG, run.dag_run_id, "check")
    assert said in log
    assert log.count("✗ ") == 1
    check = next(t for t in run.api.tasks(DAG, run.dag_run_id) if t["task_id"] == "check")
    assert check["try_number"] == 1
    states = run.states()
    assert states.pop("check") == "failed"
    assert set(states.values()) == {"upstream_failed"}


@failure(
    Where.AIRFLOW,
    fault="Two manual runs are triggered within one second",
    happens="`check` refuses the second one; the first is not touched",
    sees='`check`: "run timestamp … is already taken by run …"',
    fix="trigger a new run",
)
def test_the_second_of_two_runs_in_one_second_is_refused_by_its_first_task(
    runs: dict[str, Run],
) -> None:
    first, second = runs["no logical date"], runs["same second"]
    log = second.api.log(DAG, second.dag_run_id, "check")
    owner = first.xcom("extract")["run_id"]
    assert f"✗ run timestamp {first.timestamp} is already taken by run {owner}" in log
    assert "trigger a new run" in log
    states = second.states()
    assert states.pop("check") == "failed"
    assert set(states.values()) == {"upstream_failed"}


def test_a_run_in_the_place_of_a_month_says_which_month_airflow_will_skip(
    runs: dict[str, Run],
) -> None:
    run = runs["first of a month"]
    assert "Airflow will skip the scheduled run of 2026-07" in run.logs()
    assert "in [2026-06-01 00:00:00, 2026-07-01 00:00:00) UTC" in run.logs()
    assert set(run.states().values()) == {"success"}


def test_a_run_with_a_logical_date_takes_the_month_before_it(runs: dict[str, Run]) -> None:
    assert (
        "✓ Extracted 0 covers of 0 creators in [2026-07-01 00:00:00, 2026-08-01 00:00:00) UTC"
        in (runs["logical date"].logs())
    )


def test_a_run_without_a_logical_date_takes_the_last_whole_month(runs: dict[str, Run]) -> None:
    run = runs["no logical date"]
    due = datetime.fromisoformat(run.api.run(DAG, run.dag_run_id)["run_after"])
    end = due.replace(day=1)
    start = (end - timedelta(days=1)).replace(day=1)
    assert f"in [{start:%Y-%m-%d} 00:00:00, {end:%Y-%m-%d} 00:00:00) UTC to s3://" in run.logs()
    assert set(run.states().values()) == {"success"}


def test_a_run_without_covers_succeeds_and_is_in_the_statistics(
    runs: dict[str, Run],
) -> None:
    run = runs["logical date"]
    assert set(run.states().values()) == {"success"}
    assert run.summary["status"] == "empty"
    assert set(run.summary["rows"].values()) == {0}
    assert run.xcom("dispatch") == {"sent": 0, "done_before": 0}

    result = run.xcom("extract")
    manifest = core_run.Run.open(S3Store(run.twin.aws.s3()), Settings(), result["run_id"]).manifest
    assert (result["rows"], result["chunks"], manifest.chunks) == (0, 0, [])
    assert run.body(INPUT_BUCKET, keys.archived_csv(result["csv_key"], run.timestamp)) == HEADER

    day = run.document(OUTPUT_BUCKET, keys.daily_stats(run.timestamp))
    assert result["run_id"] in day["run_ids"]
    logged = run.document(OUTPUT_BUCKET, keys.processing_log(run.timestamp))["runs"]
    assert [entry["status"] for entry in logged if entry["run_id"] == result["run_id"]] == ["empty"]
    month = run.document(OUTPUT_BUCKET, keys.monthly_report(run.timestamp))
    assert day["day"] in [entry["day"] for entry in month["days"]]
