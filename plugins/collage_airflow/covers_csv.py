"""From rows of the database to the bytes of a cover CSV, with its chunk plan in the same pass."""

from collections.abc import Callable, Iterable, Sequence

from collage_airflow.covers_query import Row
from collage_core.chunking import ChunkPlanner, ChunkSpan, merge_spans
from collage_core.cover_csv import COLUMNS, HEADER, write_row
from collage_core.errors import BooksError, SettingError


def write_covers(
    batches: Iterable[Sequence[Row]],
    *,
    expected: int,
    chunk_rows: int,
    write: Callable[[bytes], None],
) -> list[ChunkSpan]:
    """Write a canonical CSV of all rows and return where its chunks are.

    Args:
        batches: rows in order of the bytes of their creator's name. A NULL is written as an
            empty field, so that the worker rejects and counts the row.
        expected: the number of rows there must be.
        chunk_rows: rows that a chunk aims at.
        write: takes the CSV piece by piece.

    Raises SettingError when the rows are not in order or not text, and BooksError when there
    are more or fewer of them than expected; what was written until then must not be published.
    """
    planner = ChunkPlanner(chunk_rows=chunk_rows, first_byte=len(HEADER))
    write(HEADER)
    rows, last_name = 0, b""
    for batch in batches:
        lines = []
        for row in batch:
            creator = row[0] or b""
            line = _line(row)
            # Names that only grow cannot come back: one comparison proves that no creator's
            # rows are torn apart, without remembering any of them.
            if creator < last_name:
                raise SettingError(
                    f"the SQL gave creator {creator.decode()!r} after {last_name.decode()!r}: "
                    "it must end in ORDER BY CAST(creator_name AS BINARY), or a creator would "
                    "be torn into two collages"
                )
            last_name = creator
            planner.add(creator, len(line), line.count(b"\n"))
            lines.append(line)
        write(b"".join(lines))
        rows += len(batch)
    if rows != expected:
        raise BooksError(
            f"the database counted {expected} covers but sent {rows}: nothing was published; if "
            "this comes again, the table's engine has no snapshots (it must be InnoDB)"
        )
    return merge_spans(planner.finish())


def _line(row: Row) -> bytes:
    name, url, updated_at = row
    try:
        return write_row(
            (name or b"").decode(), (url or b"").decode(), (updated_at or b"").decode()
        )
    except UnicodeDecodeError as error:
        column = COLUMNS[row.index(error.object)]
        raise SettingError(
            f"the SQL gave {error.object[:40]!r} as {column}, which is no UTF-8: {column} must "
            f"be text, in the SQL as CONVERT({column} USING utf8mb4) AS {column}"
        ) from None
