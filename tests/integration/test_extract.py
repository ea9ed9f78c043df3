"""Extract against a real database server and a real S3, with everything that can go wrong."""

import json
import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from MySQLdb import MySQLError
from MySQLdb.connections import Connection

from collage_airflow import extract
from collage_airflow.covers_query import Row, stream_covers
from collage_airflow.extract import ExtractOperator
from collage_airflow.preflight import database_problems
from collage_airflow.run_window import Window
from collage_core.contract import CoverRow, Manifest
from collage_core.cover_csv import HEADER, read_chunk
from collage_core.errors import BooksError
from collage_core.run_documents import require_manifest
from collage_core.s3_store import S3Store
from collage_core.settings import Settings
from local.ministack import REGION
from local.mysql import DATABASE, HOST, READER
from local.twin import Twin
from tests.support.strategies import HOSTILE_NAMES

TABLE = "extract_test_covers"
SQL = f"""
SELECT creator_name, cover_url, updated_at
FROM {TABLE}
WHERE updated_at >= %(window_start)s AND updated_at < %(window_end)s
ORDER BY CAST(creator_name AS BINARY), updated_at DESC, id DESC;
"""  # noqa: S608 - the table of this file
OCTOBER = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
SETTINGS = Settings()
DAG_RUN = SimpleNamespace(
    dag_id="extract_test",
    run_id="manual__extract_test",
    run_type="manual",
    run_after=datetime(2026, 11, 21, 4, 5, 6, tzinfo=UTC),
    data_interval_start=OCTOBER.start,
    data_interval_end=OCTOBER.end,
)
CSV_KEY = "csv-files/2026/11/21/cover_urls_20261121_040506.csv"


