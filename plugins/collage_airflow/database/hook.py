"""Airflow's MySQL hook for a task that reads for minutes and must not hang for ever."""

import os
import socket
from typing import TYPE_CHECKING, Any, override

from airflow.providers.mysql.hooks.mysql import MySqlHook

if TYPE_CHECKING:
    from airflow.sdk import Connection as Definition
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

CONNECT_SECONDS = 15
"""For the server to let us in. The driver sets no limit of its own beyond the TCP connection:
with a server that takes it and then says nothing it still waited after ten minutes."""

READ_SECONDS = 1800
"""For the server to say anything at all. It sorts millions of rows in silence for minutes; after
half an hour it hangs. The driver has to notice this itself: nothing of Python runs while it
waits, and so no `execution_timeout` ends the task."""

_KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}
"""A host that is gone is noticed after two minutes, Linux's own setting being two hours, and a
gateway that forgets connections after some idle minutes does not forget this one."""


class CoversHook(MySqlHook):
    """Connects as MySqlHook does, and notices when the server or the way to it is gone.

    The extra's `cursor` is not used: what is executed here counts on the plain one.
    """

    # The hook passes on what stands in the extra, and the extra knows no time limits.
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
