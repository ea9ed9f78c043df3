"""The database's password is shown nowhere, whether a run goes well or not."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager

import MySQLdb
import pytest
from MySQLdb.connections import Connection

from local.airflow_api import AirflowApi
from local.covers_table import DATABASE, READER
from local.mysql import HOST
from local.settings import INPUT_BUCKET
from local.twin import Twin
from tests.support.monthly_run import DAG, SECONDS, Run
from tests.support.waiting import eventually

A_DAY = {"window_start": "2026-10-05", "window_end": "2026-10-06"}


@pytest.fixture(scope="module")
def run(twin: Twin, api: AirflowApi) -> Run:
    """A run that went well, over a day of the sample."""
    run = Run(twin, api, api.trigger(DAG, A_DAY))
    assert api.wait_for_run(DAG, run.dag_run_id, seconds=SECONDS)["state"] == "success"
    return run


def shown(run: Run) -> dict[str, str]:
    """All that Airflow shows of a run, by its path in the API, and all logs of the twin."""
    base = f"dags/{DAG}/dagRuns/{run.dag_run_id}"
    paths = [base]
    for task in run.api.tasks(DAG, run.dag_run_id):
        instance = f"{base}/taskInstances/{task['task_id']}"  # the rendered fields are in there
        xcoms = run.api._request("GET", f"{instance}/xcomEntries")["xcom_entries"]
        paths += [instance, f"{instance}/tries"]
        paths += [f"{instance}/xcomEntries/{entry['key']}" for entry in xcoms]
        paths += [f"{instance}/logs/{number + 1}" for number in range(task["try_number"])]
    texts = {path: json.dumps(run.api._request("GET", path)) for path in paths}
    folder = run.twin.folder
    for log in [*folder.logs.rglob("*"), *(folder.of("airflow") / "logs").rglob("*")]:
        if log.is_file():
            texts[str(log)] = log.read_text(errors="replace")
    return texts


def places_of(secret: str, texts: dict[str, str]) -> list[str]:
    return [place for place, text in texts.items() if secret in text]


def test_a_run_that_goes_well_shows_its_sql_and_what_it_did_but_no_password(run: Run) -> None:
    texts = shown(run)
    base = f"dags/{DAG}/dagRuns/{run.dag_run_id}/taskInstances"
    for task_id in ("check", "extract"):
        rendered = json.loads(texts[f"{base}/{task_id}"])["rendered_fields"]["sql"]
        assert "FROM `covers` AS c" in rendered
    assert "run_id" in texts[f"{base}/extract/xcomEntries/return_value"]
    assert "Checked 1 database" in texts[f"{base}/check/logs/1"]
    assert places_of(run.twin.mysql.reader_password, texts) == []


def test_a_wrong_password_is_an_error_that_shows_neither_it_nor_the_right_one(
    twin: Twin, api: AirflowApi
) -> None:
    right, other = twin.mysql.reader_password, "another password"
    with password_of_the_reader(twin, other):
        failed = Run(twin, api, api.trigger(DAG, A_DAY))
        assert api.wait_for_run(DAG, failed.dag_run_id, seconds=SECONDS)["state"] == "failed"
    texts = shown(failed)
    assert "set the right login and password in the connection" in api.log(
        DAG, failed.dag_run_id, "check"
    )
    assert failed.states()["check"] == "failed"
    assert places_of(right, texts) == places_of(other, texts) == []


@contextmanager
def password_of_the_reader(twin: Twin, password: str) -> Iterator[None]:
    """For a while, the reader's password on the server differs from the one in Airflow."""
    with closing(reader(twin)) as connection:
        cursor = connection.cursor()
        cursor.execute("SET PASSWORD = PASSWORD(%s)", [password])
        try:
            yield
        finally:
            cursor.execute("SET PASSWORD = PASSWORD(%s)", [twin.mysql.reader_password])


def reader(twin: Twin) -> Connection:
    return MySQLdb.connect(
        host=HOST,
        port=twin.mysql.port,
        user=READER,
        password=twin.mysql.reader_password,
        database=DATABASE,
    )


def test_a_connection_that_is_killed_is_an_error_without_the_password(run: Run) -> None:
    # With its CSV in the archive the run is finished, and extract would not ask the database.
    run.twin.aws.s3().delete_object(Bucket=INPUT_BUCKET, Key=run.xcom("archive"))
    with closing(run.twin.mysql.connect()) as owner:
        owner.cursor().execute("LOCK TABLES covers WRITE")  # extract will wait for it
        order = {"dag_run_id": run.dag_run_id, "task_ids": ["extract"], "dry_run": False}
        order |= {"only_failed": False}
        run.api._request("POST", f"dags/{DAG}/clearTaskInstances", json=order)
        kill_a_query_that_waits(run.twin)
        eventually(lambda: run.states()["extract"] == "up_for_retry", seconds=SECONDS)
    path = f"dags/{DAG}/dagRuns/{run.dag_run_id}"
    run.api._request("PATCH", path, json={"state": "failed"})  # the next try would go well
    texts = shown(run)
    assert "OperationalError" in texts[f"{path}/taskInstances/extract/logs/2"]
    assert places_of(run.twin.mysql.reader_password, texts) == []


def kill_a_query_that_waits(twin: Twin) -> None:
    with closing(reader(twin)) as connection:
        cursor = connection.cursor()

        def waiting() -> list[int]:
            cursor.execute("SHOW PROCESSLIST")
            return [row[0] for row in cursor.fetchall() if "metadata lock" in str(row[6])]

        cursor.execute(f"KILL {eventually(waiting, seconds=SECONDS)[0]}")
