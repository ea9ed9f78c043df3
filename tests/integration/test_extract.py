"""Extract against a real database server and a real S3: what it writes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from collage_airflow.preflight.database import database_problems
from collage_core.aws import multipart
from collage_core.contract.chunk import Chunk
from collage_core.contract.reasons import Reason
from collage_core.contract.rejected import RejectedRow
from collage_core.covers.cover_csv import HEADER, read_chunk
from collage_core.covers.rows import CoverRow
from collage_core.errors import ConditionFailedError
from collage_core.export import covers as covers_export
from collage_core.export.rows import Cursor, Row, stream_rows
from collage_core.layout import keys
from collage_core.run.run import Run
from local.covers_table import DATABASE
from tests.support.database_server import EACH_FLAVOUR, DatabaseServer, Flavour
from tests.support.extract_world import (
    OCTOBER,
    SETTINGS,
    SQL,
    TABLE,
    ExtractWorld,
    hostile_rows,
    make_table,
    mysql_connection,
    server_connection,
)


def test_every_row_of_the_window_is_there_once_by_name_newest_first(
    world: ExtractWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHUNK_ROWS", "4")
    rows = hostile_rows()
    world.insert(rows)
    result = world.extract()
    csv, manifest = world.result(result["run_id"])

    inside = [row for row in rows if OCTOBER.start <= row[2] < OCTOBER.end]
    read = list(read_chunk(csv.removeprefix(HEADER)))
    assert result["rows"] == manifest.rows == len(read) == len(inside)
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


def test_every_chunk_read_by_its_range_parses_alone_and_no_creator_is_in_two(
    world: ExtractWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHUNK_ROWS", "4")
    world.insert(hostile_rows())
    csv, manifest = world.result(world.extract()["run_id"])
    source = manifest.source
    chunks = [
        world.store.get(source.bucket, source.key, byte_range=chunk.byte_range, etag=source.etag)
        for chunk in manifest.chunks
    ]
    bodies = [chunk.body for chunk in chunks if chunk]
    assert HEADER + b"".join(bodies) == csv

    read = [list(read_chunk(body)) for body in bodies]
    assert len(read) > 10
    assert [len(rows) for rows in read] == [chunk.rows for chunk in manifest.chunks]
    in_file = read_chunk(csv.removeprefix(HEADER))
    assert [_fields(row) for rows in read for row in rows] == [_fields(row) for row in in_file]
    creators = [{row.creator for row in rows if row.creator} for rows in read]
    assert sum(map(len, creators)) == len(set().union(*creators))


def test_a_chunk_of_a_csv_that_was_replaced_is_refused(world: ExtractWorld) -> None:
    world.insert(hostile_rows())
    _, before = world.result(world.extract()["run_id"])
    world.insert([("ana", "https://cdn.example/new", OCTOBER.start)])
    world.extract()
    source = before.source
    with pytest.raises(ConditionFailedError):
        world.store.get(
            source.bucket,
            source.key,
            byte_range=before.chunks[0].byte_range,
            etag=source.etag,
        )


def test_two_runs_over_an_unchanged_table_write_the_same_bytes(world: ExtractWorld) -> None:
    world.insert(hostile_rows())
    first = world.result(world.extract()["run_id"]), world.documents()
    world.clean()
    second = world.result(world.extract()["run_id"]), world.documents()
    assert first == second


def finish(world: ExtractWorld, run_id: str) -> dict[str, bytes]:
    """Write a receipt for each chunk of the run; all documents that it has then."""
    for chunk in Run.open(world.store, SETTINGS, run_id).manifest.chunks:
        key = keys.receipt(run_id, chunk.chunk_id)
        world.store.put(SETTINGS.temp_bucket, key, b"{}", content_type="application/json")
    return world.documents()


def unfinished(world: ExtractWorld, run_id: str) -> list[Chunk]:
    return Run.open(world.store, SETTINGS, run_id).unfinished()


def test_the_same_rows_under_another_etag_redo_nothing_and_send_nothing(
    world: ExtractWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHUNK_ROWS", "4")
    world.insert(hostile_rows())
    run_id = world.extract()["run_id"]
    csv, before = world.result(run_id)
    documents = finish(world, run_id)
    # The ETag of an upload depends on its parts. With SSE-KMS it is another one each time.
    monkeypatch.setattr(multipart, "PART_BYTES", len(csv) // 2 + 1)
    world.extract()
    again, after = world.result(run_id)
    assert (again, after.chunks) == (csv, before.chunks)
    assert after.source.etag != before.source.etag
    assert unfinished(world, run_id) == []
    left = world.documents()
    assert left.keys() == documents.keys()


def test_a_changed_row_makes_one_chunk_again(
    world: ExtractWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHUNK_ROWS", "4")
    world.insert(hostile_rows())
    run_id = world.extract()["run_id"]
    _, before = world.result(run_id)
    finish(world, run_id)
    world.insert([("ana", "https://cdn.example/new", OCTOBER.start)])
    world.extract()
    again, after = world.result(run_id)
    (changed,) = unfinished(world, run_id)
    first, last = changed.byte_range
    assert b"https://cdn.example/new" in again[first : last + 1]
    assert len(after.chunks) == len(before.chunks)
    for chunk in after.chunks:
        first, last = chunk.byte_range
        assert sha256(again[first : last + 1]).hexdigest() == chunk.rows_sha256


def test_while_the_csv_of_a_planned_run_is_written_again_workers_can_tell(
    world: ExtractWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.insert(hostile_rows())
    run_id = world.extract()["run_id"]
    noted = []

    def watched(*arguments: Any, **options: Any) -> Any:
        noted.append(keys.planning(run_id) in world.documents())
        return stream_rows(*arguments, **options)

    monkeypatch.setattr(covers_export, "stream_rows", watched)
    world.extract()
    assert noted == [True]
    assert keys.planning(run_id) not in world.documents()


def test_rows_that_come_and_go_meanwhile_do_not_tear_the_file(
    world: ExtractWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long enough that the server is still sending when the second change comes.
    world.insert(
        [(f"{n:05}", f"https://cdn.example/{'x' * 900}", OCTOBER.start) for n in range(20_000)]
    )
    undisturbed = world.result(world.extract()["run_id"])

    def change(creator: str) -> None:
        world.insert([(creator, "https://cdn.example/new", OCTOBER.start)] * 10)
        cursor = world.table.cursor()
        cursor.execute(f"DELETE FROM {TABLE} WHERE creator_name LIKE '%7'")  # noqa: S608
        cursor.execute(f"UPDATE {TABLE} SET creator_name = '{creator}', cover_url = ''")  # noqa: S608

    def while_others_write(
        cursor: Cursor, sql: str, bounds: Mapping[str, str]
    ) -> Iterator[Sequence[Row]]:
        change("00000")  # the rows are counted already and not yet read
        batches = stream_rows(cursor, sql, bounds)
        yield next(batches)
        change("99999")  # some rows are read and others are not
        yield from batches

    monkeypatch.setattr(covers_export, "stream_rows", while_others_write)
    assert world.result(world.extract()["run_id"]) == undisturbed


@pytest.mark.parametrize("flavour", EACH_FLAVOUR)
def test_a_json_column_gives_the_first_url_of_each_row(
    world: ExtractWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flavour: Flavour
) -> None:
    url = "https://cdn.example/a.jpg?x=1,2"
    covers: list[tuple[str, Any]] = [
        ("a string", url),
        ("list", [url, "https://cdn.example/b.jpg"]),
        ("no url", {"uri": "tos/a"}),
        ("number", 7),
        ("object", {"url_list": [url]}),
    ]
    texts = [(name, json.dumps(cover)) for name, cover in covers]
    texts.append(("escaped", '["https:\\/\\/cdn.example\\/a.jpg\\u003fx=1,2"]'))
    with DatabaseServer(flavour, tmp_path) as server:
        make_table(server, cover_type="JSON")
        monkeypatch.setenv("AIRFLOW_CONN_COVERS_MYSQL", server_connection(server))
        with closing(server.connect(database=DATABASE)) as table:
            replace(world, table=table).insert(
                [(name, text, OCTOBER.start) for name, text in texts]
            )
        csv, _ = world.result(world.extract()["run_id"])
    found = {row.creator: _fields(row)[-1] for row in read_chunk(csv.removeprefix(HEADER))}
    assert found == {
        "a string": url,
        "escaped": url,
        "list": url,
        "no url": Reason.INVALID_URL,
        "number": Reason.INVALID_URL,
        "object": url,
    }


@pytest.mark.parametrize(
    ("changes", "sql", "said"),
    [
        ({"password": "wrong one"}, SQL, "set the right login and password"),
        ({"schema": "nowhere"}, SQL, "nowhere"),
        ({}, SQL.replace(TABLE, "nothing"), "name the right table in the SQL"),
        ({}, SQL.replace("cover_url", "url"), "the SQL must name columns"),
        ({}, SQL.replace("updated_at\nFROM", "id\nFROM"), "it must give creator_name, cover_url"),
        ({}, SQL.replace("%(window_end)s", "%(until)s"), "placeholders of the SQL"),
        ({}, SQL.replace("%(window_end)s", "%d"), "placeholders of the SQL"),
        ({"extra": {"client": "mysql-connector-python"}}, SQL, "only mysqlclient"),
    ],
    ids=[
        "password",
        "schema",
        "table",
        "column",
        "columns",
        "placeholder",
        "percent sign",
        "driver",
    ],
)
def test_an_unusable_database_is_named_in_one_line_without_its_password(
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


def _fields(row: CoverRow | RejectedRow) -> tuple[str | None, str]:
    """What a row says, without its place in the file."""
    return row.creator, row.url if isinstance(row, CoverRow) else row.reason
