"""Turns a CSV from outside into a canonical one, which is then processed like a DAG's.

The rows of such a file may be in any order. The whole file is read, sorted (the rows of a creator
together, newest first) and written again as a canonical CSV with its chunks.
"""

import io
import logging
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import batched

from collage_core.contract.date_counts import ISO, DateCounts
from collage_core.contract.reasons import Reason
from collage_core.contract.rejected import MOST_REJECTED_LINES, RejectedRow, Rejections
from collage_core.contract.selection import Selection
from collage_core.covers.chunking import ChunkPlanner, ChunkSpan
from collage_core.covers.cover_csv import HEADER, TextRow, read_file, write_row
from collage_core.covers.creator_choice import Chooser, CreatorChoice
from collage_core.covers.csv_encoding import count_lines
from collage_core.covers.csv_records import LONGEST_ROW
from collage_core.covers.date_column import DateColumn
from collage_core.errors import CsvFormatError

log = logging.getLogger(__name__)

_MIB = 1024 * 1024
MAX_CSV_BYTES = 64 * _MIB
MAX_CSV_LINES = 500_000
"""The file, its rows and the ordered file are in memory together: 255 MB at both limits, measured
(`python -m benchmarks.intake`). Even the shortest row takes time, so a limit of bytes alone would
not limit the time."""

_LINE_END = ord("\n")
_LONGEST_DATE = "9999-12-31T23:59:59.999999+00:00"
_SURELY_SHORT = LONGEST_ROW // 10
"""A name and a URL with fewer characters are within the limits of a row, however they are
escaped."""
_LINES_AT_ONCE = 1000
"""Lines sorted in one piece: a memoryview of a line takes more memory than the line."""

_FIX = "split it, or load its rows into the database and run the DAG"


@dataclass(frozen=True, slots=True)
class IngestedCsv:
    """A CSV from outside, ready to be processed."""

    ordered: bytes
    """Its usable rows as a canonical CSV, the header included."""
    spans: list[ChunkSpan]
    """Where the chunks of `ordered` are; empty when no row is usable."""
    rejected: Rejections
    """The other rows, with their lines in the file as it was uploaded."""
    dates: DateCounts
    """How the dates of the usable rows were read."""
    creators: frozenset[bytes]
    """The names of all creators of the file in UTF-8, as far as they could be read."""
    selection: Selection | None = None
    """Which creators it is limited to; None: all rows of the file are in it."""

    @property
    def rows(self) -> int:
        """All its rows, the rejected ones included."""
        return sum(span.rows for span in self.spans) + self.rejected.rows


def check_size(size: int) -> None:
    """Raise CsvFormatError if a file of `size` bytes is larger than MAX_CSV_BYTES."""
    if size > MAX_CSV_BYTES:
        raise CsvFormatError(
            f"the file has {size / _MIB:.1f} MiB: at most {MAX_CSV_BYTES // _MIB} MiB are "
            f"allowed; {_FIX}"
        )


def ingest_csv(
    data: bytes,
    *,
    chunk_rows: int,
    choice: CreatorChoice | None = None,
    cuts: Iterable[str] = (),
    one_chunk_rows: int = 0,
) -> IngestedCsv:
    """Read a CSV with its rows in any order; chunks aim at `chunk_rows` rows.

    With a `choice`, the rows of its creators alone; `dates` still counts the whole file. `cuts` are
    where an earlier plan of it was cut, see `ChunkPlanner`. Up to `one_chunk_rows` rows, rejected
    ones included, are one chunk in any case.

    Raises CsvFormatError for a file that cannot be used as a whole, or has more than MAX_CSV_BYTES
    or MAX_CSV_LINES.
    """
    check_size(len(data))
    _check_lines(data)
    rows = _UsableRows()
    rejected = list(rows.take(read_file(data)))
    dates = rows.dates.decide()
    _report(dates, rows.dates)
    named = {row.creator.encode() for row in rejected if row.creator is not None}
    creators = frozenset(rows.of_creator.keys() | named)
    everything = len(rejected) + len(rows.ends) - 1
    chosen = creators
    if choice is not None:
        chooser = Chooser(choice)
        chosen = frozenset(name for name in sorted(creators) if chooser.takes(name))
        rejected = [row for row in rejected if (row.creator or "").encode() in chosen]
    usable = chosen & rows.of_creator.keys()
    count = sum(len(rows.of_creator[name]) for name in usable)
    planner = ChunkPlanner(
        rows=count,
        chunk_rows=max(chunk_rows, count)
        if count + len(rejected) <= one_chunk_rows
        else chunk_rows,
        first_byte=len(HEADER),
        cuts=cuts,
    )
    ordered = _in_order(rows, usable, planner)
    spans = planner.finish()
    ingested = IngestedCsv(ordered, spans, _rejections(rows, rejected), dates, creators)
    if choice is None:
        return ingested
    left_out = everything - ingested.rows
    return replace(ingested, selection=choice.selection(rows_left_out=left_out))


