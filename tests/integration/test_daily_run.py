"""The daily DAG through Airflow itself, beside the monthly one."""

import pytest

from collage_core.layout import keys
from local.airflow_api import AirflowApi
from local.sample.rows import sample_rows
from local.settings import INPUT_BUCKET, OUTPUT_BUCKET
from local.twin import Twin
from tests.support.monthly_run import SECONDS, Run
from tests.support.waiting import eventually

DAG = "cover_collage_daily"
DAYS = ["20261001", "20261002", "20261003"]


@pytest.fixture(scope="module")
def days(twin: Twin, api: AirflowApi) -> list[Run]:
    """The first days of October, backfilled side by side and backwards."""
    api.wait_for_dag(DAG)
    order = {
        "dag_id": DAG,
        "from_date": "2026-10-01T00:00:00Z",
        "to_date": "2026-10-03T00:00:00Z",
        "max_active_runs": 3,
        "run_backwards": True,
        "reprocess_behavior": "none",
    }
    api._request("PATCH", f"dags/{DAG}", json={"is_paused": False})
    made = api._request("POST", "backfills", json=order)
    done = f"backfills/{made['id']}"
    eventually(lambda: api._request("GET", done)["completed_at"], seconds=SECONDS)
    found = api._request("GET", f"dags/{DAG}/dagRuns?order_by=logical_date&run_type=backfill")
    runs = [Run(twin, api, run["dag_run_id"], DAG) for run in found["dag_runs"]]
    for run in runs:
        state = api.wait_for_run(DAG, run.dag_run_id, seconds=SECONDS)["state"]
        assert state == "success", run.logs()
    return runs


def test_each_day_has_its_own_second_csv_and_rows(days: list[Run]) -> None:
    rows = sample_rows(days[0].twin.covers.url)
    assert [str(run.timestamp) for run in days] == [f"{day}_000001" for day in DAYS]
    for run, day in zip(days, DAYS, strict=True):
        assert run.xcom("extract")["csv_key"] == (
            f"csv-files/{run.timestamp.day_path}/update_batch_001.csv"
        )
        of_day = [row for row in rows if f"{row.updated_at:%Y%m%d}" == day]
        assert run.summary["rows"]["total"] == len(of_day)
        assert run.summary["window"]["start"] == f"{day[:4]}-{day[4:6]}-{day[6:]}T00:00:00Z"


def test_the_collages_are_below_their_day_and_the_csv_in_the_archive(days: list[Run]) -> None:
    for run in days:
        made = run.listed(OUTPUT_BUCKET, f"collages/{run.timestamp.day_path}/sqs-trigger/")
        ours = [key for key in made if str(run.timestamp) in key]
        assert len(ours) == run.summary["objects"]["collages"]
        archived = keys.archived_csv(run.xcom("extract")["csv_key"], run.timestamp)
        assert list(run.listed(INPUT_BUCKET, archived)) == [archived]
    assert sum(run.summary["objects"]["collages"] for run in days) > 0


def test_a_window_in_the_conf_of_a_backfill_is_refused_by_its_first_task(
    twin: Twin, api: AirflowApi, days: list[Run]
) -> None:
    del days
    order = {
        "dag_id": DAG,
        "from_date": "2026-09-10T00:00:00Z",
        "to_date": "2026-09-10T00:00:00Z",
        "max_active_runs": 1,
        "reprocess_behavior": "none",
        "dag_run_conf": {"window_start": "2026-10-01", "window_end": "2026-11-01"},
    }
    made = api._request("POST", "backfills", json=order)
    done = f"backfills/{made['id']}"
    eventually(lambda: api._request("GET", done)["completed_at"], seconds=SECONDS)
    found = api._request("GET", f"dags/{DAG}/dagRuns?order_by=logical_date&run_type=backfill")
    run = Run(twin, api, found["dag_runs"][0]["dag_run_id"], DAG)
    assert run.states()["check"] == "failed"
    log = api.log(DAG, run.dag_run_id, "check")
    assert log.count("✗ ") == 1
    assert "are in the conf of a backfill, and would give each of its runs the same covers" in log
