"""The connection to the database of covers, and its snapshot.

Everything that the hook and the driver leave to configuration is set here, so that no setting of
the Airflow connection or of the server can merge two names or shift a window.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from collage_airflow.database.completeness import check_complete
from collage_airflow.database.definition import read_definition
from collage_airflow.database.tls import check_tls
from collage_core.database.session import begin_snapshot, set_up_session

if TYPE_CHECKING:
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]


@contextmanager
def covers_connection(
    mysql_conn_id: str, *, complete_until: datetime | None = None
) -> Iterator["Connection"]:
    """A connection with its session set up, in a read-only snapshot; closed after the block.

    Args:
        mysql_conn_id: the Airflow connection.
        complete_until: the snapshot must have everything that was written before this moment.

    Raises DefinitionError when the definition of the Airflow connection cannot be used,
    SettingError when the session cannot be encrypted or set up as required, and IncompleteError
    when the server may not have all rows yet.
    """
    from collage_airflow.database.hook import CoversHook

    definition = read_definition(mysql_conn_id)
    connection = CoversHook(mysql_conn_id=mysql_conn_id).get_conn()
    try:
        set_up_session(connection, mysql_conn_id)
        check_tls(connection, mysql_conn_id, wanted=definition.encrypted)
        if complete_until is not None:
            check_complete(connection, mysql_conn_id, until=complete_until)
        begin_snapshot(connection)
        yield connection
    finally:
        # The connection, never a cursor: closing an unbuffered cursor reads the rest first.
        connection.close()
