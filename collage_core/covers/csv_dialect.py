"""How a CSV from outside is written: its separator, and where its columns are.

Excel writes semicolons in countries where a comma is the decimal mark, and tabs as "Unicode Text";
other programs put `sep=;` in front. The names of the columns are known, so nothing is guessed: the
right separator is the one that makes them appear in the header line.
"""

import csv
import re
from collections.abc import Sequence
from typing import NamedTuple

from collage_core.covers.csv_encoding import EXPORT_FIX, as_utf8, ends_in_cr
from collage_core.covers.csv_records import LONGEST_ROW, Format, Lines, lines_of, records
from collage_core.errors import CsvFormatError

COLUMNS = ("creator_name", "cover_url", "updated_at")

BLANKS = " \t\r\n\v\f\u00a0\u202f\u3000\u200b\u200e\u200f\u2060\ufeff"
"""Characters around a column's name or a URL that are not part of it: white space, and invisible
marks that are copied along with text from a page."""

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_HEADER_FIX = f"the first line must name the columns {','.join(COLUMNS)}"

_OTHER_FILES = {
    b"PK\x03\x04": "an Excel workbook (.xlsx) or another ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"\x1f\x8b": "compressed with gzip, to be unpacked first",
    b"%PDF": "a PDF",
}
"""Other kinds of files that people rename to .csv, by their first bytes."""

_SEP_LINE = re.compile(r'"?sep=(?P<separator>[^"])"?[,;\t|]*', re.IGNORECASE)
"""Excel's own line before the header. After the file is saved again, it may have quotes and the
separators of the other columns."""

_TYPE_LINE = re.compile(r"#TYPE .*")
"""What Export-Csv of Windows PowerShell 5.1 writes first (about_Export-Csv, -NoTypeInformation)."""


class Layout(NamedTuple):
    """Where the columns are: how many a row may have, and which of them are COLUMNS."""

    header: Sequence[str]
    """Names of all columns, in lower case and without blanks around them."""
    positions: tuple[int, int, int]
    blank_before_separator: bool
    """Whether spaces before a separator belong to it and not to the field."""

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.header)

    def is_header(self, fields: Sequence[str]) -> bool:
        """Whether this row repeats the header, as in files that were joined."""
        return names_of(fields) == self.header


class OpenedCsv(NamedTuple):
    """A CSV after its header was read."""

    data: bytes
    """The whole file in UTF-8."""
    offset: int
    """The byte at which the first row begins."""
    line: int
    """The line of the file at which the first row begins."""
    form: Format
    layout: Layout


def open_csv(data: bytes) -> OpenedCsv:
    """Find out how a CSV from outside is written, and read its header.

    Raises CsvFormatError when the file is empty, is not text in UTF-8 or UTF-16, or does not name
    each of COLUMNS exactly once.
    """
    for beginning, what in _OTHER_FILES.items():
        if data.startswith(beginning):
            raise CsvFormatError(f"the file is not a CSV but {what}: {EXPORT_FIX}")
    is_cr = ends_in_cr(data)
    data, start = as_utf8(data)
    if not data[start:].strip():
        raise CsvFormatError(f"the file is empty: {_HEADER_FIX}")
    lines = lines_of(data, start, 1, Format(ends_in_cr=is_cr))
    declared = _declared_separator(lines)
    headers = [
        header
        for separator in dict.fromkeys([*declared, *_SEPARATORS])
        if (
            header := _read_header(
                data, lines.offset, lines.line, Format(separator, ends_in_cr=is_cr)
            )
        )
    ]
    if not headers:
        raise CsvFormatError(f"the file has no line with text: {_HEADER_FIX}")
    best = max(headers, key=lambda header: len(header.columns))
    best.check()
    return OpenedCsv(data, best.end, best.next_line, best.form, best.layout)


def names_of(fields: Sequence[str]) -> list[str]:
    """The names of columns in the form in which they are compared."""
    return [name.strip(BLANKS).lower() for name in fields]


