"""Whatever breaks while extract runs, nothing of it becomes visible and the next try succeeds."""

from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest
from MySQLdb import MySQLError
from MySQLdb.connections import Connection

from collage_airflow import extract
from collage_airflow.covers_query import Row, stream_covers
from collage_airflow.run_window import Window
from collage_core.errors import BooksError
from local.mysql import DATABASE, READER
from tests.support.extract_world import ExtractWorld, hostile_rows

MANY = 100_000
"""More rows than fit in the buffers between server and client."""


@pytest.mark.parametrize("kill", ["KILL", "KILL QUERY"])
def test_a_connection_that_is_killed_in_mid_stream_leaves_nothing_and_the_next_try_succeeds(
    world: ExtractWorld, monkeypatch: pytest.MonkeyPatch, kill: str
) -> None:
    world.insert_many(MANY)
    mysql = world.twin.mysql

    def until_killed(connection: Connection, sql: str, window: Window) -> Iterator[Sequence[Row]]:
        batches = stream_covers(connection, sql, window)
        yield next(batches)
        with closing(mysql.connect()) as owner:
            owner.change_user(READER, mysql.reader_password, DATABASE)
            owner.cursor().execute(f"{kill} {connection.thread_id()}")
        yield from batches

    with monkeypatch.context() as patch:
        patch.setattr(extract, "stream_covers", until_killed)
        with pytest.raises(MySQLError):
            world.extract()
    assert world.nothing_is_left()

    assert world.extract()["rows"] == MANY


def test_a_stream_that_ends_early_without_a_word_is_noticed(
    world: ExtractWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.insert(hostile_rows())
    monkeypatch.setattr(extract, "stream_covers", lambda *_: iter([[(b"ana", b"url", None)]]))
    with pytest.raises(BooksError, match="but sent 1"):
        world.extract()
    assert world.nothing_is_left()
