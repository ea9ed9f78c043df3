"""Every way in which a column can hold a time, on both servers: window, CSV and check."""

import re
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from collage_airflow.database.connection import covers_connection
from collage_airflow.database.covers_table import CoversTable
from collage_airflow.preflight.covers import covers_problems
from collage_core.contract.reasons import Reason
from collage_core.contract.rejected import RejectedRow
from collage_core.covers.cover_csv import HEADER, read_chunk
from collage_core.covers.rows import CoverRow
from tests.support.covers_sql import rendered, rendered_task
from tests.support.dag_runs import dag_run
from tests.support.database_server import DatabaseServer
from tests.support.extract_world import OCTOBER
from tests.support.read_only import (
    CONNECTION,
    DATABASE,
    csv_of,
    execute,
    problems_of,
)

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def make(server: DatabaseServer, time_type: str, values: list[str], *, padding: int = 0) -> None:
    """A table `posts` whose time column has an index; cover n has the nth value."""
    rows = ", ".join(
        f"('ana', 'https://cdn.example/{number}', {value})" for number, value in enumerate(values)
    )
    columns = "creator_name, cover_url"
    again = f"SELECT {columns}, {values[-1]} FROM posts LIMIT {padding}"  # noqa: S608
    more = [f"INSERT INTO posts ({columns}, create_time) {again}"] * (12 if padding else 0)
    execute(
        server,
        [
            "DROP TABLE IF EXISTS posts",
            (
                "CREATE TABLE posts (id INT AUTO_INCREMENT PRIMARY KEY, creator_name VARCHAR(99), "
                f"cover_url VARCHAR(99), create_time {time_type}, KEY (create_time))"
            ),
            f"INSERT INTO posts (creator_name, cover_url, create_time) VALUES {rows}",  # noqa: S608
            *more,
        ],
    )
    with closing(server.connect(database=DATABASE)) as root:
        root.cursor().execute("ANALYZE TABLE posts")


def posts(holds: str | None = None) -> CoversTable:
    kind = {} if holds is None else {"updated_at_holds": holds}
    return CoversTable(table="posts", updated_at="create_time", **kind)


def rows_of(covers: CoversTable) -> list[CoverRow | RejectedRow]:
    return list(read_chunk(csv_of(covers).removeprefix(HEADER)))


def found(covers: CoversTable) -> list[tuple[str, datetime | None]]:
    return [
        (row.url.rpartition("/")[2], row.updated_at)
        for row in rows_of(covers)
        if isinstance(row, CoverRow)
    ]


INSIDE = [OCTOBER.end - SECOND, datetime(2026, 10, 14, 8, 30, tzinfo=UTC), OCTOBER.start]
OUTSIDE = [OCTOBER.start - SECOND, OCTOBER.end, OCTOBER.end + 40 * DAY]
DAYS = [moment.replace(hour=0, minute=0, second=0) for moment in INSIDE]


def as_text(form: str) -> "list[str]":
    return [f"'{moment.strftime(form)}'" for moment in INSIDE + OUTSIDE]


def as_number(unit: float) -> list[str]:
    return [str(int(seconds(moment) * unit)) for moment in INSIDE + OUTSIDE]


