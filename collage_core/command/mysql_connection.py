"""A connection to MySQL or MariaDB, ready to export covers, through the extra `mysql`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from collage_core.command.mysql_url import MysqlUrl
from collage_core.command.outcome import EXIT_FAILED, EXIT_UNUSABLE, CommandError
from collage_core.database.session import begin_snapshot, session_cipher, set_up_session
from collage_core.errors import SettingError

_CONNECT_SECONDS = 15
_READ_SECONDS = 1800
"""The server may sort millions of rows for minutes."""

_HOW_TO_INSTALL = (
    "the driver of MySQL is missing: install the extra mysql, for example with "
    "`uv tool install '.[mysql]'` or `pip install '.[mysql]'`. On Linux this compiles mysqlclient, "
    "which needs gcc, pkg-config and libmariadb-dev (Debian's names)"
)


def load_driver() -> Any:
    """MySQLdb. Raises CommandError when it is not installed."""
    try:
        import MySQLdb  # type: ignore[import-untyped]
        import MySQLdb.cursors  # type: ignore[import-untyped]
    except ImportError as error:
        raise CommandError(_HOW_TO_INSTALL, EXIT_UNUSABLE) from error
    return MySQLdb


@contextmanager
def covers_connection(driver: Any, url: MysqlUrl, *, password: str) -> Iterator[Any]:
    """A connection whose rows stay as they are now; closed after the block.

    Raises CommandError for all errors of the server, also those in the block.
    """
    try:
        connection = driver.connect(
            host=url.host,
            port=url.port,
            user=url.user,
            password=password,
            database=url.database,
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            **_encryption(url),
        )
        try:
            set_up_session(connection, url.place)
            if url.ssl_mode and not session_cipher(connection):
                raise SettingError(
                    f"{url.place} offers no encryption: give the server a certificate, or take "
                    "ssl_mode out of the URL"
                )
            begin_snapshot(connection)
            yield connection
        finally:
            # The connection, never a cursor: closing an unbuffered cursor reads the rest first.
            connection.close()
    except driver.Error as error:
        number, *message = error.args
        # A message may quote some lines of the statement.
        said = " ".join(" ".join(map(str, message)).split()) or str(error)
        raise CommandError(f"{url.place}: {said} (error {number})", EXIT_FAILED) from error


def streaming_cursor(driver: Any, connection: Any) -> Any:
    """A cursor that passes the rows on as the server sends them, and never holds all of them."""
    return connection.cursor(driver.cursors.SSCursor)


def _encryption(url: MysqlUrl) -> dict[str, Any]:
    if url.ssl_mode is None:
        return {}
    files = {"ssl": {"ca": url.ssl_ca}} if url.ssl_ca else {}
    return {"ssl_mode": url.ssl_mode, **files}
