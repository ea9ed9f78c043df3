"""The SQL of the DAGs on MariaDB and on MySQL: time zones, character sets, tables of any shape."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain

import pytest

from collage_airflow.database.connection import covers_connection
from collage_airflow.database.covers_table import CoversTable
from collage_airflow.preflight.database import database_problems
from collage_core.contract.window import Window
from collage_core.covers.cover_csv import HEADER, read_chunk
from collage_core.covers.rows import CoverRow
from collage_core.database.query import count_covers
from collage_core.export.csv_writer import write_covers
from collage_core.export.rows import Row
from tests.support.covers_rows import stream_covers
from tests.support.covers_sql import rendered
from tests.support.database_server import EACH_FLAVOUR, DatabaseServer
from tests.support.read_only import DATABASE, reader_connection, server_with_reader
from tests.support.strategies import HOSTILE_NAMES

WINDOW = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))


@pytest.fixture(scope="module", params=EACH_FLAVOUR)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DatabaseServer]:
    """A server of the tests in this file alone, with a user who may only read."""
    with server_with_reader(request.param, tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(autouse=True)
def connection(server: DatabaseServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow's connection to the server."""
    definition = reader_connection(server)
    monkeypatch.setenv("AIRFLOW_CONN_COVERS_MYSQL", definition)


def insert(server: DatabaseServer, table: str, names: list[str]) -> None:
    """Two covers of each name, unordered."""
    with closing(server.connect(database=DATABASE)) as root:
        root.cursor().executemany(
            f"INSERT INTO {table} (creator_name, cover_url, updated_at) VALUES (%s, %s, %s)",  # noqa: S608
            [
                (name, f"https://cdn.example/{number}", "2026-10-05")
                for number in range(2)
                for name in names[::-1]
            ],
        )


def rows_of(covers: CoversTable) -> list[Row]:
    """What the stream gives, after what `check` asks has found nothing wrong."""
    sql = rendered(covers)
    assert list(database_problems("covers_mysql", sql, WINDOW)) == []
    with covers_connection("covers_mysql") as connection:
        return list(chain.from_iterable(stream_covers(connection, sql, WINDOW)))


def csv_of(covers: CoversTable) -> bytes:
    sql, csv = rendered(covers), bytearray()
    with covers_connection("covers_mysql") as connection:
        expected = count_covers(connection, sql, WINDOW)
        batches = stream_covers(connection, sql, WINDOW)
        write_covers(batches, expected=expected, chunk_rows=5, write=csv.extend)
    return bytes(csv)


MOMENTS_INSIDE = [  # newest first
    "2026-11-01 23:59:59.999999",
    "2026-11-01 09:30:00.000000",  # in Los Angeles 01:30 for the second time on that day
    "2026-11-01 08:30:00.000000",  # and for the first
    "2026-10-31 16:00:00.000001",  # the first of November in Shanghai
    "2026-10-01 00:00:00.000001",
    "2026-10-01 00:00:00.000000",
]
MOMENTS_OUTSIDE = ["2026-09-30 23:59:59.999999", "2026-11-02 00:00:00.000000"]


def test_a_window_gives_the_same_bytes_in_any_time_zone_and_column_type(
    server: DatabaseServer,
) -> None:
    tables = {"with_datetime": "DATETIME(6)", "with_timestamp": "TIMESTAMP(6)"}
    rows = ", ".join(
        f"('ana', 'https://cdn.example/{number}', '{moment}')"
        for number, moment in enumerate(MOMENTS_INSIDE + MOMENTS_OUTSIDE)
    )
    for table, updated_at in tables.items():
        server.execute(
            f"CREATE TABLE {DATABASE}.{table} (id INT AUTO_INCREMENT PRIMARY KEY, "
            f"creator_name TEXT, cover_url TEXT, updated_at {updated_at} NULL)",
            f"INSERT INTO {DATABASE}.{table} (creator_name, cover_url, updated_at) VALUES {rows}",  # noqa: S608
        )
    written = HEADER + b"".join(
        f"ana,https://cdn.example/{number},{moment}\n".encode()
        for number, moment in enumerate(MOMENTS_INSIDE)
    )
    for zone, offset in [("UTC", 0), ("Asia/Shanghai", 8), ("America/Los_Angeles", -8)]:
        server.environment = {"TZ": zone}
        server.restart()
        assert hours_ahead_of_utc(server) == offset
        for table in tables:
            assert csv_of(CoversTable(table=table)) == written

    read = list(read_chunk(written.removeprefix(HEADER)))
    assert [row.updated_at for row in read if isinstance(row, CoverRow)] == [
        datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in MOMENTS_INSIDE
    ]


