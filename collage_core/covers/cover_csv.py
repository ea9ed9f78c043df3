"""Cover CSVs: bytes to rows and rows to bytes.

Each row is read with the line on which it begins, so that a message can name it, and in a chunk
also with its byte, so that another worker can continue there. A bad row is returned like the
others; only a file that cannot be used at all raises.
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

HEADER = b"creator_name,cover_url,updated_at\n"
"""The first line of a canonical CSV. It is in no chunk."""

CONTENT_TYPE = "text/csv; charset=utf-8"

DISPATCHED_BY_A_DAG = {"dispatch": "sqs"}
"""Metadata of a CSV in the input bucket whose chunks a DAG sends: its S3 event starts no run."""

NEEDS_QUOTES = ',"\r\n'
"""A field with one of these characters is written in quotes (RFC 4180)."""


_TOO_LONG_ROW = b"this row was too long to be written\n"
"""Written in place of a row that is too long. It has too few columns, so readers reject it."""

NOT_UTF8_ROW = b"this row was not UTF-8\n"
"""Written in place of a row that is not text. Readers reject it, too."""

_ZERO_DATE = re.compile(r"\s*(?:0000-[0-9]{2}-[0-9]{2}|[0-9]{4}-(?:00-[0-9]{2}|[0-9]{2}-00))")
"""How MySQL and MariaDB write a date without a month or a day, or no date at all."""


class TextRow(NamedTuple):
    """A usable row of a CSV from outside. `updated_at` is the text of the file, not yet parsed."""

    creator: str
    url: str
    updated_at: str
    line: int


def read_file(data: bytes) -> Iterator[TextRow | RejectedRow]:
    """The rows of a whole CSV from outside: a header line, its columns in any order.

    The formats of spreadsheets and exports are understood (`csv_dialect`). Other columns, blank
    lines, rows of empty fields, repeated headers and blanks around a URL are ignored. Lines count
    from 1 at the first line of the file. Raises CsvFormatError at once when the file cannot be used
    as a whole.
    """
    return _rows_of_file(open_csv(data))


def _rows_of_file(opened: OpenedCsv) -> Iterator[TextRow | RejectedRow]:
    data, offset, first_line, form, layout = opened
    width = layout.width
    creator_at, url_at, updated_at = layout.positions
    least = max(layout.positions)
    for line, fields in records_of_file(data, offset, first_line, form):
        # Too many fields mean a comma without quotes: the URL would be cut there. If the extra
        # fields are empty, they are old columns of a spreadsheet.
        if fields is None or len(fields) <= least or (len(fields) > width and any(fields[width:])):
            if fields is None or any(fields):
                yield RejectedRow(line, Reason.BAD_ROW)
            continue
        creator, url = fields[creator_at], fields[url_at].strip(BLANKS)
        if layout.blank_before_separator:
            creator = creator.rstrip(" ")
        if not creator or creator.isspace():  # same as `is_blank`, faster
            if any(fields):
                yield RejectedRow(line, Reason.NO_CREATOR)
        elif is_cover_url(url):
            yield TextRow(creator, url, fields[updated_at], line)
        elif not layout.is_header(fields):
            yield RejectedRow(line, Reason.INVALID_URL, creator=creator)


def read_chunk(data: bytes) -> Iterator[CoverRow | RejectedRow]:
    """The rows of a part of a canonical CSV: no header, exactly COLUMNS in their order.

    Lines count from 1 and offsets from 0 at the first byte of `data`. Never raises: a row that
    cannot be read is a bad row, and so is a row with a database's zero date, such as 2026-10-00.
    """
    for line, offset, fields in records_of_chunk(data):
        yield _canonical_row(line, offset, fields)


def write_row(creator: str, url: str, updated_at: str) -> bytes:
    """One line of a canonical CSV: quotes only where RFC 4180 needs them, ended by a newline.

    `updated_at` is written as given; readers understand ISO 8601. A row beyond LONGEST_ROW or
    MOST_LINES is written as one short line that readers reject. Otherwise each of its lines would
    be read as a bad row, and the counts of the plan would be wrong.
    """
    line = f"{creator},{url},{updated_at}\n"
    # Four scans in C are faster than checking three fields. Nearly all rows end here.
    if line.count(",") == 2 and line.count("\n") == 1 and '"' not in line and "\r" not in line:
        row = line.encode()
    else:
        row = f"{_quoted(creator)},{_quoted(url)},{_quoted(updated_at)}\n".encode()
        if row.count(b"\n") > MOST_LINES:
            return _TOO_LONG_ROW
    return row if len(row) <= LONGEST_ROW else _TOO_LONG_ROW


def is_blank(creator: str) -> bool:
    """Whether a name is empty or only white space, which counts as no name."""
    return not creator or creator.isspace()


def parse_updated_at(text: str) -> datetime | None:
    """Parse an ISO 8601 date or time, UTC unless it has an offset; None for anything else."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _canonical_row(line: int, offset: int, fields: list[str] | None) -> CoverRow | RejectedRow:
    """The row of a record, or the first reason to reject it."""
    # Too many fields mean a comma without quotes: the URL would be cut there.
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
    # Not a loop over NEEDS_QUOTES: that takes longer than everything else that a row needs.
    if "," in field or '"' in field or "\r" in field or "\n" in field:
        return '"' + field.replace('"', '""') + '"'
    return field