@pytest.fixture(autouse=True)
def connections(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow's connections to the twin, for operators in this process."""
    aws = twin.aws.client_environment()
    monkeypatch.setenv(
        "AIRFLOW_CONN_AWS_DEFAULT",
        json.dumps(
            {
                "conn_type": "aws",
                "login": aws["AWS_ACCESS_KEY_ID"],
                "password": aws["AWS_SECRET_ACCESS_KEY"],
                "extra": {"region_name": REGION, "endpoint_url": aws["AWS_ENDPOINT_URL"]},
            }
        ),
    )
    monkeypatch.setenv("AIRFLOW_CONN_COVERS_MYSQL", mysql_connection(twin))


def mysql_connection(twin: Twin, **changes: Any) -> str:
    definition = {
        "conn_type": "mysql",
        "host": HOST,
        "port": twin.mysql.port,
        "login": READER,
        "password": twin.mysql.reader_password,
        "schema": DATABASE,
    }
    return json.dumps(definition | changes)


@pytest.fixture
def table(twin: Twin) -> Iterator[Connection]:
    """The owner's connection to an empty table of covers."""
    with closing(twin.mysql.connect()) as connection:
        cursor = connection.cursor()
        cursor.execute("SET autocommit = 1")
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        cursor.execute(f"CREATE TABLE {TABLE} LIKE covers")
        yield connection
        cursor.execute(f"DROP TABLE {TABLE}")


@pytest.fixture(autouse=True)
def no_run_before(twin: Twin) -> S3Store:
    """The store, without anything of the run."""
    client = twin.aws.s3()
    client.delete_object(Bucket=SETTINGS.input_bucket, Key=CSV_KEY)
    store = S3Store(client)
    for key in store.list_keys(SETTINGS.temp_bucket, "processing/extract_test-"):
        client.delete_object(Bucket=SETTINGS.temp_bucket, Key=key)
    return store


def insert(connection: Connection, rows: Sequence[tuple[str | None, str | None, datetime]]) -> None:
    naive = [(name, url, moment.replace(tzinfo=None)) for name, url, moment in rows]
    connection.cursor().executemany(
        f"INSERT INTO {TABLE} (creator_name, cover_url, updated_at) VALUES (%s, %s, %s)",  # noqa: S608
        naive,
    )


def run_extract() -> dict[str, Any]:
    context: Any = {"dag_run": DAG_RUN, "params": {}}
    return ExtractOperator(task_id="extract", sql=SQL).execute(context)


def extracted(store: S3Store, run_id: str) -> tuple[bytes, Manifest]:
    csv = store.get(SETTINGS.input_bucket, CSV_KEY)
    assert csv is not None
    manifest = require_manifest(store, SETTINGS, run_id)
    assert manifest.source.etag == csv.etag
    return csv.body, manifest


def nothing_is_left(store: S3Store) -> bool:
    """Whether neither a CSV nor a manifest is there, nor an upload that could become one."""
    uploads = store.client.list_multipart_uploads(Bucket=SETTINGS.input_bucket)
    return (
        not store.exists(SETTINGS.input_bucket, CSV_KEY)
        and not list(store.list_keys(SETTINGS.temp_bucket, "processing/extract_test-"))
        and not uploads.get("Uploads")
    )


def hostile_rows() -> list[tuple[str | None, str | None, datetime]]:
    """Three covers of every awkward name, in no order, and rows that nothing comes of."""
    names = [name for name in HOSTILE_NAMES if len(name) <= 255]
    rows: list[tuple[str | None, str | None, datetime]] = [
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


def test_every_row_of_the_window_is_there_once_ordered_by_the_bytes_of_the_name_newest_first(
    table: Connection, no_run_before: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHUNK_ROWS", "4")
    rows = hostile_rows()
    insert(table, rows)
    told = run_extract()
    csv, manifest = extracted(no_run_before, told["run_id"])

    inside = [row for row in rows if OCTOBER.start <= row[2] < OCTOBER.end]
    read = list(read_chunk(csv.removeprefix(HEADER)))
    assert told["rows"] == manifest.rows == len(read) == len(inside)
    covers = [row for row in read if isinstance(row, CoverRow)]
    moments = [row.updated_at for row in covers if row.updated_at]
    order = [
        (row.creator.encode(), -moment.timestamp())
        for row, moment in zip(covers, moments, strict=True)
    ]
    assert order == sorted(order)
    assert sorted((row.creator, row.url) for row in covers) == sorted(
        (name, url) for name, url, _ in inside if name and url
    )
    chunks = [csv[first : last + 1] for first, last in (c.byte_range for c in manifest.chunks)]
    assert HEADER + b"".join(chunks) == csv
    in_chunks = [{row.creator for row in read_chunk(chunk) if row.creator} for chunk in chunks]
    assert sum(map(len, in_chunks)) == len(set().union(*in_chunks))


def test_two_runs_over_an_unchanged_table_write_the_same_bytes(
    table: Connection, no_run_before: S3Store
) -> None:
    insert(table, hostile_rows())
    first = extracted(no_run_before, run_extract()["run_id"])
    second = extracted(no_run_before, run_extract()["run_id"])
    assert first == second


def test_rows_that_come_and_go_meanwhile_do_not_tear_the_file(
    table: Connection, no_run_before: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert(table, hostile_rows())
    undisturbed = extracted(no_run_before, run_extract()["run_id"])

    def while_others_write(
        connection: Connection, sql: str, window: Window
    ) -> Iterator[Sequence[Row]]:
        # The rows are counted already and not yet read.
        insert(table, [("ana", "https://cdn.example/new", OCTOBER.start)] * 10)
        table.cursor().execute(f"DELETE FROM {TABLE} WHERE creator_name = 'con'")  # noqa: S608
        yield from stream_covers(connection, sql, window)

    monkeypatch.setattr(extract, "stream_covers", while_others_write)
    assert extracted(no_run_before, run_extract()["run_id"]) == undisturbed


@pytest.mark.parametrize("kill", ["KILL", "KILL QUERY"])
def test_a_connection_that_is_killed_in_mid_stream_leaves_nothing_and_the_next_try_succeeds(
    twin: Twin,
    table: Connection,
    no_run_before: S3Store,
    monkeypatch: pytest.MonkeyPatch,
    kill: str,
) -> None:
    count = 100_000  # more than fits in the buffers between server and client
    table.cursor().execute(
        f"INSERT INTO {TABLE} (creator_name, cover_url, updated_at) SELECT "  # noqa: S608
        "seq DIV 30, CONCAT('https://cdn.example/', REPEAT('x', 250), seq), '2026-10-05' "
        f"FROM seq_1_to_{count}"
    )

    def until_killed(connection: Connection, sql: str, window: Window) -> Iterator[Sequence[Row]]:
        batches = stream_covers(connection, sql, window)
        yield next(batches)
        with closing(twin.mysql.connect()) as owner:
            owner.change_user(READER, twin.mysql.reader_password, DATABASE)
            owner.cursor().execute(f"{kill} {connection.thread_id()}")
        yield from batches

    with monkeypatch.context() as patch:
        patch.setattr(extract, "stream_covers", until_killed)
        with pytest.raises(MySQLError):
            run_extract()
    assert nothing_is_left(no_run_before)

    assert run_extract()["rows"] == count


def test_a_stream_that_ends_early_without_a_word_is_noticed(
    table: Connection, no_run_before: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert(table, hostile_rows())
    monkeypatch.setattr(extract, "stream_covers", lambda *_: iter([[(b"ana", b"url", None)]]))
    with pytest.raises(BooksError, match="but sent 1"):
        run_extract()
    assert nothing_is_left(no_run_before)


@pytest.mark.parametrize(
    ("changes", "sql", "said"),
    [
        ({"password": "wrong one"}, SQL, "set the right login and password"),
        ({"schema": "nowhere"}, SQL, "nowhere"),
        ({}, SQL.replace(TABLE, "nothing"), "name the right table in the SQL"),
        ({}, SQL.replace("cover_url", "url"), "the SQL must name columns"),
        ({}, SQL.replace("updated_at\nFROM", "id\nFROM"), "it must give creator_name, cover_url"),
        ({}, SQL.replace("%(window_end)s", "%(until)s"), "placeholders of the SQL"),
        ({"extra": {"client": "mysql-connector-python"}}, SQL, "only mysqlclient"),
    ],
    ids=["password", "schema", "table", "column", "columns", "placeholder", "driver"],
)
def test_a_database_that_cannot_be_used_is_named_in_one_line_without_its_password(
    twin: Twin,
    table: Connection,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
    sql: str,
    said: str,
) -> None:
    del table
    definition = mysql_connection(twin, **changes)
    monkeypatch.setenv("AIRFLOW_CONN_COVERS_MYSQL", definition)
    (problem,) = database_problems("covers_mysql", sql, OCTOBER)
    assert said in problem.line
    assert "\n" not in problem.line
    assert json.loads(definition)["password"] not in problem.line
    assert not problem.may_pass
