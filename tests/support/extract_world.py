"""A world for extract: a table of covers in the twin's database, its S3, and one month's run."""

import json
import random
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from MySQLdb.connections import Connection

from collage_airflow.dag_run.schedules import MONTHLY
from collage_airflow.operators.extract import ExtractOperator
from collage_core.aws.s3_store import S3Store
from collage_core.contract.manifest import Manifest
from collage_core.contract.window import Window
from collage_core.run.run import Run
from collage_core.settings import Settings
from local.covers_table import DATABASE, READER
from local.ministack import REGION
from local.mysql import HOST
from local.twin import Twin
from tests.support.database_server import DatabaseServer
from tests.support.strategies import HOSTILE_NAMES

type CoverOfTable = tuple[str | None, str | None, datetime]
"""creator_name, cover_url and updated_at of a row to be inserted."""

TABLE = "extract_test_covers"
SQL = f"""
SELECT creator_name, cover_url, updated_at
FROM {TABLE}
WHERE updated_at >= %(window_start)s AND updated_at < %(window_end)s
ORDER BY CAST(creator_name AS BINARY), updated_at DESC, id DESC;
"""  # noqa: S608 - the table of these tests
OCTOBER = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
SETTINGS = Settings()
CSV_KEY = "csv-files/2026/11/21/cover_urls_20261121_040506.csv"
_DAG_RUN = SimpleNamespace(
    dag_id="extract_test",
    run_id="manual__extract_test",
    run_type="manual",
    run_after=datetime(2026, 11, 21, 4, 5, 6, tzinfo=UTC),
    logical_date=None,
    data_interval_start=OCTOBER.start,
    data_interval_end=OCTOBER.end,
)
_RUN_PREFIX = "processing/extract_test-"


@dataclass(frozen=True)
class ExtractWorld:
    """The table, empty at first, and the store without anything of the run."""

    twin: Twin
    table: Connection
    """The owner's connection: it may write, and commits at once."""
    store: S3Store

    def insert(self, rows: Sequence[CoverOfTable]) -> None:
        naive = [(name, url, moment.replace(tzinfo=None)) for name, url, moment in rows]
        self.table.cursor().executemany(
            f"INSERT INTO {TABLE} (creator_name, cover_url, updated_at) VALUES (%s, %s, %s)",  # noqa: S608
            naive,
        )

    def extract(self, operator: ExtractOperator | None = None) -> dict[str, Any]:
        """Run the task; what it tells the tasks after it."""
        return (operator or ExtractOperator(task_id="extract", sql=SQL, schedule=MONTHLY)).execute(
            self.context
        )

    @property
    def context(self) -> Any:
        """What Airflow hands to the task."""
        return {"dag_run": _DAG_RUN, "params": {}}

    def result(self, run_id: str) -> tuple[bytes, Manifest]:
        """The CSV and the manifest that a run left."""
        csv = self.store.get(SETTINGS.input_bucket, CSV_KEY)
        assert csv is not None
        manifest = Run.open(self.store, SETTINGS, run_id).manifest
        assert manifest.source.etag == csv.etag
        return csv.body, manifest

    def csv(self) -> bytes | None:
        """The CSV that is visible now."""
        found = self.store.get(SETTINGS.input_bucket, CSV_KEY)
        return found and found.body

    def manifests(self) -> list[Manifest]:
        """The manifests that are visible now."""
        return [
            Run.open(self.store, SETTINGS, key.split("/")[1]).manifest
            for key in self.store.list_keys(SETTINGS.temp_bucket, _RUN_PREFIX)
            if key.endswith("/manifest.json")
        ]

    def documents(self) -> dict[str, bytes]:
        """Everything in the temp bucket for the run, byte for byte."""
        found = {
            key: self.store.get(SETTINGS.temp_bucket, key)
            for key in self.store.list_keys(SETTINGS.temp_bucket, _RUN_PREFIX)
        }
        return {key: document.body for key, document in found.items() if document}

    def uploads(self) -> list[str]:
        """The ids of uploads that are neither completed nor aborted."""
        found = self.store.client.list_multipart_uploads(Bucket=SETTINGS.input_bucket)
        return [upload["UploadId"] for upload in found.get("Uploads", [])]

    def nothing_is_visible(self) -> bool:
        """Whether neither a CSV nor a manifest is there."""
        return self.store.head(SETTINGS.input_bucket, CSV_KEY) is None and not list(
            self.store.list_keys(SETTINGS.temp_bucket, _RUN_PREFIX)
        )

    def nothing_is_left(self) -> bool:
        """Whether, beside that, no upload is there that could become a CSV."""
        return self.nothing_is_visible() and not self.uploads()

    def clean(self) -> None:
        """Remove all that runs left."""
        client = self.store.client
        client.delete_object(Bucket=SETTINGS.input_bucket, Key=CSV_KEY)
        for key in self.store.list_keys(SETTINGS.temp_bucket, _RUN_PREFIX):
            client.delete_object(Bucket=SETTINGS.temp_bucket, Key=key)
        for upload_id in self.uploads():
            client.abort_multipart_upload(
                Bucket=SETTINGS.input_bucket, Key=CSV_KEY, UploadId=upload_id
            )