ISO_WITH_OFFSETS = [
    "'2026-11-01T04:59:59+05:00'",
    "'2026-10-14T01:30:00-0700'",
    "'2026-10-01T00:00:00Z'",
    "'2026-10-01T01:59:59+02:00'",
    "'2026-10-31T20:00:00-04:00'",
    "'2026-12-11T00:00:00Z'",
]
AT_SECONDS = [
    ("INT", "unix_seconds", as_number(1)),
    ("INT UNSIGNED", "unix_seconds", as_number(1)),
    ("BIGINT", "unix_seconds", as_number(1)),
    ("BIGINT UNSIGNED", "unix_milliseconds", as_number(1e3)),
    ("BIGINT", "unix_microseconds", as_number(1e6)),
    ("DECIMAL(16, 3)", "unix_seconds", as_number(1)),
    ("DECIMAL(20, 0)", "unix_microseconds", as_number(1e6)),
    ("DOUBLE", "unix_seconds", as_number(1)),
    ("DOUBLE", "unix_milliseconds", as_number(1e3)),
    ("BIGINT", "%Y%m%d%H%M%S", [value.strip("'") for value in as_text("%Y%m%d%H%M%S")]),
    ("DATETIME", "datetime", as_text("%Y-%m-%d %H:%M:%S")),
    ("DATETIME(3)", "datetime", as_text("%Y-%m-%d %H:%M:%S")),
    ("TIMESTAMP NULL", "datetime", as_text("%Y-%m-%d %H:%M:%S")),
    ("VARCHAR(32)", "%Y-%m-%d %H:%M:%S", as_text("%Y-%m-%d %H:%M:%S")),
    ("VARCHAR(32) CHARACTER SET latin1", "%Y-%m-%dT%H:%M:%SZ", as_text("%Y-%m-%dT%H:%M:%SZ")),
    ("VARBINARY(32)", "%Y-%m-%dT%H:%M:%S", as_text("%Y-%m-%dT%H:%M:%S")),
    ("CHAR(26)", "%Y-%m-%d %H:%M:%S.%f", as_text("%Y-%m-%d %H:%M:%S.%f")),
    ("VARCHAR(32)", "%Y-%m-%dT%H:%M:%S%z", ISO_WITH_OFFSETS),
    ("VARCHAR(32) CHARACTER SET ucs2", "%Y-%m-%dT%H:%M:%SZ", as_text("%Y-%m-%dT%H:%M:%SZ")),
    ("VARCHAR(32) CHARACTER SET utf16", "%Y-%m-%dT%H:%M:%S%z", ISO_WITH_OFFSETS),
]
AT_DAYS = [
    ("DATE", "date", as_text("%Y-%m-%d")),
    ("INT", "%Y%m%d", [value.strip("'") for value in as_text("%Y%m%d")]),
    ("CHAR(8)", "%Y%m%d", as_text("%Y%m%d")),
    ("VARCHAR(10)", "%Y-%m-%d", as_text("%Y-%m-%d")),
]
WITHOUT_INDEX = [
    ("VARCHAR(16)", "unix_seconds", as_number(1)),
    ("VARCHAR(20)", "unix_milliseconds", [f"'{value}'" for value in as_number(1e3)]),
    ("VARCHAR(24)", "%m/%d/%Y %H:%M:%S", as_text("%m/%d/%Y %H:%M:%S")),
    ("VARCHAR(24)", "%d.%m.%Y %H:%M:%S", as_text("%d.%m.%Y %H:%M:%S")),
    ("VARCHAR(64)", "%a %b %d %H:%M:%S +0000 %Y", as_text("%a %b %d %H:%M:%S +0000 %Y")),
]


def kind(case: tuple[str, str, list[str]]) -> str:
    return f"{case[0]} {case[1]}".replace("%", "")


@pytest.mark.parametrize("case", AT_SECONDS + AT_DAYS, ids=kind)
def test_a_window_holds_its_moments_to_the_second_and_an_index_finds_them(
    server: DatabaseServer, case: tuple[str, str, list[str]]
) -> None:
    time_type, holds, values = case
    make(server, time_type, values, padding=300)
    covers = posts(holds)
    assert problems_of(covers) == []
    moments = DAYS if case in AT_DAYS else INSIDE
    assert found(covers) == [(str(number), moment) for number, moment in enumerate(moments)]
    assert uses_index(server, covers)


def uses_index(server: DatabaseServer, covers: CoversTable) -> bool:
    """Whether the server plans to look for the window's rows in the index of the column."""
    bounds = {"window_start": "'2026-10-01 00:00:00'", "window_end": "'2026-11-01 00:00:00'"}
    with closing(server.connect(database=DATABASE)) as root:
        cursor = root.cursor()
        explain = "EXPLAIN FORMAT=TREE " if server.flavour == "mysql" else "EXPLAIN "
        cursor.execute(explain + rendered(covers) % bounds)
        plan = str(cursor.fetchall())
    return ("Index range scan" if server.flavour == "mysql" else "'range'") in plan


@pytest.mark.parametrize("case", WITHOUT_INDEX, ids=kind)
def test_text_that_does_not_sort_by_time_is_read_without_the_index(
    server: DatabaseServer, case: tuple[str, str, list[str]]
) -> None:
    time_type, holds, values = case
    make(server, time_type, values)
    assert problems_of(posts(holds)) == []
    assert found(posts(holds)) == [(str(number), at) for number, at in enumerate(INSIDE)]


@pytest.mark.parametrize("case", AT_SECONDS + AT_DAYS + WITHOUT_INDEX, ids=kind)
def test_what_check_says_about_a_column_without_a_declaration_makes_it_right(
    server: DatabaseServer, case: tuple[str, str, list[str]]
) -> None:
    time_type, _, values = case
    make(server, time_type, values)
    said = problems_of(posts())
    covers = posts()
    if said:
        (line,) = said
        assert line.startswith("updated_at_holds of CoversTable is 'datetime', but create_time is")
        fix = re.search(r'set updated_at_holds="([^"]+)"', line)
        assert fix is not None
        covers = posts(fix[1])
    assert problems_of(covers) == []
    moments = DAYS if case in AT_DAYS else INSIDE
    assert found(covers) == [(str(number), moment) for number, moment in enumerate(moments)]


