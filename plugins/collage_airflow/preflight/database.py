"""Whether tasks can log in to the database of covers, read its lag, and run the SQL."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowNotFoundException

from collage_airflow.database.completeness import replica_lags
from collage_airflow.database.connection import covers_connection
from collage_airflow.database.definition import (
    DefinitionError,
    asks_for_encryption,
    not_defined,
)
from collage_airflow.database.query import column_names
from collage_airflow.database.server_errors import ACCESS_DENIED, fix_for
from collage_airflow.preflight.problem import Problem, one_line, unusable
from collage_core.contract.window import Window
from collage_core.covers.csv_dialect import COLUMNS
from collage_core.errors import SettingError

if TYPE_CHECKING:
    from MySQLdb import MySQLError  # type: ignore[import-untyped]
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]


def database_problems(mysql_conn_id: str, sql: str, window: Window) -> Iterator[Problem]:
    """Whether the connection exists and works, shows its lag, and gives `sql` its columns."""
    from MySQLdb import MySQLError

    try:
        with covers_connection(mysql_conn_id) as connection:
            # Both are asked: each needs other rights, and may fail alone.
            yield from _lag_problems(connection, mysql_conn_id)
            yield from _column_problems(connection, mysql_conn_id, sql, window)
    except AirflowNotFoundException:
        yield Problem(not_defined(mysql_conn_id), may_pass=False)
    except DefinitionError as error:
        yield from (Problem(line, may_pass=False) for line in error.problems)
    except SettingError as error:
        yield Problem(str(error), may_pass=False)
    except MySQLError as error:
        yield _of_the_server(mysql_conn_id, error, connected=False)
    except Exception as error:  # noqa: BLE001 - what the hook raises by itself is any
        yield unusable("the database", error, mysql_conn_id)


def _lag_problems(connection: "Connection", mysql_conn_id: str) -> Iterator[Problem]:
    from MySQLdb import MySQLError

    try:
        replica_lags(connection, mysql_conn_id)
    except SettingError as error:
        yield Problem(str(error), may_pass=False)
    except MySQLError as error:
        yield _of_the_server(mysql_conn_id, error, connected=True)


def _column_problems(
    connection: "Connection", mysql_conn_id: str, sql: str, window: Window
) -> Iterator[Problem]:
    from MySQLdb import MySQLError

    try:
        columns = column_names(connection, sql, window)
    except SettingError as error:
        yield Problem(str(error), may_pass=False)
    except MySQLError as error:
        yield _of_the_server(mysql_conn_id, error, connected=True)
    else:
        if columns != list(COLUMNS):
            yield Problem(
                f"the SQL gives the columns {', '.join(columns)}: it must give "
                f"{', '.join(COLUMNS)} in this order, renamed with AS where necessary",
                may_pass=False,
            )


def _of_the_server(mysql_conn_id: str, error: "MySQLError", *, connected: bool) -> Problem:
    number = error.args[0] if error.args else None
    encrypted = number == ACCESS_DENIED and asks_for_encryption(mysql_conn_id)
    fix = fix_for(number, encrypted=encrypted, connected=connected)
    said = one_line(": ".join(map(str, error.args)))
    return Problem(f"database of connection {mysql_conn_id}: {said}: {fix.text}", fix.may_pass)
