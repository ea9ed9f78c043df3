"""From rows of the database to the bytes of a cover CSV, with its chunk plan in the same pass.

Nearly all rows need no quotes, and their fields are UTF-8 already: a whole batch of them is
checked and joined at once, in C. A batch with a field that needs care is written row by row.
Both ways give the same bytes and the same chunks.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby
from operator import itemgetter

from collage_core.covers.chunking import ChunkPlanner, ChunkSpan, merge_spans
from collage_core.covers.cover_csv import HEADER, NEEDS_QUOTES, NOT_UTF8_ROW, is_blank, write_row
from collage_core.covers.csv_dialect import COLUMNS
from collage_core.covers.csv_records import LONGEST_ROW
from collage_core.errors import SettingError, StreamError
from collage_core.export.cover_json import BEGINS_JSON, cover_url
from collage_core.export.rows import Row

_NEEDS_CARE = (NEEDS_QUOTES + BEGINS_JSON).encode()
_creator_of = itemgetter(0)

_log = logging.getLogger(__name__)


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
            empty field, so that the worker rejects and counts the row. One that is not UTF-8 is
            written as a line that the worker rejects as a bad row.
        expected: the number of rows there must be.
        chunk_rows: rows that a chunk aims at.
        write: takes the CSV piece by piece.

    Raises SettingError when the rows are not in order, and StreamError when there are more or
    fewer of them than expected; what was written until then must not be published.
    """
    planner = ChunkPlanner(chunk_rows=chunk_rows, first_byte=len(HEADER))
    write(HEADER)
    sent, last_creator = 0, b""
    no_text: Counter[str] = Counter()
    for batch in batches:
        try:
            rows = _plain_rows(batch) or list(map(_careful_row, batch))
        except UnicodeDecodeError:
            batch, columns = _text_rows(batch, last_creator)  # noqa: PLW2901
            no_text.update(columns)
            rows = list(map(_careful_row, batch))
        text = b"\n".join([*rows, b""])
        rows_are_lines = text.count(b"\n") == len(rows)
        for creator, run in _runs(batch, rows):
            # Names that only grow cannot come back: one comparison proves that no creator's
            # rows are torn apart, without remembering any of them.
            if creator < last_creator:
                raise SettingError(
                    f"the SQL gave creator {creator.decode()!r} after {last_creator.decode()!r}: "
                    "it must end in ORDER BY CAST(CONVERT(creator_name USING utf8mb4) AS BINARY), "
                    "or a creator would be torn into two collages"
                )
            last_creator = creator
            lines = len(run) if rows_are_lines else sum(row.count(b"\n") + 1 for row in run)
            planner.add(creator, sum(map(len, run)) + len(run), lines, rows=len(run))
        write(text)
        sent += len(batch)
    for column, count in no_text.items():
        _log.warning(
            "%s rows have bytes as %s that are no UTF-8: each is rejected as bad_row. If it is "
            "text in another encoding, write CONVERT(%s USING …) in the SQL",
            count,
            column,
            column,
        )
    if sent != expected:
        raise StreamError(
            f"the database counted {expected} covers but sent {sent}: nothing was published; if "
            "this comes again, the table's engine has no snapshots (it must be InnoDB)"
        )
    return merge_spans(planner.finish())


def _plain_rows(batch: Sequence[Row]) -> list[bytes] | None:
    """The rows if all that it takes to write them is a comma between fields; else None."""
    try:
        # The blank between the fields is ASCII: it ends every character of UTF-8, so that all
        # of it is valid only if each field is, and is itself none of what is looked for.
        fields = b" ".join(chain.from_iterable(batch))  # type: ignore[arg-type]
    except TypeError:  # a NULL
        return None
    if any(byte in fields for byte in _NEEDS_CARE) or not _is_utf8(fields):
        return None
    rows = list(map(b",".join, batch))  # type: ignore[arg-type]
    return rows if max(map(len, rows), default=0) < LONGEST_ROW else None


def _is_utf8(text: bytes) -> bool:
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False


def _text_rows(batch: Sequence[Row], last_creator: bytes) -> tuple[list[Row], list[str]]:
    """The rows, those that are no UTF-8 as _NoText, and the column of each of these.

    Such a row keeps its place. Where its name is what cannot be read, it counts with the creator
    above it: as one of nobody it could let a chunk end between the rows of one creator.
    """
    rows: list[Row] = []
    columns = []
    for row in batch:
        wrong = next((index for index, field in enumerate(row) if not _is_utf8(field or b"")), None)
        if wrong is None:
            rows.append(row)
        else:
            creator = row[0] if wrong else (rows[-1][0] if rows else last_creator)
            rows.append(_NoText((creator, None, None)))
            columns.append(COLUMNS[wrong])
    return rows, columns


class _NoText(tuple[bytes | None, bytes | None, bytes | None]):
    """A row of which a field is no UTF-8, under the creator that it counts with."""

    __slots__ = ()


def _careful_row(row: Row) -> bytes:
    if isinstance(row, _NoText):
        return NOT_UTF8_ROW.removesuffix(b"\n")
    name, url, updated_at = (field or b"" for field in row)
    line = write_row(name.decode(), cover_url(url.decode()), updated_at.decode())
    return line.removesuffix(b"\n")


def _runs(batch: Sequence[Row], rows: Sequence[bytes]) -> Iterator[tuple[bytes, Sequence[bytes]]]:
    """The rows that the planner counts at once, after the name of the creator that they have."""
    start = 0
    for name, same in groupby(map(_creator_of, batch)):
        creator = name or b""
        end = start + sum(1 for _ in same)
        # Rows of nobody may be cut anywhere, but the planner cuts no run.
        step = 1 if is_blank(creator.decode()) else end - start
        for first in range(start, end, step):
            yield creator, rows[first : first + step]
        start = end