def test_a_wrong_declaration_is_named_with_the_value_and_the_right_one(
    server: DatabaseServer,
) -> None:
    make(server, "BIGINT", ["1760430600"])
    for declared in ("datetime", "date", "unix_milliseconds", "unix_microseconds", "%Y%m%d"):
        assert problems_of(posts(declared)) == [
            (
                f"updated_at_holds of CoversTable is {declared!r}, but create_time is BIGINT "
                'and holds 1760430600: set updated_at_holds="unix_seconds"'
            )
        ]
    make(server, "VARCHAR(30)", ["'14/10/2026'", "'05/10/2026'"])
    assert problems_of(posts("%m/%d/%Y")) == [
        (
            "updated_at_holds of CoversTable is '%m/%d/%Y', but create_time is VARCHAR and holds "
            "'14/10/2026': set updated_at_holds=\"%d/%m/%Y\""
        )
    ]
    make(server, "DATETIME", ["'2026-10-14'"])
    assert problems_of(posts("unix_seconds")) == [
        (
            "updated_at_holds of CoversTable is 'unix_seconds', but create_time is DATETIME: "
            'set updated_at_holds="datetime"'
        )
    ]


@pytest.mark.parametrize(
    ("time_type", "value"),
    [
        ("YEAR", "2026"),
        ("TIME", "'08:30:00'"),
        ("ENUM('2026-10-14')", "1"),
        ("BIT(8)", "1"),
        ("FLOAT", "1760430600"),
    ],
)
def test_a_type_that_holds_no_moment_is_refused_by_name(
    server: DatabaseServer, time_type: str, value: str
) -> None:
    make(server, time_type, [value])
    (line,) = problems_of(posts())
    name = time_type.partition("(")[0]
    assert line.startswith(f"updated_at of CoversTable is 'create_time', which is {name} and holds")


def test_an_ambiguous_date_is_answered_with_both_formats(
    server: DatabaseServer,
) -> None:
    make(server, "VARCHAR(10)", ["'05/10/2026'"])
    (line,) = problems_of(posts())
    assert line.endswith('set updated_at_holds="%m/%d/%Y", or "%d/%m/%Y" if the day comes first')


def test_a_url_in_the_place_of_a_moment_is_shown_without_its_signature(
    server: DatabaseServer, caplog: pytest.LogCaptureFixture
) -> None:
    make(server, "VARCHAR(99)", ["'https://cdn.example/1?x-signature=abc'"])
    (line,) = problems_of(posts())
    assert "https://cdn.example/1" in line
    assert "signature" not in line + caplog.text


def test_values_that_are_no_moment_or_are_of_two_kinds_are_refused(server: DatabaseServer) -> None:
    make(server, "BIGINT", ["7", "12"])
    assert "which is not a time in a known format" in problems_of(posts())[0]
    make(server, "BIGINT", ["1760430600", "1760430600000"])
    assert "holds values of several kinds" in problems_of(posts())[0]
    make(server, "BIGINT", ["NULL"])
    assert "has no value to tell from" in problems_of(posts())[0]
    assert problems_of(posts("unix_seconds")) == []


def test_a_month_far_from_now_is_found_in_an_epoch(server: DatabaseServer) -> None:
    later = datetime(2040, 5, 5, tzinfo=UTC)
    make(server, "BIGINT", [str(seconds(later))])
    run = dag_run(
        "scheduled",
        logical_date=datetime(2040, 5, 1, tzinfo=UTC),
        data_interval_start=datetime(2040, 5, 1, tzinfo=UTC),
        data_interval_end=datetime(2040, 6, 1, tzinfo=UTC),
        run_after=datetime(2040, 6, 1, tzinfo=UTC),
    )
    sql = rendered_task(posts("unix_seconds"), dag_run=run, params={}).sql
    bounds = ("2040-05-01 00:00:00", "2040-06-01 00:00:00")
    with covers_connection(CONNECTION) as connection:
        cursor = connection.cursor()
        cursor.execute(sql, dict(zip(("window_start", "window_end"), bounds, strict=True)))
        ((_, _, moment),) = cursor.fetchall()
    assert moment == b"2040-05-05 00:00:00"


