"""No setting of a server changes, cuts or stops rows, and `check` says where one would."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain

import pytest

from collage_airflow.database.connection import covers_connection
from collage_airflow.database.covers_table import CoversTable
from collage_airflow.preflight.database import database_problems
from collage_core.contract.window import Window
from collage_core.database.query import count_covers
from collage_core.export.rows import Row
from tests.support.covers_rows import stream_covers
from tests.support.covers_sql import rendered
from tests.support.database_server import EACH_FLAVOUR, HOST, DatabaseServer, Flavour

DATABASE, READER, PASSWORD = "covers_db", "covers_reader", "open sesame"
WINDOW = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))

NAMES = ["n" * 65000 + letter for letter in "ab"]
BOUND = "--maximum-max-sort-length=2048"
HOSTILE = [
    "sql_select_limit = 3",
    "max_sort_length = 1024",
    "group_concat_max_len = 8",
    "div_precision_increment = 0",
    "lc_time_names = 'de_DE'",
    "max_join_size = 1",
    "net_write_timeout = 1",
    "wait_timeout = 1",
    "sort_buffer_size = 65536",
    "sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH'",
]
OF_ITS_OWN: dict[Flavour, list[str]] = {
    "mysql": ["max_execution_time = 1"],
    "mariadb": [
        "idle_transaction_timeout = 1",
        "idle_readonly_transaction_timeout = 1",
        "max_statement_time = 0.05",
    ],
}


@pytest.fixture(scope="module", params=EACH_FLAVOUR)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DatabaseServer]:
    """A server that refuses one setting of a session, with a table of covers."""
    with DatabaseServer(request.param, tmp_path_factory.mktemp("server"), [BOUND]) as server:
        server.execute(
            f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4",
            f"CREATE USER {READER}@'{HOST}' IDENTIFIED BY '{PASSWORD}'",
            f"GRANT SELECT ON *.* TO {READER}@'{HOST}'",
            f"GRANT {server.monitor_right} ON *.* TO {READER}@'{HOST}'",
            f"CREATE TABLE {DATABASE}.covers (id INT AUTO_INCREMENT PRIMARY KEY, creator_name "
            "TEXT, cover_url TEXT, updated_at DATETIME, label CHAR(9))",
        )
        with closing(server.connect(database=DATABASE)) as root:
            for day in range(1, 7):
                root.cursor().executemany(
                    "INSERT INTO covers (creator_name, cover_url, updated_at, label) "
                    "VALUES (%s, 'https://cdn.example/1', %s, 'x')",
                    [(name, f"2026-10-{day:02}") for name in NAMES[::-1]],
                )
        yield server


@pytest.fixture(autouse=True)
def connection(server: DatabaseServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow's connection to the server."""
    definition = server.airflow_connection(READER, PASSWORD, schema=DATABASE)
    monkeypatch.setenv("AIRFLOW_CONN_COVERS_MYSQL", definition)


def rows_of(sql: str) -> list[Row]:
    assert list(database_problems("covers_mysql", sql, WINDOW)) == []
    with covers_connection("covers_mysql") as connection:
        count = count_covers(connection, sql, WINDOW)
        rows = list(chain.from_iterable(stream_covers(connection, sql, WINDOW)))
        assert len(rows) == count
    return rows


def test_a_limit_of_the_server_is_named_by_the_check_until_it_is_removed(
    server: DatabaseServer,
) -> None:
    (problem,) = database_problems("covers_mysql", rendered(CoversTable()), WINDOW)
    assert "does not let this session set max_sort_length to 65536 (it stays 2048)" in problem.line
    assert "take maximum-max-sort-length out of the server's options" in problem.line
    assert not problem.may_pass
    assert PASSWORD not in problem.line
    server.restart([])
    assert list(database_problems("covers_mysql", rendered(CoversTable()), WINDOW)) == []
    # For the tests below, every setting of new sessions is against us.
    settings = [*HOSTILE, *OF_ITS_OWN[server.flavour]]
    server.execute(*(f"SET GLOBAL {setting}" for setting in settings))


def test_names_that_are_equal_for_long_are_in_order_and_all_rows_come() -> None:
    found = [name.decode() for name, _, _ in rows_of(rendered(CoversTable())) if name]
    assert found == [NAMES[0]] * 6 + [NAMES[1]] * 6


@pytest.mark.parametrize(
    "only",
    ['label = "x"', "label = 'x' ; -- mine;", "label = 'y' || label = 'x';", r"label <> '\''"],
)
def test_a_condition_means_the_same_whatever_the_sql_mode(only: str) -> None:
    assert len(rows_of(rendered(CoversTable(only=only)))) == 12


def test_what_an_sql_file_calls_gives_the_same_everywhere() -> None:
    (row,) = rows_of(
        "SELECT CONCAT(CAST(1 / 3 AS CHAR), DATE_FORMAT('2026-10-05', '%%M')) AS creator_name, "
        "GROUP_CONCAT(cover_url) AS cover_url, label AS updated_at FROM covers "
        "WHERE updated_at >= %(window_start)s GROUP BY label"
    )
    assert row == (b"0.3333October", b",".join([b"https://cdn.example/1"] * 12), b"x")


def test_a_statement_of_minutes_and_a_pause_of_seconds_end_nothing() -> None:
    with covers_connection("covers_mysql") as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT SLEEP(1.5)")
        assert cursor.fetchone() == (b"0",)
