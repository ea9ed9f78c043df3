"""What MySQL or MariaDB is asked about the covers of a window: count, columns, rows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collage_airflow.dag_run.window import Window
from collage_airflow.database.columns import Column, columns_of
from collage_airflow.database.covers_table import CoversTable
from collage_airflow.database.statement import without_terminator
from collage_core.errors import SettingError
from collage_core.export.covers import CoversQuery

if TYPE_CHECKING:
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]
    from MySQLdb.cursors import BaseCursor  # type: ignore[import-untyped]


def count_covers(connection: "Connection", sql: str, window: Window) -> int:
    """How many rows `sql` returns."""
    cursor = connection.cursor()
    _execute(cursor, f"SELECT COUNT(*) FROM (\n{_body(sql)}\n) AS covers", window)  # noqa: S608
    return int(cursor.fetchone()[0])


def column_names(connection: "Connection", sql: str, window: Window) -> list[str]:
    """The names of the columns of `sql`; raises the driver's error when it cannot be executed."""
    return [column.name for column in result_columns(connection, sql, window)]


def result_columns(connection: "Connection", sql: str, window: Window) -> list[Column]:
    """The columns of `sql`, with their types."""
    cursor = connection.cursor()
    _execute(cursor, f"SELECT * FROM (\n{_body(sql)}\n) AS covers LIMIT 0", window)  # noqa: S608
    return columns_of(cursor)


@dataclass(frozen=True, slots=True)
class Span:
    """The number of rows, and their oldest and newest time as text of the server."""

    rows: int
    oldest: str | None
    newest: str | None


def span_of_covers(connection: "Connection", sql: str, window: Window) -> Span:
    """The span of the rows that `sql` returns for a window."""
    cursor = connection.cursor()
    figures = "COUNT(*), MIN(updated_at), MAX(updated_at)"
    _execute(cursor, f"SELECT {figures} FROM (\n{_body(sql)}\n) AS covers", window)  # noqa: S608
    return _span(cursor)


def span_of_table(connection: "Connection", covers: CoversTable) -> Span:
    """The span of the whole table, without `only`, with times as they are in the column."""
    parts = covers.in_sql()
    time = f"c.{parts['updated_at']}"
    cursor = connection.cursor()
    cursor.execute(
        f"SELECT COUNT(*), MIN({time}), MAX({time}) FROM {parts['table']} AS c",  # noqa: S608
        (),
    )
    return _span(cursor)


def _span(cursor: "BaseCursor") -> Span:
    rows, oldest, newest = cursor.fetchone()
    return Span(int(rows), _text(oldest), _text(newest))


def _text(value: bytes | None) -> str | None:
    return None if value is None else shown_value(value.decode(errors="replace"))


def shown_value(value: str) -> str:
    """The start of a value for a message, without a query: in a wrong column it may be a URL."""
    return value.partition("?")[0][:40]


def covers_query(sql: str, window: Window, *, expected: int) -> CoversQuery:
    """What the export asks for the rows of `sql`, of which there are `expected`."""
    return CoversQuery(_body(sql), _bounds(window), expected)


def streaming_cursor(connection: "Connection") -> "BaseCursor":
    """A cursor that passes the rows on as the server sends them, and never holds all of them."""
    from MySQLdb.cursors import SSCursor

    return connection.cursor(SSCursor)


def _body(sql: str) -> str:
    return without_terminator(sql)


def _bounds(window: Window) -> dict[str, str]:
    """What the placeholders %(window_start)s and %(window_end)s stand for."""
    return {
        "window_start": f"{window.start:%Y-%m-%d %H:%M:%S.%f}",
        "window_end": f"{window.end:%Y-%m-%d %H:%M:%S.%f}",
    }


def _execute(cursor: "BaseCursor", sql: str, window: Window) -> None:
    from MySQLdb import ProgrammingError  # type: ignore[import-untyped]

    try:
        cursor.execute(sql, _bounds(window))
    except (KeyError, ValueError, ProgrammingError) as error:
        # The driver's own error about a placeholder has a text, a server's error has a number.
        if isinstance(error, ProgrammingError) and isinstance(error.args[0], int):
            raise
        raise SettingError(
            f"the placeholders of the SQL cannot be filled in ({error}): it may have "
            "%(window_start)s and %(window_end)s, and any other percent sign twice"
        ) from error
