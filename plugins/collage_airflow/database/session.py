"""What the session is set to, so that no setting of the server changes, cuts or stops the rows.

A server may hold a session back: `--maximum-max-sort-length` and its like end at their bound with
a warning, which the driver passes over, and a proxy may drop a SET. So each value is read back.
Left as they are: what changes no row of a SELECT (`sql_safe_updates`, `net_read_timeout`,
`max_join_size`, which `sql_big_selects` overrides) or only its speed (`tmp_table_size`).
Sources: "Server System Variables" in MySQL's manual and in MariaDB's.
"""

import logging
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from collage_airflow.database.server_kind import is_mariadb
from collage_core.errors import SettingError

if TYPE_CHECKING:
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

SORTED_NAME_BYTES = 65536
"""Names of TEXT are ordered by this many of their bytes, which is all that a TEXT holds. By
default it is 1,024: creators who are equal in these come out mixed. Measured with 100,000 names
on MariaDB 10.11: no slower. With 8 MiB it finds that the buffer holds too few keys (1038)."""

_SORT_BUFFER = 2 * 1024 * 1024
"""MariaDB's default. It must hold some 15 keys of `max_sort_length` (1038)."""

SORTED_ROW_BYTES = 65536
"""Rows up to this length, the longest that their columns allow, MariaDB sorts whole instead of by
their ids: it then need not read each a second time from all over the disk. That is 10 times as
fast with VARCHAR(2048) and more rows than the buffer pool holds (docs/mysql.md). TEXT columns it
reads twice whatever is set. MySQL 8 needs no such setting and ignores it."""

_SETTINGS: dict[str, str | int] = {
    # TIMESTAMP columns come out in the session's zone; DATETIME columns have none and hold UTC.
    "time_zone": "+00:00",
    # The server gives up on a client that is busy uploading for net_write_timeout seconds, and
    # on one that says nothing for wait_timeout seconds.
    "net_write_timeout": 600,
    "wait_timeout": 28800,
    # It would end the rows early, and the count would not.
    "sql_select_limit": 18446744073709551615,
    "sql_big_selects": 1,
    "max_sort_length": SORTED_NAME_BYTES,
    # What an SQL file or a condition may call: GROUP_CONCAT is cut without an error, a division
    # has this many more decimals, and DATE_FORMAT names months.
    "group_concat_max_len": 1024**3,
    "div_precision_increment": 4,
    "lc_time_names": "en_US",
}
_OF_MARIADB: dict[str, str | int] = {
    "max_statement_time": 0,
    "idle_transaction_timeout": 0,
    "idle_readonly_transaction_timeout": 0,
    "max_length_for_sort_data": SORTED_ROW_BYTES,
}
_OF_MYSQL: dict[str, str | int] = {"max_execution_time": 0}

_ISOLATION = "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"

_KEPT_MODE = "ONLY_FULL_GROUP_BY"
"""The one mode that is left as the server has it: it changes no row, but refuses an SQL whose rows
would be any."""
_DERIVED = {
    # The same statement means the same on every server.
    "sql_mode": f"IF(FIND_IN_SET('{_KEPT_MODE}', @@SESSION.sql_mode), '{_KEPT_MODE}', '')",
    "sort_buffer_size": f"CAST(GREATEST(@@SESSION.sort_buffer_size, {_SORT_BUFFER}) AS UNSIGNED)",
}
"""What depends on the server's own value."""
_TEXT_MODES = {"ANSI_QUOTES", "PIPES_AS_CONCAT", "NO_BACKSLASH_ESCAPES"}
"""With these the same characters mean something else: "x" is a name, || joins texts."""

_REFUSALS = {1064, 1105, 1142, 1193, 1227, 1229, 1231, 1232, 1238}
"""How a server or a proxy refuses a SET: an unknown or read-only variable, or a missing right. Any
other error is none of the variable's."""

log = logging.getLogger(__name__)


def set_up(connection: "Connection", mysql_conn_id: str) -> None:
    """Set the session up; raises SettingError naming a setting that the server holds back.

    It comes before any other statement: a limit of the server may end that too.
    """
    # Whatever the connection's extra says: with less than utf8mb4 names with emoji would merge.
    connection.set_character_set("utf8mb4")
    # Without converters each field arrives as the bytes that the server sent.
    connection.converter.clear()
    settings = {**_SETTINGS, **(_OF_MARIADB if is_mariadb(connection) else _OF_MYSQL)}
    _set(connection, mysql_conn_id, {name: repr(value) for name, value in settings.items()})
    _set(connection, mysql_conn_id, _DERIVED)
    connection.cursor().execute(_ISOLATION)
    *found, mode, server_mode = _read(connection, settings)
    for (name, wanted), value in zip(settings.items(), found, strict=True):
        if (value if isinstance(wanted, str) else Decimal(value)) != wanted:
            raise SettingError(_held_back(mysql_conn_id, name, repr(wanted), f"it stays {value}"))
    if mode not in ("", _KEPT_MODE):
        raise SettingError(_held_back(mysql_conn_id, "sql_mode", "''", f"it stays {mode}"))
    _warn(mysql_conn_id, server_mode)


def _set(connection: "Connection", mysql_conn_id: str, settings: Mapping[str, str]) -> None:
    """Set all that `settings` has, as expressions of SQL."""
    from MySQLdb import MySQLError  # type: ignore[import-untyped]

    assignments = {name: f"{name} = {value}" for name, value in settings.items()}
    cursor = connection.cursor()
    try:
        cursor.execute(f"SET SESSION {', '.join(assignments.values())}")
    except MySQLError:
        # Which of them it was, some errors do not say.
        for name, assignment in assignments.items():
            try:
                cursor.execute(f"SET SESSION {assignment}")
            except MySQLError as error:
                if error.args[0] not in _REFUSALS:
                    raise
                why = ": ".join(map(str, error.args))
                raise SettingError(_held_back(mysql_conn_id, name, settings[name], why)) from None


def _read(connection: "Connection", names: Iterable[str]) -> list[str]:
    """The session's values of `names`, and its and the server's sql_mode."""
    variables = [f"@@SESSION.{name}" for name in (*names, "sql_mode")]
    cursor = connection.cursor()
    cursor.execute(f"SELECT {', '.join([*variables, '@@GLOBAL.sql_mode'])}")
    return [value.decode() for value in cursor.fetchone()]


def _warn(mysql_conn_id: str, server_mode: str) -> None:
    if changed := sorted(_TEXT_MODES & set(server_mode.split(","))):
        log.warning(
            "The sql_mode of %s has %s, and this session has not: in the SQL names are quoted in "
            "backquotes, texts in ' or \", and || is OR",
            mysql_conn_id,
            ", ".join(changed),
        )


def _held_back(mysql_conn_id: str, name: str, wanted: str, why: str) -> str:
    return (
        f"the server of connection {mysql_conn_id} does not let this session set {name} to "
        f"{wanted} ({why}): take maximum-{name.replace('_', '-')} out of the server's options, "
        "or let the user and the proxy in front of it set it"
    )
