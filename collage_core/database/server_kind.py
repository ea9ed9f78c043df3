"""Which database server answers: the two differ in a few statements and settings."""

from collage_core.database.driver import Connection


def is_mariadb(connection: Connection) -> bool:
    """Whether the server is MariaDB and not MySQL."""
    return "mariadb" in connection.get_server_info().lower()
