"""A run whose triggerer is dead: the scheduler ends the wait, and the task says why."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from collage_airflow.operators.deferrable_operator import TRIGGERER_SLACK
from collage_core.aws.s3_store import S3Store
from collage_core.layout import keys
from collage_core.run import run as core_run
from collage_core.settings import Settings
from local.airflow_api import AirflowApi
from local.sample.rows import EARLIER_MONTH
from local.settings import TEMP_BUCKET
from local.twin import Twin
from tests.support.failures import Where, failure
from tests.support.monthly_run import DAG, SECONDS, Run
from tests.support.stopped import stopped
from tests.support.waiting import eventually
from tests.support.workers import no_work

START, END = EARLIER_MONTH
WINDOW = {"window_start": f"{START:%Y-%m-%d}", "window_end": f"{END:%Y-%m-%d}"}
WAIT = timedelta(hours=12)


@pytest.fixture
def no_triggerer(twin: Twin) -> Iterator[None]:
    with stopped(twin, "airflow-triggerer"):
        yield


def state_of_wait(run: Run) -> str:
    return run.states()["wait"]


def deadlines(run: Run) -> list[datetime]:
    """What the task remembers from try to try, in the order in which it was written."""
    path = f"dags/{DAG}/dagRuns/{run.dag_run_id}/taskInstances/wait/state-store"
    kept = run.api._request("GET", path)["task_state_store"]
    return [
        datetime.fromisoformat(entry["value"])
        for entry in sorted(kept, key=lambda entry: str(entry["key"]))
    ]


SELECT_END = "SELECT trigger_timeout FROM task_instance WHERE state = 'deferred'"
SET_END = "UPDATE task_instance SET trigger_timeout = now() WHERE state = 'deferred'"


def let_the_time_pass(run: Run) -> timedelta:
    """Put the end of the only deferral into the past; returns how far it was in the future."""
    engine = create_engine(run.twin.postgres.sqlalchemy_url)
    with engine.begin() as connection:
        end: datetime = connection.execute(text(SELECT_END)).scalar_one()
        connection.execute(text(SET_END))
    engine.dispose()
    return end - datetime.now(UTC)


@failure(
    Where.AIRFLOW,
    fault="No triggerer is alive",
    happens="The scheduler ends the deferral; workers go on meanwhile",
    sees='`wait`: "see that one is alive (`airflow triggerer`"',
    fix="start one, then clear `wait`",
)
@pytest.mark.usefixtures("no_triggerer")
def test_without_a_triggerer_wait_names_the_fix_and_succeeds_later(
    twin: Twin, api: AirflowApi
) -> None:
    with no_work(twin):  # quick workers would be done before `wait` looks
        run = Run(twin, api, api.trigger(DAG, WINDOW))
        eventually(lambda: state_of_wait(run) == "deferred", seconds=SECONDS)
    store = S3Store(twin.aws.s3())
    manifest = core_run.Run.open(store, Settings(), run.xcom("extract")["run_id"]).manifest
    receipts = [keys.receipt(manifest.run_id, chunk.chunk_id) for chunk in manifest.chunks]
    eventually(lambda: all(store.head(TEMP_BUCKET, key) for key in receipts))
    held_back = store.get(TEMP_BUCKET, receipts[0])
    assert held_back is not None
    store.delete_keys(TEMP_BUCKET, receipts[:1])

    assert WAIT < let_the_time_pass(run) < WAIT + 2 * TRIGGERER_SLACK
    assert api.wait_for_run(DAG, run.dag_run_id, seconds=SECONDS)["state"] == "failed"
    log = run.api.log(DAG, run.dag_run_id, "wait")
    assert f"have no receipt after 12:00:00: {manifest.chunks[0].chunk_id}. Look for" in log
    assert "see that one is alive (`airflow triggerer`" in log

    again = {"dag_run_id": run.dag_run_id, "task_ids": ["wait"], "only_failed": False}
    options = {"dry_run": False, "include_downstream": True}
    api._request("POST", f"dags/{DAG}/clearTaskInstances", json=again | options)
    eventually(lambda: state_of_wait(run) == "deferred", seconds=SECONDS)
    first, second = deadlines(run)
    assert first < second  # cleared, it has all of its time again

    store.put(TEMP_BUCKET, receipts[0], held_back.body, content_type="application/json")
    let_the_time_pass(run)
    assert api.wait_for_run(DAG, run.dag_run_id, seconds=SECONDS)["state"] == "success"
