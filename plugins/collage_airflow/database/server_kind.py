"""Which database server answers: the two differ in a few statements and settings."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]


def is_mariadb(connection: "Connection") -> bool:
    """Whether the server is MariaDB and not MySQL."""
    return "mariadb" in connection.get_server_info().lower()
