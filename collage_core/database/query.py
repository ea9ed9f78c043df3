"""The count and the query of the covers in a window. The SQL has placeholders for its ends."""

from typing import Any

from collage_core.contract.window import Window
from collage_core.covers.creator_choice import CreatorChoice
from collage_core.database.driver import Connection
from collage_core.database.statement import without_terminator
from collage_core.errors import SettingError
from collage_core.export.covers import CoversQuery


def count_covers(connection: Connection, sql: str, window: Window) -> int:
    """How many rows `sql` returns."""
    return int(ask_about(connection, "SELECT COUNT(*) FROM ({}) AS covers", sql, window)[0])


def covers_query(
    sql: str, window: Window, *, expected: int, choice: CreatorChoice | None = None
) -> CoversQuery:
    """What the export asks for the rows of `sql`, of which there are `expected`.

    It keeps those of the creators of `choice`, or all.
    """
    return CoversQuery(without_terminator(sql), _bounds(window), expected, choice)


def ask_about(connection: Connection, question: str, sql: str, window: Window) -> Any:
    """The first row of the answer; `question` is a SELECT with {} for `sql` as a subquery."""
    return executed(connection, question, sql, window).fetchone()


def executed(
    connection: Connection,
    question: str,
    sql: str,
    window: Window,
    *,
    cursor: Any = None,
    **values: object,
) -> Any:
    """The cursor that has asked `question`, as for `ask_about`.

    It is `cursor`, or a new one, which holds the whole answer. `values` fill further placeholders
    of the question; the driver makes them safe, a tuple as a list in parentheses.

    Raises SettingError if `sql` has other placeholders than those of a window, and the driver's
    error if the server refuses the statement.
    """
    cursor = cursor or connection.cursor()
    statement = question.replace("{}", f"\n{without_terminator(sql)}\n")
    try:
        cursor.execute(statement, {**_bounds(window), **values})
    except (KeyError, ValueError, connection.ProgrammingError) as error:
        # The driver's own error about a placeholder has a text, a server's error has a number.
        if isinstance(error, connection.ProgrammingError) and isinstance(error.args[0], int):
            raise
        raise SettingError(
            f"the placeholders of the SQL cannot be filled in ({error}): it may have "
            "%(window_start)s and %(window_end)s, and any other percent sign twice"
        ) from error
    return cursor


def _bounds(window: Window) -> dict[str, str]:
    """What the placeholders of the SQL stand for."""
    return {
        "window_start": f"{window.start:%Y-%m-%d %H:%M:%S.%f}",
        "window_end": f"{window.end:%Y-%m-%d %H:%M:%S.%f}",
    }
