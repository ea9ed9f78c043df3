"""Cover CSVs: bytes to rows and rows to bytes.

Reading keeps the line at which each row begins, so that a bad row can be named to the writer of
the file, and in a chunk the byte as well, so that a worker can go on where another one stopped.
A bad row is a value among the others; only a file that cannot be used at all raises.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from collage_core.contract.reasons import Reason
from collage_core.contract.rejected import RejectedRow
from collage_core.covers.cover_url import is_cover_url
from collage_core.covers.csv_dialect import BLANKS, COLUMNS, OpenedCsv, open_csv
from collage_core.covers.csv_records import (
    LONGEST_ROW,
    MOST_LINES,
    records_of_chunk,
    records_of_file,
)
from collage_core.covers.rows import CoverRow

__all__ = ["COLUMNS", "LONGEST_ROW", "MOST_LINES"]

HEADER = b"creator_name,cover_url,updated_at\n"
"""The first line of a canonical CSV, and the only one outside of all chunks."""

CONTENT_TYPE = "text/csv; charset=utf-8"

NEEDS_QUOTES = ',"\r\n'
"""A field with one of these stands in quotes (RFC 4180)."""


_UNREADABLE_ROW = b"this row was too long to be written\n"
"""Has too few columns: whoever reads it rejects it as a bad row."""

ROW_OF_NO_TEXT = b"this row was not UTF-8\n"
"""Stands for a row that cannot be written as text, and is read as a bad row too."""

_ZERO_DATE = re.compile(r"\s*(?:0000-[0-9]{2}-[0-9]{2}|[0-9]{4}-(?:00-[0-9]{2}|[0-9]{2}-00))")
"""What MySQL and MariaDB give for a date of which the month or the day is not known, or none is."""


class TextRow(NamedTuple):
    """A usable row of a CSV from anywhere. Its date is the text of the file: others decide it."""

    creator: str
    url: str
    updated_at: str
    line: int


def read_file(data: bytes) -> Iterator[TextRow | RejectedRow]:
    """The rows of a whole CSV from anywhere: a header line, its columns in any order.

    What spreadsheets and exports do to a CSV is undone (`csv_dialect`). Columns of other names,
    blank lines, rows of empty fields and repeated headers are passed over, and so are blanks
    around a URL. Lines count from 1 at the first line of the file. Raises CsvFormatError at once
    when the file cannot be used as a whole.
    """
    return _rows_of_file(open_csv(data))


def _rows_of_file(opened: OpenedCsv) -> Iterator[TextRow | RejectedRow]:
    data, offset, first_line, form, layout = opened
    width = layout.width
    creator_at, url_at, updated_at = layout.positions
    least = max(layout.positions)
    for line, fields in records_of_file(data, offset, first_line, form):
        # More fields than columns come from a comma without quotes: the URL would be cut there.
        # Empty ones are columns that a spreadsheet once had.
        if fields is None or len(fields) <= least or (len(fields) > width and any(fields[width:])):
            if fields is None or any(fields):
                yield RejectedRow(line, Reason.BAD_ROW)
            continue
        creator, url = fields[creator_at], fields[url_at].strip(BLANKS)
        if layout.blank_before_separator:
            creator = creator.rstrip(" ")
        if not creator or creator.isspace():  # as `is_blank`, which takes longer to call
            if any(fields):
                yield RejectedRow(line, Reason.NO_CREATOR)
        elif is_cover_url(url):
            yield TextRow(creator, url, fields[updated_at], line)
        elif not layout.is_header(fields):
            yield RejectedRow(line, Reason.INVALID_URL, creator=creator)


def read_chunk(data: bytes) -> Iterator[CoverRow | RejectedRow]:
    """The rows of a part of a canonical CSV: no header, exactly COLUMNS in their order.

    Lines count from 1 and offsets from 0 at the first byte of `data`. Never raises: what
    cannot be read is a bad row, and so is one with a date that a database gives for none.
    """
    for line, offset, fields in records_of_chunk(data):
        yield _canonical_row(line, offset, fields)


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


def _canonical_row(line: int, offset: int, fields: list[str] | None) -> CoverRow | RejectedRow:
    """The row of a record, or the first reason why there is none."""
    # More fields than columns come from a comma without quotes: the URL would be cut there.
    if fields is None or len(fields) != len(COLUMNS):
        return RejectedRow(line, Reason.BAD_ROW, offset)
    creator, url, updated_at = fields
    if is_blank(creator):
        return RejectedRow(line, Reason.NO_CREATOR, offset)
    if not is_cover_url(url):
        return RejectedRow(line, Reason.INVALID_URL, offset, creator)
    moment = parse_updated_at(updated_at)
    if moment is None and updated_at.strip():
        if _ZERO_DATE.match(updated_at):
            return RejectedRow(line, Reason.BAD_ROW, offset, creator)
        return CoverRow(creator, url, None, line, offset, is_date_unread=True)
    return CoverRow(creator, url, moment, line, offset)


def _quoted(field: str) -> str:
    # Spelled out: a loop over NEEDS_QUOTES takes longer than all else that a row needs.
    if "," in field or '"' in field or "\r" in field or "\n" in field:
        return '"' + field.replace('"', '""') + '"'
    return field
