"""Cover CSVs: bytes to rows and rows to bytes.

Reading keeps the line and the byte at which each row begins, so that a bad row can be
named to whoever wrote the file and a worker can go on where another one stopped. A bad row
is a value among the others; only a file that cannot be used at all raises.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from collage_core.contract import CoverRow, RejectedRow
from collage_core.errors import CsvFormatError
from collage_core.reasons import Reason

COLUMNS = ("creator_name", "cover_url", "updated_at")
HEADER = b"creator_name,cover_url,updated_at\n"
"""The first line of a canonical CSV, and the only one outside of all chunks."""

CONTENT_TYPE = "text/csv; charset=utf-8"

LONGEST_ROW = 128 * 1024
"""Bytes of one row; twice what a TEXT column holds. A longer one is a bad row."""

MOST_LINES = 32
"""Lines of one row; names of creators may hold line breaks. A row of more is a bad row.

Every line may begin a quote that is never closed, and is read again after that: this is how
many times a hostile file is read."""

NEEDS_QUOTES = ',"\r\n'
"""A field with one of these stands in quotes (RFC 4180)."""

_BOM = b"\xef\xbb\xbf"
_HEADER_MEND = f"the first line must name the columns {','.join(COLUMNS)}"

_NOT_IN_A_REQUEST_LINE = r"\x00-\x20\x7f"
_LABEL = rf"[^{_NOT_IN_A_REQUEST_LINE}/?#@:\[\]\\.*]{{1,63}}"
_COVER_URL = re.compile(
    r"(?i:https?)://"
    # No '@': credentials in a URL would end up in logs and at whoever the host is. No empty
    # label and no glob: nothing can be asked of such a host.
    rf"(?:\[[0-9A-Fa-f:.]+\]|{_LABEL}(?:\.{_LABEL})*\.?)"
    r"(?::(?P<port>[0-9]{0,5}))?"
    rf"(?:[/?#][^{_NOT_IN_A_REQUEST_LINE}]*)?"
)
_LAST_PORT = 65535

_UNREADABLE_ROW = b"this row was too long to be written\n"
"""Has too few columns: whoever reads it rejects it as a bad row."""

ROW_OF_NO_TEXT = b"this row was not UTF-8\n"
"""Stands for a row that cannot be written as text, and is read as a bad row too."""

_ZERO_DATE = re.compile(r"\s*(?:0000-[0-9]{2}-[0-9]{2}|[0-9]{4}-(?:00-[0-9]{2}|[0-9]{2}-00))")
"""What MySQL and MariaDB give for a date of which the month or the day is not known, or none is."""


def read_file(data: bytes) -> list[CoverRow | RejectedRow]:
    """The rows of a whole CSV from anywhere: a header line, its columns in any order.

    A byte order mark, CRLF, columns of other names and blank lines are passed over, and so
    are capitals and white space in the header. Lines count from 1 with the header as the
    first. Raises CsvFormatError when the file is empty, is not UTF-8, or does not name each
    of COLUMNS once.
    """
    start = len(_BOM) if data.startswith(_BOM) else 0
    if not data[start:].strip():
        raise CsvFormatError(f"the file is empty: {_HEADER_MEND}")
    _check_utf8(data)
    records = _records(data, start)
    header = next(records).fields
    if header is None:
        raise CsvFormatError(f"line 1 cannot be read as CSV: {_HEADER_MEND}")
    layout = _Layout.of_header(header)
    return [layout.row(record) for record in records]


def read_chunk(data: bytes) -> Iterator[CoverRow | RejectedRow]:
    """The rows of a part of a canonical CSV: no header, exactly COLUMNS in their order.

    Lines count from 1 and offsets from 0 at the first byte of `data`. Never raises: what
    cannot be read is a bad row, and so is one with a date that a database gives for none.
    """
    layout = _Layout(width=len(COLUMNS), positions=(0, 1, 2))
    for record in _records(data):
        row = layout.row(record)
        if isinstance(row, CoverRow) and row.updated_at is None and _has_zero_date(record):
            row = RejectedRow(row.line, Reason.BAD_ROW, row.offset, row.creator)
        yield row


def write_row(creator: str, url: str, updated_at: str) -> bytes:
    """One line of a canonical CSV: quotes only where RFC 4180 needs them, ended by a newline.

    `updated_at` is written as it is given; ISO 8601 is what reading understands. A row beyond
    LONGEST_ROW or MOST_LINES is written as one short line that reading rejects: its own lines
    would come back as so many bad rows, and the counts of the plan would be wrong.
    """
    line = f"{creator},{url},{updated_at}\n"
    # Four scans in C instead of three fields looked at one by one: nearly all rows end here.
    if line.count(",") == 2 and line.count("\n") == 1 and '"' not in line and "\r" not in line:
        row = line.encode()
    else:
        row = f"{_quoted(creator)},{_quoted(url)},{_quoted(updated_at)}\n".encode()
        if row.count(b"\n") > MOST_LINES:
            return _UNREADABLE_ROW
    return row if len(row) <= LONGEST_ROW else _UNREADABLE_ROW


def is_cover_url(text: str) -> bool:
    """Whether `text` can be asked for as it is: http(s), a host, no credentials, no blanks."""
    match = _COVER_URL.fullmatch(text)
    return match is not None and int(match["port"] or 0) <= _LAST_PORT


def is_blank(creator: str) -> bool:
    """Whether a name is none: empty, or nothing but white space."""
    return not creator or creator.isspace()


def parse_updated_at(text: str) -> datetime | None:
    """An ISO 8601 date or time, UTC unless it says otherwise; None for anything else."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _has_zero_date(record: "_Record") -> bool:
    return record.fields is not None and _ZERO_DATE.match(record.fields[-1]) is not None


