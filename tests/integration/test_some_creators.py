"""Some creators out of a window, on MariaDB and on MySQL: counted, exported, and missed by name."""

from collections import Counter
from contextlib import closing

import pytest

from collage_airflow.database.census import creator_counts, sample_of_urls
from collage_airflow.database.connection import covers_connection
from collage_airflow.database.covers_table import CoversTable
from collage_airflow.preflight.manual import creator_problems
from collage_core.contract.window import Window
from collage_core.covers.cover_csv import HEADER, read_chunk
from collage_core.covers.creator_choice import CreatorChoice
from collage_core.covers.rows import CoverRow
from collage_core.database.query import count_covers
from collage_core.export.csv_writer import write_covers
from tests.support.covers_rows import stream_covers
from tests.support.covers_sql import rendered
from tests.support.dag_runs import NOVEMBER_1, OCTOBER_1
from tests.support.database_server import DatabaseServer
from tests.support.preflight import only
from tests.support.read_only import DATABASE
from tests.support.strategies import HOSTILE_NAMES

TABLE = "some_creators"
SQL = rendered(CoversTable(table=TABLE))
OCTOBER = Window(OCTOBER_1, NOVEMBER_1)
NAMES = [name for name in HOSTILE_NAMES if len(name) <= 200]
INJECTION = "x') OR 1=1 -- %s %(window_start)s"


@pytest.fixture(autouse=True)
def table(server: DatabaseServer) -> None:
    """Three covers of each awkward name, in October, and one in September."""
    with closing(server.connect(database=DATABASE)) as root:
        cursor = root.cursor()
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        cursor.execute(
            f"CREATE TABLE {TABLE} (id BIGINT AUTO_INCREMENT PRIMARY KEY, "
            "creator_name VARCHAR(255), cover_url TEXT, updated_at DATETIME, KEY (updated_at)) "
            "CHARACTER SET utf8mb4"
        )
        rows = [
            (name, f"https://cdn.example/{number}/{index}.jpg", f"2026-10-0{number + 1}")
            for index, name in enumerate([*NAMES, INJECTION, None, ""])
            for number in range(3)
        ]
        rows.append((NAMES[0], "https://cdn.example/september.jpg", "2026-09-30"))
        cursor.executemany(
            f"INSERT INTO {TABLE} (creator_name, cover_url, updated_at) VALUES (%s, %s, %s)",  # noqa: S608
            rows,
        )
        root.commit()


def exported(choice: CreatorChoice) -> Counter[str]:
    """The rows of each creator in the CSV of a run over October."""
    csv = bytearray()
    with covers_connection("covers_mysql") as connection:
        expected = count_covers(connection, SQL, OCTOBER)
        batches = stream_covers(connection, SQL, OCTOBER)
        write_covers(batches, expected=expected, chunk_rows=5, write=csv.extend, choice=choice)
    rows = read_chunk(bytes(csv[len(HEADER) :]))
    return Counter(row.creator for row in rows if isinstance(row, CoverRow))


def counted(choice: CreatorChoice | None) -> dict[bytes, int]:
    with covers_connection("covers_mysql") as connection:
        return dict(creator_counts(connection, SQL, OCTOBER, choice))


@pytest.mark.parametrize("name", [*NAMES, INJECTION], ids=ascii)
def test_a_name_means_itself_alone_whatever_the_collation_and_the_sql_say(name: str) -> None:
    choice = CreatorChoice((name,))
    assert exported(choice) == {name: 3}
    assert counted(choice) == {name.encode(): 3}
    assert list(creator_problems("covers_mysql", SQL, OCTOBER, choice)) == []


def test_a_limit_takes_the_same_creators_for_the_price_and_for_the_run() -> None:
    choice = CreatorChoice(limit=4)
    first = sorted(name.encode() for name in [*NAMES, INJECTION])[:4]
    assert counted(choice) == dict.fromkeys(first, 3)
    assert exported(choice) == {name.decode(): 3 for name in first}


def test_all_rows_are_counted_and_those_without_a_name_too() -> None:
    counts = counted(None)
    assert len(counts) == len(NAMES) + 2
    assert counts[b""] == 6  # NULL and the empty name
    with covers_connection("covers_mysql") as connection:
        assert sum(counts.values()) == count_covers(connection, SQL, OCTOBER)


def test_the_urls_that_are_looked_at_are_those_of_the_chosen_creators() -> None:
    with covers_connection("covers_mysql") as connection:
        everybody = sample_of_urls(connection, SQL, OCTOBER, rows=9)
        some = sample_of_urls(connection, SQL, OCTOBER, rows=3, creators=[INJECTION.encode()])
        few = sample_of_urls(connection, SQL, OCTOBER, rows=7000)
        none = sample_of_urls(connection, SQL, OCTOBER, rows=0)
    assert len(everybody) == 3 * (len(NAMES) + 3)
    expected = [f"https://cdn.example/{number}/{len(NAMES)}.jpg" for number in range(3)]
    assert sorted(some) == expected
    assert set(few) < set(everybody)
    assert none == []


def test_a_url_that_every_row_has_is_not_looked_at_in_all_of_them(server: DatabaseServer) -> None:
    with closing(server.connect(database=DATABASE)) as root:
        root.cursor().execute(
            f"INSERT INTO {TABLE} (creator_name, cover_url, updated_at) "  # noqa: S608
            "SELECT 'ana', 'https://cdn.example/same.jpg', '2026-10-01' "
            f"FROM {TABLE} AS a, {TABLE} AS b LIMIT 6000"
        )
        root.commit()
    with covers_connection("covers_mysql") as connection:
        assert len(sample_of_urls(connection, SQL, OCTOBER, rows=9)) == 5000


def test_names_that_differ_only_in_their_code_points_are_told_apart(server: DatabaseServer) -> None:
    with closing(server.connect(database=DATABASE)) as root:
        root.cursor().execute(
            f"INSERT INTO {TABLE} (creator_name, cover_url, updated_at) "  # noqa: S608
            "VALUES ('zoe\u0308', 'https://cdn.example/1.jpg', '2026-10-01')"
        )
        root.commit()
    line = only(creator_problems("covers_mysql", SQL, OCTOBER, CreatorChoice(("zo\u00eb",)))).line
    assert r"creators: 'zoë' ('zo\xeb') of the 1 named are not in" in line
    assert line.endswith(r"; there is 'zoë' ('zoe\u0308')")


def test_a_creator_who_is_not_there_is_named_with_those_who_look_alike() -> None:
    choice = CreatorChoice((NAMES[0], "nobody.at.all", "Ana "))
    line = only(creator_problems("covers_mysql", SQL, OCTOBER, choice)).line
    assert line.startswith("creators: 'nobody.at.all'")
    assert "of the 3 named are not in [2026-10-01 00:00:00, 2026-11-01 00:00:00) UTC" in line
    assert "there is ' ana', 'Ana', 'ana', 'ana '" in line
