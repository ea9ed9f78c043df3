"""Extract against a real database server and a real S3: what it writes."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from MySQLdb.connections import Connection

from collage_airflow import extract
from collage_airflow.covers_query import Row, stream_covers
from collage_airflow.preflight import database_problems
from collage_airflow.run_window import Window
from collage_core.contract import CoverRow
from collage_core.cover_csv import HEADER, read_chunk
from tests.support.extract_world import (
    OCTOBER,
    SQL,
    TABLE,
    ExtractWorld,
    hostile_rows,
    mysql_connection,
)


def test_every_row_of_the_window_is_there_once_ordered_by_the_bytes_of_the_name_newest_first(
    world: ExtractWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHUNK_ROWS", "4")
    rows = hostile_rows()
    world.insert(rows)
    told = world.extract()
    csv, manifest = world.result(told["run_id"])

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


def test_two_runs_over_an_unchanged_table_write_the_same_bytes(world: ExtractWorld) -> None:
    world.insert(hostile_rows())
    first = world.result(world.extract()["run_id"])
    second = world.result(world.extract()["run_id"])
    assert first == second


def test_rows_that_come_and_go_meanwhile_do_not_tear_the_file(
    world: ExtractWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.insert(hostile_rows())
    undisturbed = world.result(world.extract()["run_id"])

    def while_others_write(
        connection: Connection, sql: str, window: Window
    ) -> Iterator[Sequence[Row]]:
        # The rows are counted already and not yet read.
        world.insert([("ana", "https://cdn.example/new", OCTOBER.start)] * 10)
        world.table.cursor().execute(f"DELETE FROM {TABLE} WHERE creator_name = 'con'")  # noqa: S608
        yield from stream_covers(connection, sql, window)

    monkeypatch.setattr(extract, "stream_covers", while_others_write)
    assert world.result(world.extract()["run_id"]) == undisturbed


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
    world: ExtractWorld,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
    sql: str,
    said: str,
) -> None:
    definition = mysql_connection(world.twin, **changes)
    monkeypatch.setenv("AIRFLOW_CONN_COVERS_MYSQL", definition)
    (problem,) = database_problems("covers_mysql", sql, OCTOBER)
    assert said in problem.line
    assert "\n" not in problem.line
    assert json.loads(definition)["password"] not in problem.line
    assert not problem.may_pass
