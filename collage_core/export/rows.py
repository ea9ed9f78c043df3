"""Rows of covers from a database, over a cursor that the caller passes in.

Any DB-API (PEP 249) driver will do. The caller passes a cursor and not a connection, because each
driver has its own way to make a cursor that does not buffer: MySQLdb has `SSCursor`, and its
default cursor keeps all rows in memory (1.7 GB for 2 million rows, where `SSCursor` takes 18 MB).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

type Row = tuple[bytes | None, bytes | None, bytes | None]
"""creator_name, cover_url and updated_at as the server sends them; None is NULL."""

BATCH_ROWS = 250
"""Rows per fetch: about 75 kB of URLs, which stay in the processor's cache until they are
written, and 10 MB where each row has 40 kB of JSON."""


class Cursor(Protocol):
    """The part of a DB-API cursor that is used. Its rows have bytes, as the server sends them."""

    def execute(self, operation: str, parameters: Any, /) -> Any:
        """Run a statement."""

    def fetchmany(self, size: int, /) -> Sequence[Row]:
        """The next rows; an empty sequence at the end."""


def stream_rows(cursor: Cursor, sql: str, bounds: Mapping[str, str]) -> Iterator[Sequence[Row]]:
    """The rows of `sql` in batches of BATCH_ROWS.

    `bounds` fills the placeholders of `sql`. A connection that breaks raises the driver's error;
    it never looks like the end of the rows.
    """
    cursor.execute(sql, bounds)
    while rows := cursor.fetchmany(BATCH_ROWS):
        yield rows
