"""How long every client of this SELECT waits: the server sorts, and then fetches the rows."""

import time
from contextlib import closing
from dataclasses import dataclass

from MySQLdb import cursors  # type: ignore[import-untyped]

from benchmarks.extract.contenders.script import WINDOW
from collage_core.export.rows import BATCH_ROWS
from local.mysql import MySql


@dataclass(frozen=True, slots=True)
class Waiting:
    """Seconds since the query, for a client that throws the rows away."""

    first_row: float
    last_row: float
    """No contender on these servers can finish much earlier."""


def measure_waiting(server: MySql, sql: str) -> Waiting:
    """Read the rows as the bytes that the server sends, and drop them."""
    with closing(server.connect()) as connection:
        connection.converter.clear()
        cursor = connection.cursor(cursors.SSCursor)
        start = time.perf_counter()
        cursor.execute(sql, WINDOW)
        cursor.fetchone()
        first_row = time.perf_counter() - start
        while cursor.fetchmany(BATCH_ROWS):
            pass
        return Waiting(first_row, time.perf_counter() - start)
