"""Whether the columns contain what CoversTable says, judged by a few values of each."""

import json
import logging
from collections.abc import Iterator, Set
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowNotFoundException

from collage_airflow.database.columns import FLOATS, TEXTS, Column
from collage_airflow.database.connection import covers_connection
from collage_airflow.database.covers_table import CoversTable
from collage_airflow.database.query import result_columns
from collage_airflow.preflight.problem import Problem
from collage_airflow.preflight.table_sample import TableSample
from collage_airflow.preflight.time_zones import zone_problems
from collage_airflow.preflight.updated_at import DATETIMES, updated_at_problems
from collage_core.contract.window import Window
from collage_core.database.time_column import DATE
from collage_core.errors import SettingError

if TYPE_CHECKING:
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

_log = logging.getLogger(__name__)


def covers_problems(
    mysql_conn_id: str, sql: str, window: Window, covers: CoversTable | None
) -> Iterator[Problem]:
    """A problem for each column that does not contain what `covers` says.

    Args:
        mysql_conn_id: the Airflow connection.
        sql: the rendered SQL; if it does not read the columns of `covers`, only its result is
            checked.
        window: any window; the SQL is not run, only described.
        covers: the settings of the table, None for SQL with its own names.

    A database that cannot be reached gives no problem here: `database_problems` reports it.
    """
    from MySQLdb import MySQLError  # type: ignore[import-untyped]

    try:
        with covers_connection(mysql_conn_id) as connection:
            yield from zone_problems(connection, sql)
            if covers is not None and covers.is_read_by(sql):
                yield from _table_problems(TableSample(connection, covers))
            else:
                yield from _sql_problems(connection, sql, window)
    except (AirflowNotFoundException, SettingError, MySQLError) as error:
        _log.warning("The values in the columns of the covers were not checked: %s", error)


def _sql_problems(connection: "Connection", sql: str, window: Window) -> Iterator[Problem]:
    """Whether SQL with its own names gives times, as far as its types show."""
    *_, updated_at = result_columns(connection, sql, window)
    if updated_at.type not in {*DATETIMES, DATE.upper(), *TEXTS}:
        yield Problem(
            f"the SQL gives updated_at as {updated_at.type}: it must give a DATETIME in UTC or "
            "text of ISO 8601, for seconds since 1970 as TIMESTAMP'1970-01-01 00:00:00' + "
            "INTERVAL create_time SECOND; or name the column in CoversTable with "
            "updated_at_holds, and leave the SQL file as it comes",
            may_pass=False,
        )


def _table_problems(sample: TableSample) -> Iterator[Problem]:
    """Whether the columns of the table match its settings."""
    creator, cover, updated_at, number = sample.columns()
    yield from _merging_problems("creator_name", creator, FLOATS)
    # A DOUBLE can distinguish ids up to 2^53.
    yield from _merging_problems("id", number, {"FLOAT"})
    yield from updated_at_problems(sample, updated_at)
    if sample.covers.cover_json:
        yield from _json_problems(sample, cover)


def _merging_problems(field: str, column: Column, floats: Set[str]) -> Iterator[Problem]:
    """Whether the column may merge two creators, or two covers, into one."""
    if column.type in floats:
        yield Problem(
            f"{field} of CoversTable is {column.name!r}, which is {column.type} and stores "
            "several large numbers as one: name a column of whole numbers or text",
            may_pass=False,
        )


def _json_problems(sample: TableSample, cover: Column) -> Iterator[Problem]:
    """Whether `cover_json` leads to a cover in any value."""
    looked_at, found = sample.covers_in_json()
    if looked_at and not found:
        keys = _keys_of(sample.values("cover_url")[0])
        yield Problem(
            f"cover_json of CoversTable is {sample.covers.cover_json!r}, but leads to nothing in "
            f"the first {looked_at} values of {cover.name}{keys}",
            may_pass=False,
        )


def _keys_of(value: str) -> str:
    """The keys at the top of a JSON object. No values: they are URLs with signatures."""
    try:
        document = json.loads(value)
    except ValueError:
        return ""
    keys = ", ".join(sorted(document)[:10]) if isinstance(document, dict) else ""
    return f", whose first object has the keys {keys}" if keys else ""
