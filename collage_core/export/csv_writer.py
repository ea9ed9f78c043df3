"""Writes rows of the database as the bytes of a cover CSV, and plans its chunks in the same pass.

Nearly all rows need no quotes, and their fields are UTF-8 already. A whole batch of such rows is
checked and joined at once, in C. A batch with any other field is written row by row. Both ways
give the same bytes and the same chunks.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby
from operator import itemgetter

from collage_core.covers.chunking import ChunkPlanner, ChunkSpan
from collage_core.covers.cover_csv import HEADER, NEEDS_QUOTES, NOT_UTF8_ROW, is_blank, write_row
from collage_core.covers.creator_choice import Chooser, CreatorChoice
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
    choice: CreatorChoice | None = None,
    cuts: Iterable[str] = (),
) -> list[ChunkSpan]:
    """Write a canonical CSV of the rows and return where its chunks are.

    Args:
        batches: rows in order of the bytes of their creator's name. A NULL is written as an
            empty field, so that the worker rejects and counts the row. A row that is not UTF-8 is
            written as a line that the worker rejects as a bad row.
        expected: the number of rows there must be.
        chunk_rows: the target number of rows in a chunk.
        write: called with the CSV piece by piece.
        choice: the creators whose rows are written; None: all rows.
        cuts: where an earlier plan of these rows was cut, see `ChunkPlanner`.

    Raises SettingError when the rows are not in order, and StreamError when there are more or
    fewer of them than expected; what was written until then must not be published.
    """
    planner = ChunkPlanner(rows=expected, chunk_rows=chunk_rows, first_byte=len(HEADER), cuts=cuts)
    write(HEADER)
    sent, last_creator = 0, b""
    chooser = None if choice is None else Chooser(choice)
    no_text: Counter[str] = Counter()
    for batch in batches:
        sent += len(batch)
        if chooser is not None:
            batch = [row for row in batch if chooser.takes(row[0] or b"")]  # noqa: PLW2901
            if not batch:
                continue
        lines = None
        try:
            if (rows := _plain_rows(batch)) is None:
                rows = list(map(_careful_row, batch))
                lines = [row.count(b"\n") + 1 for row in rows]
        except UnicodeDecodeError:
            batch, columns = _text_rows(batch, last_creator)  # noqa: PLW2901
            no_text.update(columns)
            rows = list(map(_careful_row, batch))
            lines = [row.count(b"\n") + 1 for row in rows]
        text = b"\n".join([*rows, b""])
        sizes = list(map(len, rows))
        for creator, first, end in _runs(batch):
            # Names in ascending order cannot come back: one comparison proves that all rows of a
            # creator are together, without remembering any names.
            if creator < last_creator:
                raise SettingError(
                    f"the SQL gave creator {creator.decode()!r} after {last_creator.decode()!r}: "
                    "it must end in ORDER BY CAST(CONVERT(creator_name USING utf8mb4) AS BINARY), "
                    "or a creator would be split into two collages"
                )
            last_creator = creator
            count = end - first
            planner.add(
                creator,
                sum(sizes[first:end]) + count,
                count if lines is None else sum(lines[first:end]),
                rows=count,
            )
        planner.digest(text)
        write(text)
    for column, count in no_text.items():
        _log.warning(
            "%s rows have bytes in %s that are not UTF-8: each is rejected as bad_row. If it is "
            "text in another encoding, write CONVERT(%s USING …) in the SQL",
            count,
            column,
            column,
        )
    if sent != expected:
        raise StreamError(
            f"the database counted {expected} covers but sent {sent}: nothing was published; if "
            "this happens again, the table's engine has no snapshots (it must be InnoDB)"
        )
    return planner.finish()


def _plain_rows(batch: Sequence[Row]) -> list[bytes] | None:
    """The rows joined with commas, if they need nothing else; otherwise None."""
    try:
        # The space between the fields is ASCII, so it ends every UTF-8 character: the whole is
        # valid only if each field is. And it is not one of the bytes that are looked for.
        fields = b" ".join(chain.from_iterable(batch))  # type: ignore[arg-type]
    except TypeError:  # a NULL
        return None
    if any(byte in fields for byte in _NEEDS_CARE) or not _is_utf8(fields):
        return None
    rows = list(map(b",".join, batch))  # type: ignore[arg-type]
    # No row is longer than all of them.
    are_short = len(fields) < LONGEST_ROW or max(map(len, rows)) < LONGEST_ROW
    return rows if are_short else None


def _is_utf8(text: bytes) -> bool:
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False


def _text_rows(batch: Sequence[Row], last_creator: bytes) -> tuple[list[Row], list[str]]:
    """The rows, those that are not UTF-8 as _NoText, and the column of each of these.

    Such a row keeps its place. If its name is not UTF-8, it counts with the creator above it:
    without a creator it could let a chunk end between the rows of one creator.
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
    """A row with a field that is not UTF-8, under the creator that it counts with."""

    __slots__ = ()


def _careful_row(row: Row) -> bytes:
    if isinstance(row, _NoText):
        return NOT_UTF8_ROW.removesuffix(b"\n")
    name, url, updated_at = (field or b"" for field in row)
    line = write_row(name.decode(), cover_url(url.decode()), updated_at.decode())
    return line.removesuffix(b"\n")


def _runs(batch: Sequence[Row]) -> Iterator[tuple[bytes, int, int]]:
    """The name of a creator, and where in the batch rows begin and end that must stay together."""
    start = 0
    for name, same in groupby(map(_creator_of, batch)):
        creator = name or b""
        end = start + sum(1 for _ in same)
        # Rows without a creator may be split anywhere, so pass them to the planner one by one.
        step = 1 if is_blank(creator.decode()) else end - start
        for first in range(start, end, step):
            yield creator, first, first + step
        start = end
