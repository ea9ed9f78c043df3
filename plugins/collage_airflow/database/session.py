"""What the session is set to, so that no setting of the server changes, cuts or stops the rows.

A server may hold a session back: `--maximum-max-sort-length` and its like end at their bound with
a warning, which the driver passes over, and a proxy may drop a SET. So each value is read back.
Left as they are: what changes no row of a SELECT (`sql_safe_updates`, `net_read_timeout`,
`max_join_size`, which `sql_big_selects` overrides) or only its speed (`tmp_table_size`).
Sources: "Server System Variables" in MySQL's manual and in MariaDB's.
"""

import logging
from collections.abc import Iterable
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
_TEXT_MODES = {"ANSI_QUOTES", "PIPES_AS_CONCAT", "NO_BACKSLASH_ESCAPES"}
"""With these the same characters mean something else: "x" is a name, || joins texts."""

log = logging.getLogger(__name__)


def set_up(connection: "Connection", mysql_conn_id: str) -> None:
    """Set the session up; raises SettingError naming a setting that the server holds back."""
    # Whatever the connection's extra says: with less than utf8mb4 names with emoji would merge.
    connection.set_character_set("utf8mb4")
    # Without converters each field arrives as the bytes that the server sent.
    connection.converter.clear()
    settings = {**_SETTINGS, **(_OF_MARIADB if is_mariadb(connection) else _OF_MYSQL)}
    mode, sort_buffer = _read(connection, ["sql_mode", "sort_buffer_size"])
    settings["sql_mode"] = _mode(mode, mysql_conn_id)
    settings["sort_buffer_size"] = max(_SORT_BUFFER, int(sort_buffer))
    _set(connection, mysql_conn_id, settings)
    connection.cursor().execute(_ISOLATION)
    for (name, wanted), found in zip(settings.items(), _read(connection, settings), strict=True):
        if not _is(found, wanted):
            raise SettingError(_held_back(mysql_conn_id, name, wanted, f"it stays {found}"))


def _set(connection: "Connection", mysql_conn_id: str, settings: dict[str, str | int]) -> None:
    from MySQLdb import MySQLError  # type: ignore[import-untyped]

    cursor = connection.cursor()
    try:
        cursor.execute(f"SET SESSION {', '.join(map(_assignment, settings.items()))}")
    except MySQLError:
        # Which of them it was, some servers do not say.
        for name, value in settings.items():
            try:
                cursor.execute(f"SET SESSION {_assignment((name, value))}")
            except MySQLError as error:
                why = ": ".join(map(str, error.args))
                raise SettingError(_held_back(mysql_conn_id, name, value, why)) from None


def _assignment(setting: tuple[str, str | int]) -> str:
    name, value = setting
    return f"{name} = {value}" if isinstance(value, int) else f"{name} = '{value}'"


def _read(connection: "Connection", names: Iterable[str]) -> list[str]:
    cursor = connection.cursor()
    cursor.execute(f"SELECT {', '.join(f'@@SESSION.{name}' for name in names)}")
    return [value.decode() for value in cursor.fetchone()]


def _is(found: str, wanted: str | int) -> bool:
    return float(found) == wanted if isinstance(wanted, int) else found == wanted


def _mode(server_mode: str, mysql_conn_id: str) -> str:
    """The sql_mode of the session: the same statement means the same on every server."""
    modes = set(server_mode.split(","))
    if changed := sorted(_TEXT_MODES & modes):
        log.warning(
            "The sql_mode of %s has %s, and this session has not: names are quoted in backquotes, "
            "texts in ' or \", and || is OR",
            mysql_conn_id,
            ", ".join(changed),
        )
    return _KEPT_MODE if _KEPT_MODE in modes else ""


def _held_back(mysql_conn_id: str, name: str, wanted: str | int, why: str) -> str:
    return (
        f"the server of connection {mysql_conn_id} does not let this session set {name} to "
        f"{wanted!r} ({why}): take maximum-{name.replace('_', '-')} out of the server's options, "
        "or let the user and the proxy in front of it set it"
    )
