"""What else the database is asked about covers: columns and spans, and rows as a stream."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from collage_airflow.database.columns import Column, columns_of
from collage_airflow.database.covers_table import CoversTable
from collage_core.contract.window import Window
from collage_core.database.query import ask_about, executed

if TYPE_CHECKING:
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]
    from MySQLdb.cursors import BaseCursor  # type: ignore[import-untyped]


def column_names(connection: "Connection", sql: str, window: Window) -> list[str]:
    """The names of the columns of `sql`; raises the driver's error when it cannot be executed."""
    return [column.name for column in result_columns(connection, sql, window)]


def result_columns(connection: "Connection", sql: str, window: Window) -> list[Column]:
    """The columns of `sql`, with their types."""
    return columns_of(executed(connection, "SELECT * FROM ({}) AS covers LIMIT 0", sql, window))


@dataclass(frozen=True, slots=True)
class Span:
    """The number of rows, and their oldest and newest time as text of the server."""

    rows: int
    oldest: str | None
    newest: str | None


def span_of_covers(connection: "Connection", sql: str, window: Window) -> Span:
    """The span of the rows that `sql` returns for a window."""
    question = "SELECT COUNT(*), MIN(updated_at), MAX(updated_at) FROM ({}) AS covers"
    return _span(ask_about(connection, question, sql, window))


def span_of_table(connection: "Connection", covers: CoversTable) -> Span:
    """The span of the whole table, without `only`, with times as they are in the column."""
    parts = covers.in_sql()
    time = f"c.{parts['updated_at']}"
    cursor = connection.cursor()
    cursor.execute(
        f"SELECT COUNT(*), MIN({time}), MAX({time}) FROM {parts['table']} AS c",  # noqa: S608
        (),
    )
    return _span(cursor.fetchone())


def _span(row: Any) -> Span:
    rows, oldest, newest = row
    return Span(int(rows), _text(oldest), _text(newest))


def _text(value: bytes | None) -> str | None:
    return None if value is None else shown_value(value.decode(errors="replace"))


def shown_value(value: str) -> str:
    """The start of a value for a message, without a query: in a wrong column it may be a URL."""
    return value.partition("?")[0][:40]


def streaming_cursor(connection: "Connection") -> "BaseCursor":
    """A cursor that passes the rows on as the server sends them, and never holds all of them."""
    from MySQLdb.cursors import SSCursor

    return connection.cursor(SSCursor)
