"""The connection to the database of covers: what its session is set to, and its snapshot.

What the hook and the driver leave open is settled here, so that no setting of the Airflow
connection or of the server can merge two names or shift a window.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from collage_airflow.database.completeness import check_complete
from collage_airflow.database.server_kind import is_mariadb
from collage_airflow.database.tls import check_tls, wants_tls
from collage_core.errors import SettingError

if TYPE_CHECKING:
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

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
    from collage_airflow.database.hook import CoversHook

    hook = CoversHook(mysql_conn_id=mysql_conn_id)
    extra = hook.get_connection(mysql_conn_id).extra_dejson
    client = extra.get("client", "mysqlclient")
    if client != "mysqlclient":
        raise SettingError(
            f"connection {mysql_conn_id} has client {client} in its extra: take it out, only "
            "mysqlclient passes rows on as they come"
        )
    encrypted = wants_tls(mysql_conn_id, extra)
    connection = hook.get_conn()
    try:
        check_tls(connection, mysql_conn_id, wanted=encrypted)
        _set_up(connection)
        if complete_until is not None:
            check_complete(connection, mysql_conn_id, until=complete_until)
        connection.cursor().execute(_SNAPSHOT)
        yield connection
    finally:
        # The connection, never a cursor: closing an unbuffered cursor reads the rest first.
        connection.close()


def _set_up(connection: "Connection") -> None:
    # Whatever the connection's extra says: with less than utf8mb4 names with emoji would merge.
    connection.set_character_set("utf8mb4")
    # Without converters each field arrives as the bytes that the server sent.
    connection.converter.clear()
    cursor = connection.cursor()
    for statement in (*_SESSION, *(_MARIADB_SESSION if is_mariadb(connection) else ())):
        cursor.execute(statement)
