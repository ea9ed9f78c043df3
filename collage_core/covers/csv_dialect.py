"""How a CSV from outside is written: its encoding, its line ends, its separator, its columns.

Excel writes semicolons where a comma is the decimal mark, tabs and UTF-16 as "Unicode Text",
carriage returns for the old Mac; others put `sep=;` in front. The names of the columns are
known, so nothing is guessed: it is the separator that makes them appear in the header line.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from collage_core.covers.csv_records import LONGEST_ROW, Format, Lines, lines_of, records
from collage_core.errors import CsvFormatError

COLUMNS = ("creator_name", "cover_url", "updated_at")

BLANKS = " \t\r\n\v\f\u00a0\u202f\u3000\u200b\u200e\u200f\u2060\ufeff"
"""What may surround a name of a column or a URL and is no part of it: blanks, and marks that
show nothing, which come along when a text is copied from a page."""

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_HEADER_WAY_OUT = f"the first line must name the columns {','.join(COLUMNS)}"
_EXPORT = (
    'in Excel choose Save As, "CSV UTF-8 (Comma delimited)"; in Google Sheets File, Download, '
    '"Comma Separated Values"'
)

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NO_TEXT = {
    b"PK\x03\x04": "an Excel workbook (.xlsx) or another ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"\x1f\x8b": "compressed with gzip, to be unpacked first",
    b"%PDF": "a PDF",
}
"""Files that are renamed to .csv, by their first bytes."""

_FIRST_LINE_END = re.compile(r"\r*\n|\r")
_SEP_LINE = re.compile(r'"?sep=(?P<separator>[^"])"?[,;\t|]*', re.IGNORECASE)
"""Excel's own line in front of the header. Saved again, it may have gained quotes and the
separators of the other columns."""

_TYPE_LINE = re.compile(r"#TYPE .*")
"""What Export-Csv of Windows PowerShell 5.1 writes first (about_Export-Csv, -NoTypeInformation)."""

_PIECE = 1024 * 1024
"""Bytes that are decoded at once: a text may take four times its bytes."""


class Layout(NamedTuple):
    """Where the columns are: how many a row may have, and the positions of COLUMNS among them."""

    header: Sequence[str]
    """Names of all columns, in lower case and without blanks around them."""
    positions: tuple[int, int, int]
    blank_before_separator: bool
    """Whether the blanks in front of a separator belong to it."""

    @property
    def width(self) -> int:
        """Columns of the file."""
        return len(self.header)

    def is_header(self, fields: Sequence[str]) -> bool:
        """Whether this row is the header once more, as where files were joined."""
        return names_of(fields) == self.header


class OpenedCsv(NamedTuple):
    """A CSV whose header was read."""

    data: bytes
    """In UTF-8."""
    offset: int
    """The byte at which the first row begins."""
    line: int
    """The line of the file at which the first row begins."""
    form: Format
    layout: Layout


def open_csv(data: bytes) -> OpenedCsv:
    """Find out how a CSV from anywhere is written.

    Raises CsvFormatError when the file is empty, is no text in UTF-8 or UTF-16, or does not name
    each of COLUMNS once.
    """
    for beginning, what in _NO_TEXT.items():
        if data.startswith(beginning):
            raise CsvFormatError(f"the file is no CSV but {what}: {_EXPORT}")
    ends_in_cr = _ends_in_cr(data)
    data, start = _as_utf8(data)
    if not data[start:].strip():
        raise CsvFormatError(f"the file is empty: {_HEADER_WAY_OUT}")
    lines = lines_of(data, start, 1, Format(ends_in_cr=ends_in_cr))
    said = _said_separator(lines)
    headers = [
        header
        for separator in dict.fromkeys([*said, *_SEPARATORS])
        if (
            header := _read_header(
                data, lines.offset, lines.line, Format(separator, ends_in_cr=ends_in_cr)
            )
        )
    ]
    if not headers:
        raise CsvFormatError(f"the file has no line with text: {_HEADER_WAY_OUT}")
    best = max(headers, key=lambda header: len(header.columns))
    best.check()
    return OpenedCsv(data, best.end, best.next_line, best.form, best.layout)


def count_lines(data: bytes) -> int:
    """Line ends of a file, in whichever encoding and of whichever kind."""
    encoding, _ = _encoding(data)
    lf, cr = "\n".encode(encoding), "\r".encode(encoding)
    lines = data.count(lf)
    return lines + data.count(cr) - data.count(cr + lf) if _ends_in_cr(data) else lines


def names_of(fields: Sequence[str]) -> list[str]:
    """The names of columns as they are compared."""
    return [name.strip(BLANKS).lower() for name in fields]


class _Header(NamedTuple):
    """The header line, read with one of the separators that it may have."""

    form: Format
    fields: list[str]
    """None that can be read: no fields."""
    line: int
    text: str
    """The line as it stands in the file."""
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
        """Raise CsvFormatError unless each of COLUMNS is here once.

        What stands in the line instead is not repeated: without a header it is a row, and its URL
        may carry a signature.
        """
        what = _what_else(self.text)
        if what:
            raise CsvFormatError(f"line {self.line} {what}")
        if not self.fields:
            raise CsvFormatError(f"line {self.line} cannot be read as CSV: {_HEADER_WAY_OUT}")
        names = names_of(self.fields)
        for column in COLUMNS:
            if names.count(column) == 0:
                raise CsvFormatError(
                    f"column {column} is missing from line {self.line}{self._separated_by}: "
                    f"{_HEADER_WAY_OUT}"
                )
            if names.count(column) > 1:
                raise CsvFormatError(
                    f"column {column} stands twice in line {self.line}: leave one of them"
                )

    @property
    def _separated_by(self) -> str:
        if all(column in self.text.lower() for column in COLUMNS):
            if len(self.fields) == 1 and self.text.lstrip(BLANKS).startswith('"'):
                return ", which stands in one pair of quotes as a whole"
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
    """The first line with text; None if there is none."""
    lines = lines_of(data, offset, line, form)
    for record in records(lines, form):
        fields = record.fields or []
        if record.fields is not None and not any(names_of(fields)):
            continue  # an empty row of a spreadsheet
        behind = [field for field in fields[1:] if field.strip(BLANKS)]
        if (
            behind
            and all(field.startswith(" ") for field in behind)
            and not form.blank_after_separator
        ):
            return _read_header(data, offset, line, form._replace(blank_after_separator=True))
        text = data[record.offset : min(lines.offset, record.offset + LONGEST_ROW)].decode(
            errors="replace"
        )
        return _Header(form, fields, record.line, text, lines.offset, lines.line)
    return None


def _said_separator(lines: Lines) -> list[str]:
    """The separator of a line `sep=;`. `lines` stands behind it then, or behind a `#TYPE` line."""
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


def _what_else(text: str) -> str:
    """What begins like this and is no header."""
    match text.lstrip(BLANKS)[:1]:
        case "<":
            return f"begins like a page of HTML or XML, not like a CSV: {_EXPORT}"
        case "{" | "[":
            return f"begins like JSON, not like a CSV: {_HEADER_WAY_OUT}"
    return ""


def _encoding(data: bytes) -> tuple[str, int]:
    """The encoding that the first bytes show, and how many of them are its mark."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding, len(mark)
    head = data[:64]  # less than the header line takes, whose names are ASCII
    evens, odds = head[::2].count(0), head[1::2].count(0)
    if min(evens, odds) == 0 and max(evens, odds) > len(head) // 4:
        return ("utf-16-le" if odds else "utf-16-be"), 0
    return "utf-8", 0