class _Record(NamedTuple):
    """The fields of one row and where it begins; None for fields that cannot be read."""

    line: int
    offset: int
    fields: list[str] | None


class _Layout(NamedTuple):
    """Where the columns are: how many a row may have, and the positions of COLUMNS among them."""

    width: int
    positions: tuple[int, int, int]

    @classmethod
    def of_header(cls, header: Sequence[str]) -> "_Layout":
        names = [name.strip().lower() for name in header]
        # What stands in the first line instead is not repeated here: without a header it is
        # a row, and its URL may carry a signature.
        for column in COLUMNS:
            if names.count(column) == 0:
                raise CsvFormatError(f"column {column} is missing from line 1: {_HEADER_MEND}")
            if names.count(column) > 1:
                raise CsvFormatError(f"column {column} stands twice in line 1: leave one of them")
        creator, url, updated_at = map(names.index, COLUMNS)
        return cls(width=len(names), positions=(creator, url, updated_at))

    def row(self, record: _Record) -> CoverRow | RejectedRow:
        """The row of a record, or the first reason why there is none."""
        line, offset, fields = record
        # More fields than columns come from a comma without quotes: the URL would be cut there.
        if fields is None or not max(self.positions) < len(fields) <= self.width:
            return RejectedRow(line, Reason.BAD_ROW, offset)
        creator, url, updated_at = (fields[position] for position in self.positions)
        if is_blank(creator):
            return RejectedRow(line, Reason.NO_CREATOR, offset)
        if not is_cover_url(url):
            return RejectedRow(line, Reason.INVALID_URL, offset, creator)
        return CoverRow(creator, url, parse_updated_at(updated_at), line, offset)


class _Lines:
    """The lines of some bytes for `csv` to pull, row by row, and none beyond a row's limits.

    They are checked before a line is handed out. Checked once a row has ended, a quote that is
    never closed would be looked for to the end of the file, from every line anew.
    """

    __slots__ = ("_data", "_row_line", "_row_offset", "damaged", "line", "offset")

    def __init__(self, data: bytes, offset: int) -> None:
        self._data = data
        self.offset = offset
        self.line = 1
        self.begin_row()

    def begin_row(self) -> None:
        """Take the next line for the first one of a row."""
        self._row_line, self._row_offset = self.line, self.offset
        self.damaged = False
        """Whether a line of the row held a NUL or bytes that are not UTF-8."""

    def end_row_after_its_first_line(self) -> None:
        """Go back to the second line of the row, whatever was read of it."""
        self.offset = self._row_offset
        self.offset = self._end_of_line()
        self.line = self._row_line + 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        start = self.offset
        if start == len(self._data):
            raise StopIteration
        end = self._end_of_line()
        if end - self._row_offset > LONGEST_ROW or self.line - self._row_line == MOST_LINES:
            raise csv.Error("the row has no end within its limits")
        self.offset = end
        self.line += 1
        line = self._data[start:end]
        try:
            self.damaged |= b"\0" in line
            return line.decode()
        except UnicodeDecodeError:
            self.damaged = True
            return line.decode(errors="replace")

    def _end_of_line(self) -> int:
        return self._data.find(b"\n", self.offset) + 1 or len(self._data)


def _records(data: bytes, start: int = 0) -> Iterator[_Record]:
    lines = _Lines(data, start)
    reader = csv.reader(lines, strict=True)
    while True:
        lines.begin_row()
        line, offset = lines.line, lines.offset
        try:
            fields = next(reader, None)
        except csv.Error:
            # A stray quote takes all that follows for one field. Only the line that it is
            # on is given up; rows after it are read again on their own.
            lines.end_row_after_its_first_line()
            yield _Record(line, offset, None)
            continue
        if fields is None:
            return
        if lines.damaged:
            yield _Record(line, offset, None)
        elif fields:  # a blank line is no row
            yield _Record(line, offset, fields)


def _check_utf8(data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CsvFormatError(
            f"byte {error.start} of the file, on line {line}, is not UTF-8: "
            'save the file again as "CSV UTF-8"'
        ) from None


def _quoted(field: str) -> str:
    # Spelled out: a loop over NEEDS_QUOTES takes longer than all else that a row needs.
    if "," in field or '"' in field or "\r" in field or "\n" in field:
        return '"' + field.replace('"', '""') + '"'
    return field