HALF_ZERO = [
    ("DATE", "date", "'2026-09-00'", "'2026-10-00'", "'2026-11-00'", "'0000-00-00'"),
    ("DATETIME", "datetime", "'2026-09-00'", "'2026-10-00'", "'2026-11-00'", "'0000-00-00'"),
    ("DATETIME(6)", "datetime", "'2026-09-00'", "'2026-10-00 09:00'", "'2026-11-00'", "0"),
    ("TIMESTAMP NULL", "datetime", "NULL", "'0000-00-00'", "NULL", "NULL"),
    ("INT", "%Y%m%d", "20260900", "20261000", "20261100", "0"),
    ("CHAR(8)", "%Y%m%d", "'20260900'", "'20261000'", "'20261100'", "'00000000'"),
    ("VARCHAR(20)", "%Y-%m-%dT%H:%M:%SZ", *(f"'2026-{m}-00T01:02:03Z'" for m in ("09", 10, 11)), 0),
    (
        "VARCHAR(20)",
        "%Y-%m-%dT%H:%M:%S%z",
        *(f"'2026-{m}-00T01:02:03Z'" for m in ("09", 10, 11)),
        0,
    ),
]


@pytest.mark.parametrize(
    "case", HALF_ZERO, ids=lambda case: f"{case[0]} {case[1]}".replace("%", "")
)
def test_a_date_without_its_day_is_a_rejected_row_of_its_own_month(
    server: DatabaseServer, case: tuple[str, ...]
) -> None:
    time_type, holds, before, inside, after, never = case
    if not never:
        never = "'0000-00-00'"
    make(server, time_type, [before, inside, after, never])
    assert problems_of(posts(holds)) == []
    rows = rows_of(posts(holds))
    assert {(row.creator, row.reason) for row in rows if isinstance(row, RejectedRow)} == {
        ("ana", Reason.BAD_ROW)
    }
    numbers = re.findall(rb"cdn.example/(\d)", csv_of(posts(holds)))
    assert set(numbers) == ({b"1"} if never == "NULL" else {b"1", b"3"})


IN_DISORDER = [
    # A time that sorts into another month, and a time without the offset that the format has
    ("%Y-%m-%d", ["'2026-10-9'", "'2026-10-32'"]),
    ("%Y-%m-%d %H:%M:%S", ["'2026-11-01'", "'2026-11-01 00:00'", "'2026-10-5 00:00:00'"]),
    (
        "%Y-%m-%dT%H:%M:%S%z",
        [
            *("'2026-10-14T08:30:15'", "'2026-10-14T08:30:15+02'", "'2026-10-14T08:30:15 CET'"),
            *("'2026-10-14T08:30:15+99:99'", "'2026-10-14T08:30:15+02:00:00'", "'2026-10-14'"),
        ],
    ),
    ("%d/%m/%Y %H:%M:%S%z", ["'14/10/2026 08:30:15'", "'14/10/2026 08:30:15+2'"]),
]


@pytest.mark.parametrize("case", IN_DISORDER, ids=lambda case: case[0].replace("%", ""))
def test_text_that_does_not_match_its_format_is_rejected(
    server: DatabaseServer, case: tuple[str, list[str]]
) -> None:
    holds, values = case
    make(server, "VARCHAR(40)", values)
    assert found(posts(holds)) == []
    # An invalid date may belong to the next month.
    rejected = [row for row in rows_of(posts(holds)) if isinstance(row, RejectedRow)]
    assert len(rejected) >= len(values) - 1
    assert {row.reason for row in rejected} == {Reason.BAD_ROW}


@pytest.mark.parametrize("holds", ["%m/%d/%Y", "%d/%m/%Y %H:%M:%S%z", "%Y-%m-%d", "unix_seconds"])
def test_null_and_blank_text_belong_to_no_month(server: DatabaseServer, holds: str) -> None:
    make(server, "VARCHAR(40)", ["NULL", "''", "'  '"])
    assert rows_of(posts(holds)) == []


def test_a_leading_blank_is_reported_where_the_window_would_not_find_it(
    server: DatabaseServer,
) -> None:
    make(server, "VARCHAR(40)", ["' 2026-10-14'"])
    for holds in (None, "%Y-%m-%d"):
        (line,) = problems_of(posts(holds))
        assert "holds ' 2026-10-14', which is not a time in a known format" in line
    for value, holds in ((" 1791966600", "unix_seconds"), (" 14.10.2026", "%d.%m.%Y")):
        make(server, "VARCHAR(40)", [f"'{value}'"])
        (line,) = problems_of(posts())
        assert line.endswith(f'set updated_at_holds="{holds}"')
        assert problems_of(posts(holds)) == []
        assert len(found(posts(holds))) == 1