def _ends_in_cr(data: bytes) -> bool:
    """Whether the first line ends in a CR alone."""
    encoding, mark = _encoding(data)
    first = _FIRST_LINE_END.search(data[mark : mark + LONGEST_ROW].decode(encoding, "replace"))
    return first is not None and first[0] == "\r"


def _as_utf8(data: bytes) -> tuple[bytes, int]:
    """The file in UTF-8, and where it begins there, behind its byte order mark."""
    encoding, mark = _encoding(data)
    if encoding == "utf-8":
        if not data.isascii():
            for _ in _decoded(data, encoding, mark):
                pass
        return data, mark
    text = io.BytesIO()
    for piece in _decoded(data, encoding, mark):
        text.write(piece.encode())
    return text.getvalue(), 0


def _decoded(data: bytes, encoding: str, start: int) -> Iterator[str]:
    """The text, piece by piece. Raises CsvFormatError where it is not in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for offset in range(start, len(data), _PIECE):
        unfinished = len(decoder.getstate()[0])
        try:
            yield decoder.decode(data[offset : offset + _PIECE], offset + _PIECE >= len(data))
        except UnicodeDecodeError as error:
            wrong = offset - unfinished + error.start
            raise CsvFormatError(_not_decoded(data, wrong, encoding)) from None


def _not_decoded(data: bytes, wrong: int, encoding: str) -> str:
    lf = "\n".encode(encoding)
    where = (
        f"byte {wrong} of the file, on line {data.count(lf, 0, wrong) + 1}, is 0x{data[wrong]:02x}"
    )
    if encoding == "utf-8":
        return (
            f"{where}, which is not UTF-8 there; files in Windows-1252 or Latin-1 have such bytes: "
            f"{_EXPORT}"
        )
    return f"{where}, which is not {encoding.upper()} there: {_EXPORT}"
