"""Sets up the session, so that no setting of the server can change, truncate or stop the rows.

A server may limit a setting: `--maximum-max-sort-length` and similar options reduce a value with
only a warning, which the driver ignores, and a proxy may drop a SET. So each value is read back.
Some settings are left alone: those that do not change the rows of a SELECT (`sql_safe_updates`,
`net_read_timeout`, `max_join_size`, which `sql_big_selects` overrides), and those that only change
its speed (`tmp_table_size`). Sources: "Server System Variables" in MySQL's manual and in MariaDB's.
"""

import logging
from collections.abc import Iterable, Mapping
from decimal import Decimal

from collage_core.database.driver import Connection
from collage_core.database.server_kind import is_mariadb
from collage_core.errors import SettingError

SORTED_NAME_BYTES = 65536
"""How many bytes of a TEXT name are used to sort: all that a TEXT can have. By default it is 1,024,
and the rows of creators whose names begin with the same 1,024 bytes are mixed. Measured with
100,000 names on MariaDB 10.11: not slower. With 8 MiB, the buffer has too few keys (1038)."""

_SORT_BUFFER = 2 * 1024 * 1024
"""MariaDB's default. It must have room for some 15 keys of `max_sort_length` (1038)."""

SORTED_ROW_BYTES = 65536
"""MariaDB sorts rows up to this length (by the definition of their columns) as a whole and not by
their ids, so it does not read each row again from the disk. This is 10 times as fast with
VARCHAR(2048) and more rows than fit in the buffer pool (docs/mysql.md). It always reads TEXT
columns twice. MySQL 8 does not need this setting and ignores it."""

_SETTINGS: dict[str, str | int] = {
    # TIMESTAMP columns are returned in the session's zone; DATETIME columns have no zone, only UTC.
    "time_zone": "+00:00",
    # The server disconnects a client that does not read for net_write_timeout seconds (because it
    # is uploading), or that is silent for wait_timeout seconds.
    "net_write_timeout": 600,
    "wait_timeout": 28800,
    # It would truncate the rows, but not the count.
    "sql_select_limit": 18446744073709551615,
    "sql_big_selects": 1,
    "max_sort_length": SORTED_NAME_BYTES,
    # For functions in an SQL file or a condition: GROUP_CONCAT is truncated without an error, a
    # division has this many more decimals, and DATE_FORMAT names months.
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

_SNAPSHOT = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
"""Makes the count and the stream see the same rows, even if others write meanwhile."""

_ALLOWED_MODE = "ONLY_FULL_GROUP_BY"
"""The one mode that is kept from the server: it does not change rows, but it refuses SQL whose rows
would be arbitrary."""
_DERIVED = {
    # So that a statement means the same on every server.
    "sql_mode": f"IF(FIND_IN_SET('{_ALLOWED_MODE}', @@SESSION.sql_mode), '{_ALLOWED_MODE}', '')",
    "sort_buffer_size": f"CAST(GREATEST(@@SESSION.sort_buffer_size, {_SORT_BUFFER}) AS UNSIGNED)",
}
"""Settings that depend on the server's own value."""
_TEXT_MODES = {"ANSI_QUOTES", "PIPES_AS_CONCAT", "NO_BACKSLASH_ESCAPES"}
"""Modes that change the meaning of characters: "x" is a name, || joins texts."""

_REFUSALS = {1064, 1105, 1142, 1193, 1227, 1229, 1231, 1232, 1238}
"""Errors by which a server or a proxy refuses a SET: an unknown or read-only variable, or a missing
right. Any other error has nothing to do with the variable."""

log = logging.getLogger(__name__)


def set_up_session(connection: Connection, shown_as: str) -> None:
    """Set up the session. Raises SettingError that names a setting that the server refuses.

    `shown_as` is what messages call the connection.
    Call it before any other statement, because a limit of the server could stop that one, too.
    """
    # Overrides the connection's extra: with a smaller character set, names with emoji would merge.
    connection.set_character_set("utf8mb4")
    # Without converters, each field is returned as the bytes that the server sent.
    connection.converter.clear()
    settings = {**_SETTINGS, **(_OF_MARIADB if is_mariadb(connection) else _OF_MYSQL)}
    _set(connection, shown_as, {name: repr(value) for name, value in settings.items()})
    _set(connection, shown_as, _DERIVED)
    connection.cursor().execute(_ISOLATION)
    *found, mode, server_mode = _read(connection, settings)
    for (name, wanted), value in zip(settings.items(), found, strict=True):
        if (value if isinstance(wanted, str) else Decimal(value)) != wanted:
            raise SettingError(_refused_setting(shown_as, name, repr(wanted), f"it stays {value}"))
    if mode not in ("", _ALLOWED_MODE):
        raise SettingError(_refused_setting(shown_as, "sql_mode", "''", f"it stays {mode}"))
    _warn(shown_as, server_mode)


def begin_snapshot(connection: Connection) -> None:
    """Begin a read-only transaction in which the rows stay as they are now."""
    connection.cursor().execute(_SNAPSHOT)


def session_cipher(connection: Connection) -> str:
    """What the session is encrypted with; empty when it is plain text."""
    cursor = connection.cursor()
    cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
    return str(cursor.fetchone()[1].decode())


def _set(connection: Connection, shown_as: str, settings: Mapping[str, str]) -> None:
    """Set session variables; the values of `settings` are SQL expressions."""
    assignments = {name: f"{name} = {value}" for name, value in settings.items()}
    cursor = connection.cursor()
    try:
        cursor.execute(f"SET SESSION {', '.join(assignments.values())}")
    except connection.Error:
        # Some errors do not say which of them was refused.
        for name, assignment in assignments.items():
            try:
                cursor.execute(f"SET SESSION {assignment}")
            except connection.Error as error:
                if error.args[0] not in _REFUSALS:
                    raise
                why = ": ".join(map(str, error.args))
                raise SettingError(_refused_setting(shown_as, name, settings[name], why)) from None


def _read(connection: Connection, names: Iterable[str]) -> list[str]:
    """Read the session's values of `names`, then its sql_mode and the server's."""
    variables = [f"@@SESSION.{name}" for name in (*names, "sql_mode")]
    cursor = connection.cursor()
    cursor.execute(f"SELECT {', '.join([*variables, '@@GLOBAL.sql_mode'])}")
    return [value.decode() for value in cursor.fetchone()]


def _warn(shown_as: str, server_mode: str) -> None:
    if changed := sorted(_TEXT_MODES & set(server_mode.split(","))):
        log.warning(
            "The sql_mode of %s has %s, but not in this session: in the SQL names are quoted in "
            "backquotes, texts in ' or \", and || is OR",
            shown_as,
            ", ".join(changed),
        )


def _refused_setting(shown_as: str, name: str, wanted: str, why: str) -> str:
    return (
        f"the server of connection {shown_as} does not let this session set {name} to "
        f"{wanted} ({why}): take maximum-{name.replace('_', '-')} out of the server's options, "
        "or let the user and the proxy in front of it set it"
    )
