"""Airflow's MySQL hook with timeouts, for a task that reads for minutes but must not hang."""

import os
import socket
from typing import TYPE_CHECKING, Any, override

from airflow.providers.mysql.hooks.mysql import MySqlHook

if TYPE_CHECKING:
    from airflow.sdk import Connection as Definition
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

CONNECT_SECONDS = 15
"""Timeout for login. Without it, the driver only limits the TCP connection: when a server accepted
it and then stayed silent, the driver still waited after ten minutes."""

READ_SECONDS = 1800
"""Timeout for the next bytes of the server, which may sort millions of rows for minutes; after half
an hour it hangs. The driver must have this limit itself: no Python code runs while it waits, so
`execution_timeout` cannot end the task."""

_KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}
"""Finds out after two minutes that a host is gone (Linux's default is two hours), and prevents that
a gateway drops the connection after some idle minutes."""


class CoversHook(MySqlHook):
    """Connects like MySqlHook, and finds out when the server or the network is gone.

    The extra's `cursor` is ignored: the statements here need the plain cursor.
    """

    # The hook passes the extra to the driver, but the extra has no timeouts.
    @override
    def _get_conn_config_mysql_client(self, conn: "Definition") -> dict[str, Any]:
        config = super()._get_conn_config_mysql_client(conn)
        config.pop("cursorclass", None)
        return config | {"connect_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS}

    @override
    def get_conn(self) -> "Connection":
        connection: Connection = super().get_conn()
        with socket.socket(fileno=os.dup(connection.fileno())) as theirs:
            if theirs.family != socket.AF_UNIX:
                theirs.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                for option, value in _KEEPALIVE.items():
                    if hasattr(socket, option):  # not every system has all three
                        theirs.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        return connection