def hours_ahead_of_utc(server: DatabaseServer) -> int:
    """As a client finds it who sets no zone, on a winter's day."""
    with closing(server.connect()) as root:
        cursor = root.cursor()
        cursor.execute("SELECT TIMESTAMPDIFF(HOUR, FROM_UNIXTIME(0), '1970-01-01')")
        return -int(cursor.fetchone()[0])


@pytest.mark.parametrize(
    "text",
    ["utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_bin", "latin1_swedish_ci", "newest"],
)
def test_creators_are_distinguished_and_ordered_by_bytes_in_any_collation(
    server: DatabaseServer, text: str
) -> None:
    newest = {"mariadb": "utf8mb4_uca1400_ai_ci", "mysql": "utf8mb4_0900_ai_ci"}[server.flavour]
    collation = newest if text == "newest" else text
    encoding = collation.partition("_")[0]
    names = [*HOSTILE_NAMES, "zoë", "ÿ", "z", "\u0080", "ß", "ss", "€"]
    if encoding == "latin1":  # which is cp1252 to the server
        names = [name for name in names if can_encode(name, "cp1252")]
        assert "aná" in names
    table = f"in_{text}"
    server.execute(
        f"CREATE TABLE {DATABASE}.{table} (id INT AUTO_INCREMENT PRIMARY KEY, cover_url TEXT, "
        f"creator_name VARCHAR(400) CHARACTER SET {encoding} COLLATE {collation}, "
        "updated_at DATETIME, KEY (updated_at))",
    )
    insert(server, table, names)
    read = read_chunk(csv_of(CoversTable(table=table)).removeprefix(HEADER))
    found = [row.creator for row in read if isinstance(row, CoverRow)]
    assert found == sorted(2 * names, key=str.encode)


def can_encode(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def test_a_table_of_another_shape_needs_other_settings_and_no_other_sql(
    server: DatabaseServer,
) -> None:
    server.execute(
        "CREATE DATABASE `media-lake`",
        "CREATE TABLE `media-lake`.`select` ("
        "`order` BIGINT PRIMARY KEY, `group` INT, images JSON, `when` TIMESTAMP(3) NULL, "
        "deleted_at DATETIME NULL, label VARCHAR(20), "
        # Not the ones that are meant, though they are called so.
        "creator_name INT DEFAULT 7, updated_at INT DEFAULT 7, id INT DEFAULT 7)",
        "INSERT INTO `media-lake`.`select` (`order`, `group`, images, `when`, deleted_at, label) "
        """VALUES (1, 10, '["https://cdn.example/1"]', '2026-10-05', NULL, '50% off'), """
        """(2, 10, '{"url": "https://cdn.example/2"}', '2026-10-05', NULL, '50% off'), """
        """(3, 9, '"https://cdn.example/3"', '2026-10-06', NULL, '50% off'), """
        """(4, 9, '[]', '2026-10-07', '2026-10-08', '50% off'), """
        """(5, 9, '[]', '2026-10-07', NULL, 'all')""",
    )
    covers = CoversTable(
        table="media-lake.select",
        creator_name="group",
        cover_url="images",
        updated_at="when",
        id="order",
        only="deleted_at IS NULL AND label LIKE '%% off' -- the others are not ours",
    )
    found = [(name, json.loads(cover or b""), moment) for name, cover, moment in rows_of(covers)]
    assert found == [
        (b"10", {"url": "https://cdn.example/2"}, b"2026-10-05 00:00:00.000"),
        (b"10", ["https://cdn.example/1"], b"2026-10-05 00:00:00.000"),
        (b"9", "https://cdn.example/3", b"2026-10-06 00:00:00.000"),
    ]


def test_a_table_or_column_that_is_not_there_is_named_by_the_check(server: DatabaseServer) -> None:
    server.execute(f"CREATE TABLE IF NOT EXISTS {DATABASE}.covers (id INT, creator_name TEXT)")
    for covers, said in [
        (CoversTable(table="nowhere"), "nowhere"),
        (CoversTable(), "c.cover_url"),
        (CoversTable(only="label LIKE"), "1064"),
    ]:
        (problem,) = database_problems("covers_mysql", rendered(covers), WINDOW)
        assert said in problem.line
        assert not problem.may_pass
