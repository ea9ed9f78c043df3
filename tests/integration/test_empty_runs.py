"""Runs without covers: what they say, what they leave, and that they are read again."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import moto
import pytest

from collage_airflow.database.covers_table import CoversTable
from collage_airflow.operators.archive import ArchiveOperator
from collage_airflow.operators.empty_window import EmptyWindowError
from collage_airflow.operators.extract import ExtractOperator
from collage_core.covers.cover_csv import HEADER
from collage_core.settings import Settings
from tests.support.covers_sql import rendered_task
from tests.support.dag_runs import dag_run
from tests.support.database_server import DatabaseServer
from tests.support.failures import Where, failure
from tests.support.read_only import execute

SETTINGS = Settings()
COVERS = CoversTable(updated_at="create_time", updated_at_holds="unix_seconds")
WRONG = replace(COVERS, updated_at_holds="unix_milliseconds")
OCTOBER_14, JANUARY_1 = 1791966600, 1767225600


@pytest.fixture(autouse=True)
def world(server: DatabaseServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty table, and empty buckets."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv(
        "AIRFLOW_CONN_AWS_DEFAULT", '{"conn_type": "aws", "login": "testing", "password": "open"}'
    )
    execute(
        server,
        [
            "DROP TABLE IF EXISTS covers",
            (
                "CREATE TABLE covers (id INT AUTO_INCREMENT PRIMARY KEY, creator_name VARCHAR(99), "
                "cover_url VARCHAR(99), create_time BIGINT, KEY (create_time))"
            ),
        ],
    )
    with moto.mock_aws():
        for bucket in (SETTINGS.input_bucket, SETTINGS.output_bucket, SETTINGS.temp_bucket):
            boto3.client("s3").create_bucket(Bucket=bucket)
        yield


def insert(server: DatabaseServer, moment: int) -> None:
    row = f"('ana', 'https://cdn.example/1', {moment})"
    execute(
        server,
        [f"INSERT INTO covers (creator_name, cover_url, create_time) VALUES {row}"],  # noqa: S608
    )


def extract(
    covers: CoversTable = COVERS, *, run_type: str = "scheduled", fails: bool = False
) -> dict[str, Any]:
    run = dag_run(run_type, interval=run_type != "manual")
    task: ExtractOperator = rendered_task(covers, dag_run=run, params={})
    task.fail_on_empty = fails
    context: Any = {"dag_run": run, "params": {}}
    return task.execute(context)


def archive(result: dict[str, Any]) -> None:
    ArchiveOperator(task_id="archive", run_id=result["run_id"]).execute({})


@failure(
    Where.DATABASE,
    fault="The window has no covers",
    happens="The run succeeds with the status `empty`; cleared later, it reads the database again",
    sees="`extract` warns, with the oldest and the newest time in the table",
    fix="if there should be covers, fix the table's settings and clear `extract`",
)
def test_a_run_of_0_covers_warns_with_the_tables_own_oldest_and_newest_time(
    server: DatabaseServer, caplog: pytest.LogCaptureFixture
) -> None:
    assert extract()["rows"] == 0
    assert "table covers is empty" in caplog.text
    insert(server, JANUARY_1)
    insert(server, JANUARY_1 + 1)
    caplog.clear()
    assert extract()["rows"] == 0
    (warning,) = [line for line in caplog.messages if "0 covers" in line]
    assert "0 covers in [2026-10-01 00:00:00, 2026-11-01 00:00:00) UTC" in warning
    assert "gives 2 in other windows, from 2026-01-01 00:00:00 to 2026-01-01 00:00:01" in warning


def test_sql_that_never_gives_a_row_is_distinguished_from_an_empty_table(
    server: DatabaseServer, caplog: pytest.LogCaptureFixture
) -> None:
    insert(server, OCTOBER_14)
    extract(replace(COVERS, only="1 = 0"))
    assert (
        "the SQL gives no row in any window, though table covers has 1 rows with create_time "
        f"from {OCTOBER_14} to {OCTOBER_14}"
    ) in caplog.text


def test_an_archived_run_of_0_covers_is_read_again(
    server: DatabaseServer,
) -> None:
    archive(extract())
    archive(extract())  # and once more, while there is still nothing
    insert(server, OCTOBER_14)
    archive(extract(WRONG))
    result = extract()
    assert (result["rows"], result["chunks"]) == (1, 1)
    archive(result)
    insert(server, OCTOBER_14 + 1)
    assert extract()["rows"] == 1, "a run with covers is finished"


def test_a_month_of_the_schedule_fails_without_covers_where_the_dag_says_so() -> None:
    with pytest.raises(EmptyWindowError, match=r"0 covers in .* table covers is empty"):
        extract(fails=True)
    s3 = boto3.client("s3")
    found = s3.list_objects_v2(Bucket=SETTINGS.input_bucket, Prefix="csv-files/")
    assert found["KeyCount"] == 0
    result = extract(fails=True, run_type="manual")
    body = s3.get_object(Bucket=SETTINGS.input_bucket, Key=result["csv_key"])["Body"].read()
    assert body == HEADER
