"""The rows that the extract task reads from a database, without the CSV that it writes."""

from collections.abc import Iterator, Sequence

from MySQLdb.connections import Connection

from collage_airflow.database.query import streaming_cursor
from collage_core.contract.window import Window
from collage_core.database.query import covers_query
from collage_core.export.rows import Row, stream_rows


def stream_covers(connection: Connection, sql: str, window: Window) -> Iterator[Sequence[Row]]:
    """The rows of `sql` in a window, in batches."""
    query = covers_query(sql, window, expected=0)
    return stream_rows(streaming_cursor(connection), query.sql, query.bounds)
