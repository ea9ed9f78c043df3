"""Whether a database server can have all rows of a window already.

If a replica has not reached the window's end, or if the window has only just ended, the file would
look complete and lack rows. So extract checks this before it takes its snapshot.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from collage_core.database.server_kind import is_mariadb
from collage_core.errors import PermanentError, SettingError

if TYPE_CHECKING:
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

SETTLE = timedelta(minutes=1)
"""Time after the window's end until its rows count as committed and, on a replica, as received: a
replica needs that long to notice that its source is silent (replica_net_timeout, 60 s)."""

_ACCESS_DENIED = 1227
_BEHIND = ("Seconds_Behind_Source", "Seconds_Behind_Master")
"""The name of the column in MySQL and in MariaDB."""


class IncompleteError(PermanentError):
    """Rows of the window may still be missing from the database that was asked.

    Permanent, as `extract` has asked every minute for all its patience before it ends with this.
    """


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a replica is behind what it has received; None while replication is stopped."""

    seconds: int | None

    def __str__(self) -> str:
        if self.seconds is None:
            return "does not replicate (a thread of its replication is stopped)"
        return f"is {self.seconds} s behind"

    def reaches(self, moment: datetime, *, now: datetime) -> bool:
        """Whether everything written before `moment` has been applied by `now`."""
        return self.seconds is not None and now - timedelta(seconds=self.seconds) >= moment


def check_complete(connection: "Connection", mysql_conn_id: str, *, until: datetime) -> None:
    """Refuse a server that may not yet hold all that was written before `until`.

    Raises IncompleteError naming the lag, and SettingError naming a missing right.
    """
    # Read the clock first: time that passes between the two queries must not count as applied.
    now = _server_time(connection)
    for lag in replica_lags(connection, mysql_conn_id):
        if not lag.reaches(until + SETTLE, now=now):
            raise IncompleteError(
                f"the database of connection {mysql_conn_id} is a replica that {lag}, and the "
                f"window ended at {until:%Y-%m-%d %H:%M:%S} UTC: wait until it has caught up, or "
                "point the connection at the primary"
            )
    if now < until + SETTLE:
        raise IncompleteError(
            f"the window ended at {until:%Y-%m-%d %H:%M:%S} UTC, less than "
            f"{SETTLE.total_seconds():.0f} s ago: its last rows may not be committed yet; run this "
            "again a minute later"
        )


def replica_lags(connection: "Connection", mysql_conn_id: str) -> list[Lag]:
    """The lag behind each source of a replica; empty when the server is not a replica.

    Raises SettingError when the user lacks the right to ask: a server without an answer would be
    treated as a primary, and a replica may be writable, so there is no other way to find out.
    """
    from MySQLdb import MySQLError  # type: ignore[import-untyped]
    from MySQLdb.cursors import DictCursor  # type: ignore[import-untyped]

    mariadb = is_mariadb(connection)
    cursor = connection.cursor(DictCursor)
    try:
        # MariaDB's SHOW REPLICA STATUS shows only its default connection.
        cursor.execute("SHOW ALL SLAVES STATUS" if mariadb else "SHOW REPLICA STATUS")
    except MySQLError as error:
        if error.args[0] != _ACCESS_DENIED:
            raise
        right = "SLAVE MONITOR" if mariadb else "REPLICATION CLIENT"
        raise SettingError(
            f"the database of connection {mysql_conn_id} may not be asked whether it is a replica "
            f"that lags: GRANT {right} ON *.* to its user"
        ) from None
    return [Lag(_seconds_behind(row)) for row in cursor.fetchall()]


def _seconds_behind(row: dict[str, Any]) -> int | None:
    behind = next(row[name] for name in _BEHIND if name in row)
    return None if behind is None else int(behind)


def _server_time(connection: "Connection") -> datetime:
    cursor = connection.cursor()
    cursor.execute("SELECT UNIX_TIMESTAMP()")
    return datetime.fromtimestamp(int(cursor.fetchone()[0]), UTC)