@contextmanager
def open_world(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExtractWorld]:
    """A world, with Airflow's connections to it for operators in this process."""
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", aws_connection(twin))
    monkeypatch.setenv("AIRFLOW_CONN_COVERS_MYSQL", mysql_connection(twin))
    with closing(twin.mysql.connect()) as table:
        cursor = table.cursor()
        cursor.execute("SET autocommit = 1")
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        cursor.execute(f"CREATE TABLE {TABLE} LIKE covers")
        world = ExtractWorld(twin=twin, table=table, store=S3Store(twin.aws.s3()))
        world.clean()
        yield world
        cursor.execute(f"DROP TABLE {TABLE}")


def make_table(server: DatabaseServer, *, cover_type: str = "TEXT") -> None:
    """An empty table of covers on another server than the twin's."""
    with closing(server.connect()) as connection:
        cursor = connection.cursor()
        cursor.execute(f"CREATE DATABASE {DATABASE}")
        cursor.execute(
            f"CREATE TABLE {DATABASE}.{TABLE} (id BIGINT AUTO_INCREMENT PRIMARY KEY, "
            f"creator_name VARCHAR(255), cover_url {cover_type}, updated_at DATETIME, "
            "KEY (updated_at))"
        )


def server_connection(server: DatabaseServer) -> str:
    """Airflow's connection to another server than the twin's."""
    return server.airflow_connection("root", server.root_password, schema=DATABASE)


def aws_connection(twin: Twin, **extra: Any) -> str:
    """Airflow's connection to the twin's AWS, with parts of its extra changed."""
    aws = twin.aws.client_environment()
    return json.dumps(
        {
            "conn_type": "aws",
            "login": aws["AWS_ACCESS_KEY_ID"],
            "password": aws["AWS_SECRET_ACCESS_KEY"],
            "extra": {"region_name": REGION, "endpoint_url": aws["AWS_ENDPOINT_URL"]} | extra,
        }
    )


def mysql_connection(twin: Twin, **changes: Any) -> str:
    """Airflow's connection to the twin's database, with parts of it changed."""
    definition = {
        "conn_type": "mysql",
        "host": HOST,
        "port": twin.mysql.port,
        "login": READER,
        "password": twin.mysql.reader_password,
        "schema": DATABASE,
    }
    return json.dumps(definition | changes)


def hostile_rows() -> list[CoverOfTable]:
    """Three covers of every awkward name, in no order, and rows that nothing comes of."""
    names = [name for name in HOSTILE_NAMES if len(name) <= 255]
    rows: list[CoverOfTable] = [
        (name, f"https://cdn.example/{number}/a,b?x=%2B%22{index}", OCTOBER.start + age)
        for index, name in enumerate(names)
        for number, age in enumerate([timedelta(0), timedelta(days=1), timedelta(days=1)])
    ]
    rows += [
        (None, "https://cdn.example/nobody", OCTOBER.start),
        ("", "https://cdn.example/nobody", OCTOBER.start),
        ("ana", None, OCTOBER.start),
        # Outside, by a second on either side.
        ("ana", "https://cdn.example/too-early", OCTOBER.start - timedelta(seconds=1)),
        ("ana", "https://cdn.example/too-late", OCTOBER.end),
    ]
    random.Random(7).shuffle(rows)  # noqa: S311 - any order will do
    return rows