class _UsableRows:
    """All usable rows of a file. A row takes some 24 bytes more than its line, and no objects."""

    def __init__(self) -> None:
        self.of_creator: dict[bytes, array[int]] = {}
        """Indexes of the rows of each creator, whose name is in UTF-8."""
        self.dates = DateColumn()
        self.lines = bytearray()
        """Canonical lines. A line without its line end gets its date later, when all are known."""
        self.ends = array("q", [0])
        """Where the line of each row ends; it begins at the end of the row before."""

    def take(self, rows: Iterable[TextRow | RejectedRow]) -> Iterator[RejectedRow]:
        """Keep the usable rows and yield the rejected ones."""
        of_creator, date_of, lines, ends = self.of_creator, self.dates.add, self.lines, self.ends
        count = 0
        for row in rows:
            if isinstance(row, RejectedRow):
                yield row
                continue
            creator, url, text, number = row
            if len(url) + len(creator) > _SURELY_SHORT and not _is_writable(creator, url):
                yield RejectedRow(number, Reason.BAD_ROW, creator=creator)
                continue
            date = date_of(text, number)
            if date is None:
                # With the longest date that it may get, so that a worker can read the row.
                lines += write_row(creator, url, _LONGEST_DATE)[: -len(_LONGEST_DATE) - 1]
            else:
                lines += write_row(creator, url, date)
            ends.append(len(lines))
            name = creator.encode()
            try:
                of_creator[name].append(count)
            except KeyError:
                of_creator[name] = array("l", [count])
            count += 1

    def newest_first(self, creator: bytes) -> Iterator[bytes]:
        """The lines of a creator in pieces; rows of the same time keep their order."""
        ends, view = self.ends, memoryview(self.lines)
        order = sorted(self.of_creator[creator], key=self.dates.moments.__getitem__, reverse=True)
        for rows in batched(order, _LINES_AT_ONCE):
            lines: list[bytes | memoryview] = [view[ends[row] : ends[row + 1]] for row in rows]
            if self.dates.had_open_dates:
                for index, row in enumerate(rows):
                    if lines[index][-1] != _LINE_END:
                        lines[index] = bytes(lines[index]) + f"{self.dates.iso(row)}\n".encode()
            yield b"".join(lines)


def _is_writable(creator: str, url: str) -> bool:
    """Whether the row, with quotes and the longest date, is within the limits of a worker."""
    return write_row(creator, url, _LONGEST_DATE).endswith(f"{_LONGEST_DATE}\n".encode())


def _in_order(rows: _UsableRows, creators: Set[bytes], planner: ChunkPlanner) -> bytes:
    """The canonical CSV of these creators by the bytes of their names, which `planner` has seen."""
    ordered = io.BytesIO()
    ordered.write(HEADER)
    for creator in sorted(creators):
        size = lines = 0
        for text in rows.newest_first(creator):
            size += ordered.write(text)
            lines += text.count(b"\n")
        planner.add(creator, size, lines, rows=len(rows.of_creator[creator]))
    data = ordered.getvalue()
    planner.digest(memoryview(data)[len(HEADER) :])
    return data


def _report(dates: DateCounts, column: DateColumn) -> None:
    if dates.unread:
        log.warning(
            "%d of %d dates cannot be read and count as the oldest: %s",
            dates.unread,
            dates.read + dates.unread,
            column.first_unread,
        )
    elif column.first_of_either_order:
        log.warning("%d dates show only their order: %s", dates.read, column.first_of_either_order)
    elif dates.formats != {ISO}:
        log.info("%d dates read as %s", dates.read, ", ".join(sorted(dates.formats)) or "none")


def _check_lines(data: bytes) -> None:
    lines = count_lines(data)
    if lines > MAX_CSV_LINES:
        raise CsvFormatError(
            f"the file has {lines} lines: at most {MAX_CSV_LINES} are allowed; {_FIX}"
        )


def _rejections(rows: _UsableRows, rejected: Sequence[RejectedRow]) -> Rejections:
    named = {row.creator for row in rejected if row.creator is not None}
    return Rejections(
        reasons=Counter(row.reason for row in rejected),
        creators=sum(creator.encode() not in rows.of_creator for creator in named),
        first=rejected[:MOST_REJECTED_LINES],
    )
