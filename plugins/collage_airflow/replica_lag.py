"""Whether a database server has seen everything up to a moment, or is a replica that has not.

A replica that lags behind the end of a window would give a file that looks complete and is
short. So extract asks before it takes its snapshot.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from collage_core.errors import CollageError, SettingError

if TYPE_CHECKING:
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

_ROUNDING = timedelta(seconds=1)
"""Servers tell their lag in whole seconds."""

_ACCESS_DENIED = 1227
_BEHIND = ("Seconds_Behind_Source", "Seconds_Behind_Master")
"""As MySQL and MariaDB name the column."""


class ReplicaBehindError(CollageError):
    """A replica has not yet applied what was written before the end of the window."""


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a replica is behind; `seconds` is None while it applies nothing at all."""

    seconds: int | None

    def __str__(self) -> str:
        if self.seconds is None:
            return "does not replicate (a thread of its replication is stopped)"
        return f"is {self.seconds} s behind"

    def has_reached(self, moment: datetime, *, now: datetime) -> bool:
        """Whether everything written before `moment` has been applied."""
        if self.seconds is None:
            return False
        return now - timedelta(seconds=self.seconds) - _ROUNDING >= moment


def check_replica(
    connection: "Connection", mysql_conn_id: str, *, complete_until: datetime | None
) -> None:
    """Refuse a replica that has not come to `complete_until`, and one that will not tell.

    With None the replica need not have come anywhere, but it must be able to tell.

    Raises ReplicaBehindError naming the lag, and SettingError naming the missing right.
    """
    lags = _lags(connection, mysql_conn_id)
    if complete_until is None:
        return
    now = _server_time(connection)
    for lag in lags:
        if not lag.has_reached(complete_until, now=now):
            raise ReplicaBehindError(
                f"the database of connection {mysql_conn_id} is a replica that {lag}, and the "
                f"window ends at {complete_until:%Y-%m-%d %H:%M:%S} UTC: wait until it has caught "
                "up, or point the connection at the primary"
            )


def is_mariadb(connection: "Connection") -> bool:
    """Whether the server is MariaDB and not MySQL."""
    return "mariadb" in connection.get_server_info().lower()


def _lags(connection: "Connection", mysql_conn_id: str) -> list[Lag]:
    """One per source that the server replicates from; none when it is no replica."""
    from MySQLdb import MySQLError  # type: ignore[import-untyped]

    mariadb = is_mariadb(connection)
    # MariaDB's SHOW REPLICA STATUS tells of its nameless connection alone.
    statement = "SHOW ALL SLAVES STATUS" if mariadb else "SHOW REPLICA STATUS"
    try:
        rows = _rows(connection, statement)
    except MySQLError as error:
        if error.args[0] != _ACCESS_DENIED:
            raise
        if not _is_read_only(connection):
            return []  # somebody writes to it: it is the primary
        right = "SLAVE MONITOR" if mariadb else "REPLICATION CLIENT"
        raise SettingError(
            f"the database of connection {mysql_conn_id} is read-only, so perhaps a replica, and "
            f"may not be asked how far it is: GRANT {right} ON *.* to its user"
        ) from None
    return [Lag(_seconds_behind(row)) for row in rows]


def _seconds_behind(row: dict[str, Any]) -> int | None:
    behind = next(row[name] for name in _BEHIND if name in row)
    return None if behind is None else int(behind)


def _is_read_only(connection: "Connection") -> bool:
    (row,) = _rows(connection, "SELECT @@GLOBAL.read_only AS read_only")
    return bool(int(row["read_only"]))


def _server_time(connection: "Connection") -> datetime:
    (row,) = _rows(connection, "SELECT UNIX_TIMESTAMP() AS seconds")
    return datetime.fromtimestamp(int(row["seconds"]), UTC)


def _rows(connection: "Connection", statement: str) -> list[dict[str, Any]]:
    from MySQLdb.cursors import DictCursor  # type: ignore[import-untyped]

    cursor = connection.cursor(DictCursor)
    cursor.execute(statement)
    return list(cursor.fetchall())
