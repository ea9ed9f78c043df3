"""The connection to the database of covers: how it is secured and what its session is set to.

It comes from Airflow's own MySQL hook. What the hook and the driver leave open is settled here,
so that no setting of the Airflow connection can merge two names, shift a window, or go on in
plain text where encryption was asked for.
"""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from collage_airflow.completeness import check_complete
from collage_airflow.server_kind import is_mariadb
from collage_core.errors import SettingError

if TYPE_CHECKING:
    from airflow.providers.mysql.hooks.mysql import MySqlHook
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

_TLS_MODES = ("REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")
_SSL_MODES = ("DISABLED", "PREFERRED", *_TLS_MODES)

_KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}
"""A host that is gone is noticed after two minutes, however long a query may take. A read
timeout could not tell the two apart: before the first row the server sorts in silence."""

_SESSION = (
    # TIMESTAMP columns come out in the session's zone; DATETIME columns have none and hold UTC.
    # The server gives up on a client that is busy uploading for net_write_timeout seconds.
    "SET SESSION time_zone = '+00:00', net_write_timeout = 600",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
)

SORTED_ROW_BYTES = 65536
"""Rows up to this length, the longest that their columns allow, MariaDB sorts whole instead of by
their ids: it then need not read each a second time from all over the disk. That is 10 times as
fast with VARCHAR(2048) and more rows than the buffer pool holds (docs/mysql.md). TEXT columns it
reads twice whatever is set. MySQL 8 needs no such setting and ignores it."""

_MARIADB_SESSION = (f"SET SESSION max_length_for_sort_data = {SORTED_ROW_BYTES}",)

_SNAPSHOT = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
"""Counting and streaming see the same rows, whatever is written meanwhile."""

log = logging.getLogger(__name__)


@contextmanager
def covers_connection(
    mysql_conn_id: str, *, complete_until: datetime | None = None
) -> Iterator["Connection"]:
    """A connection with its session set up, in a read-only snapshot; closed at the end.

    Args:
        mysql_conn_id: the Airflow connection.
        complete_until: the snapshot must hold all that was written before this moment.

    Raises SettingError when the Airflow connection cannot be used as it is, and IncompleteError
    when the server may not hold all of that yet.
    """
    from airflow.providers.mysql.hooks.mysql import MySqlHook

    hook = MySqlHook(mysql_conn_id=mysql_conn_id)
    wants_tls = _wants_tls(hook, mysql_conn_id)
    connection = hook.get_conn()
    try:
        _keep_alive(connection)
        _check_tls(connection, mysql_conn_id, wanted=wants_tls)
        _set_up(connection)
        if complete_until is not None:
            check_complete(connection, mysql_conn_id, until=complete_until)
        connection.cursor().execute(_SNAPSHOT)
        yield connection
    finally:
        # The connection, never a cursor: closing an unbuffered cursor reads the rest first.
        connection.close()


def _wants_tls(hook: "MySqlHook", mysql_conn_id: str) -> bool:
    """Whether the extra of the Airflow connection asks for encryption, in any of its ways."""
    extra = hook.get_connection(mysql_conn_id).extra_dejson
    client = extra.get("client", "mysqlclient")
    if client != "mysqlclient":
        raise SettingError(
            f"connection {mysql_conn_id} has client {client} in its extra: take it out, only "
            "mysqlclient passes rows on as they come"
        )
    mode = extra.get("ssl_mode")
    if mode and mode not in _SSL_MODES:
        raise SettingError(
            f"connection {mysql_conn_id} has ssl_mode {mode!r} in its extra: it must be one of "
            f"{', '.join(_SSL_MODES)}"
        )
    return mode in _TLS_MODES or bool(extra.get("ssl"))


def _check_tls(connection: "Connection", mysql_conn_id: str, *, wanted: bool) -> None:
    # With REQUIRED, or with a CA alone, Connector/C 3.3 goes on in plain text when the server
    # offers no encryption. Only the session itself tells.
    cursor = connection.cursor()
    cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
    cipher = str(cursor.fetchone()[1])
    log.info("Connected with %s, %s", mysql_conn_id, cipher or "not encrypted")
    if wanted and not cipher:
        raise SettingError(
            f"connection {mysql_conn_id} asks for encryption, which the server does not offer: "
            "give the server a certificate, or take ssl and ssl_mode out of the extra"
        )


def _keep_alive(connection: "Connection") -> None:
    with socket.socket(fileno=os.dup(connection.fileno())) as theirs:
        if theirs.family == socket.AF_UNIX:
            return
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEPALIVE.items():
            if hasattr(socket, option):  # not every system has all three
                theirs.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def _set_up(connection: "Connection") -> None:
    # Whatever the connection's extra says: with less than utf8mb4 names with emoji would merge.
    connection.set_character_set("utf8mb4")
    # Without converters each field arrives as the bytes that the server sent.
    connection.converter.clear()
    cursor = connection.cursor()
    for statement in (*_SESSION, *(_MARIADB_SESSION if is_mariadb(connection) else ())):
        cursor.execute(statement)