def test_blanks_behind_a_moment_are_no_part_of_it(server: DatabaseServer) -> None:
    make(server, "VARCHAR(40)", ["'2026-10-14T08:30:15Z '", "'2026-10-14T10:30:15+02:00  '"])
    covers = posts("%Y-%m-%dT%H:%M:%S%z")
    assert problems_of(covers) == []
    assert {moment for _, moment in found(covers)} == {
        datetime(2026, 10, 14, 8, 30, 15, tzinfo=UTC)
    }


def test_a_year_without_its_month_is_no_row_of_october(
    server: DatabaseServer,
) -> None:
    make(server, "DATE", ["'2026-00-00'", "'2027-00-00'"])
    assert rows_of(posts("date")) == []


def test_an_unknown_time_zone_is_named_by_the_check(
    server: DatabaseServer,
) -> None:
    make(server, "DATETIME", ["'2026-10-14'"])
    zoned = "CONVERT_TZ(create_time, '{}', '+00:00')"
    sql = (
        "SELECT creator_name, cover_url, {0} AS updated_at FROM `posts` "
        "WHERE {0} >= %(window_start)s AND {0} < %(window_end)s "
        "ORDER BY CAST(creator_name AS BINARY)"
    )
    (problem,) = covers_problems(
        CONNECTION, sql.format(zoned.format("Europe/Berlin")), OCTOBER, None
    )
    assert "NULL for the zone 'Europe/Berlin'" in problem.line
    nested = sql.format("CONVERT_TZ(COALESCE(create_time, '(,'), 'UTC', 'Mars/Base')")
    (*_, problem) = covers_problems(CONNECTION, nested, OCTOBER, None)
    assert "NULL for the zone 'UTC'" in problem.line or "'Mars/Base'" in problem.line
    by_offset = sql.format(zoned.format("+02:00"))
    assert list(covers_problems(CONNECTION, by_offset, OCTOBER, None)) == []


def test_own_sql_that_gives_a_number_is_answered_with_how_to_give_a_time(
    server: DatabaseServer,
) -> None:
    make(server, "BIGINT", ["1791966600"])
    sql = "SELECT creator_name, cover_url, {} AS updated_at FROM posts ORDER BY creator_name"
    (problem,) = covers_problems(CONNECTION, sql.format("create_time"), OCTOBER, None)
    assert problem.line.startswith("the SQL gives updated_at as BIGINT: it must give a DATETIME")
    said = re.search(r"as (TIMESTAMP.* SECOND);", problem.line)
    assert said is not None
    assert list(covers_problems(CONNECTION, sql.format(said[1]), OCTOBER, None)) == []


@pytest.mark.parametrize("field", ["creator_name", "id"])
def test_a_float_that_merges_several_creators_or_ids_is_refused(
    server: DatabaseServer, field: str
) -> None:
    execute(
        server,
        [
            "DROP TABLE IF EXISTS floats",
            (
                "CREATE TABLE floats (creator_name VARCHAR(9), cover_url TEXT, "
                "updated_at DATETIME, id INT, number FLOAT)"
            ),
        ],
    )
    names = {field: "number"}
    (line,) = problems_of(CoversTable(table="floats", **names))
    assert line.startswith(f"{field} of CoversTable is 'number', which is FLOAT")


def test_the_cover_of_a_json_column_is_the_same_on_both_servers(server: DatabaseServer) -> None:
    make(server, "DATETIME", ["'2026-10-14'"])
    execute(
        server,
        [
            "ALTER TABLE posts DROP COLUMN cover_url, ADD COLUMN cover_url JSON",
            (
                'UPDATE posts SET cover_url = \'{"play": "https://cdn.example/play.mp4", '
                '"thumbnail_src": "https://cdn.example/src", "cover": "https://cdn.example/cover", '
                '"zz": "https://cdn.example/zz", "aaa": "https://cdn.example/aaa"}\''
            ),
        ],
    )
    (row,) = rows_of(posts())
    assert isinstance(row, CoverRow)
    assert row.url == "https://cdn.example/cover"
    at_path = CoversTable(table="posts", updated_at="create_time", cover_json="$.zz")
    (row,) = rows_of(at_path)
    assert isinstance(row, CoverRow)
    assert row.url == "https://cdn.example/zz"
    astray = CoversTable(table="posts", updated_at="create_time", cover_json="$.video.cover")
    (line,) = problems_of(astray)
    assert "leads to nothing in the first 1 values of cover_url" in line
    assert "the keys aaa, cover, play, thumbnail_src, zz" in line
    assert "https" not in line
