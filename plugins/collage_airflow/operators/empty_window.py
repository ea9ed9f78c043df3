"""Reports a window without covers, with what the table contains; an error if the DAG says so."""

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from collage_airflow.dag_run.identity import RunIdentity
from collage_airflow.database.covers_table import CoversTable
from collage_airflow.database.query import span_of_covers, span_of_table
from collage_core.contract.window import Window
from collage_core.errors import SettingError

if TYPE_CHECKING:
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

_ALL_TIME = Window(datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))

_log = logging.getLogger(__name__)


class EmptyWindowError(SettingError):
    """A scheduled run finds no covers, and the DAG treats this as a failure."""


def tell_of_empty_window(
    connection: "Connection",
    sql: str,
    covers: CoversTable | None,
    run: RunIdentity,
    window: Window,
    *,
    may_be_empty: bool,
) -> None:
    """Log a warning with the newest and the oldest time in the table.

    Raises EmptyWindowError for a scheduled run, unless it `may_be_empty`.
    """
    found = f"0 covers in {window}: {_all_covers(connection, sql, covers)}"
    if run.is_scheduled and not may_be_empty:
        raise EmptyWindowError(
            f"{found}. FAIL_ON_EMPTY of the DAG is set, so nothing was written: clear this "
            "task when the rows are there, or the settings of the table are right"
        )
    _log.warning("%s. A repeated run without covers reads the database again", found)


def _all_covers(connection: "Connection", sql: str, covers: CoversTable | None) -> str:
    """What the SQL finds in any window, or why it finds nothing."""
    span = span_of_covers(connection, sql, _ALL_TIME)
    if span.rows:
        return f"the SQL gives {span.rows} in other windows, from {span.oldest} to {span.newest}"
    nothing = "the SQL gives no row in any window"
    if covers is None or not covers.is_read_by(sql):
        return (
            f"{nothing}: one of its conditions is never true, or a function gives NULL, as "
            "CONVERT_TZ does where the server has no time zone tables"
        )
    table = span_of_table(connection, covers)
    if not table.rows:
        return f"table {covers.table} is empty"
    return (
        f"{nothing}, though table {covers.table} has {table.rows} rows with {covers.updated_at} "
        f"from {table.oldest} to {table.newest}: correct updated_at, updated_at_holds or only of "
        "CoversTable"
    )