class _Header(NamedTuple):
    """The header line, read with one of the possible separators."""

    form: Format
    fields: list[str]
    """Empty when the line cannot be read as CSV."""
    line: int
    text: str
    """The line as it is in the file."""
    end: int
    next_line: int

    @property
    def columns(self) -> set[str]:
        return set(names_of(self.fields)) & set(COLUMNS)

    @property
    def layout(self) -> Layout:
        names = names_of(self.fields)
        creator, url, updated_at = map(names.index, COLUMNS)
        before = [field for field in self.fields[:-1] if field.strip(BLANKS)]
        return Layout(
            header=names,
            positions=(creator, url, updated_at),
            blank_before_separator=all(field.endswith(" ") for field in before),
        )

    def check(self) -> None:
        """Raise CsvFormatError unless the line has each of COLUMNS exactly once.

        The message does not quote the line: in a file without a header it is a row, and the URL of
        a row may have a signature.
        """
        other_format = _other_format(self.text)
        if other_format:
            raise CsvFormatError(f"line {self.line} {other_format}")
        if not self.fields:
            raise CsvFormatError(f"line {self.line} cannot be read as CSV: {_HEADER_FIX}")
        names = names_of(self.fields)
        for column in COLUMNS:
            if names.count(column) == 0:
                raise CsvFormatError(
                    f"column {column} is missing from line {self.line}{self._separated_by}: "
                    f"{_HEADER_FIX}"
                )
            if names.count(column) > 1:
                raise CsvFormatError(
                    f"column {column} is in line {self.line} more than once: keep one of them"
                )

    @property
    def _separated_by(self) -> str:
        if all(column in self.text.lower() for column in COLUMNS):
            if len(self.fields) == 1 and self.text.lstrip(BLANKS).startswith('"'):
                return ", which is in one pair of quotes as a whole"
            return (
                ", whose names are not separated by commas, semicolons, tabs or vertical bars"
                if len(self.columns) < 2
                else ""
            )
        return (
            f", which has {_SEPARATORS[self.form.delimiter]}"
            if len(self.columns) > 1 and self.form.delimiter in _SEPARATORS
            else ""
        )


def _read_header(data: bytes, offset: int, line: int, form: Format) -> _Header | None:
    """Read the first line that has text; None when no line has any."""
    lines = lines_of(data, offset, line, form)
    for record in records(lines, form):
        fields = record.fields or []
        if record.fields is not None and not any(names_of(fields)):
            continue  # an empty row of a spreadsheet
        later = [field for field in fields[1:] if field.strip(BLANKS)]
        if (
            later
            and all(field.startswith(" ") for field in later)
            and not form.blank_after_separator
        ):
            return _read_header(data, offset, line, form._replace(blank_after_separator=True))
        text = data[record.offset : min(lines.offset, record.offset + LONGEST_ROW)].decode(
            errors="replace"
        )
        return _Header(form, fields, record.line, text, lines.offset, lines.line)
    return None


def _declared_separator(lines: Lines) -> list[str]:
    """The separator that a line `sep=;` declares, in a list that may be empty.

    `lines` is moved past that line, or past a `#TYPE` line; otherwise it stays where it was.
    """
    offset, line = lines.offset, lines.line
    try:
        for text in lines:
            lines.begin_row()
            content = text.strip(" \r\n\ufeff")
            if content:
                match = _SEP_LINE.fullmatch(content)
                if match:
                    return [match["separator"]]
                if _TYPE_LINE.fullmatch(content):
                    return []
                break
    except csv.Error:  # a line of more than LONGEST_ROW
        pass
    lines.offset, lines.line = offset, line
    lines.begin_row()
    return []


def _other_format(text: str) -> str:
    """Which other format the text begins like, for a message; empty for none."""
    match text.lstrip(BLANKS)[:1]:
        case "<":
            return f"begins like a page of HTML or XML, not like a CSV: {EXPORT_FIX}"
        case "{" | "[":
            return f"begins like JSON, not like a CSV: {_HEADER_FIX}"
    return ""
