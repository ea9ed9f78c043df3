"""Bytes to CSV records, each with the line on which it begins.

A record is a row whose fields have no meaning yet. A record that cannot be read is returned like
the others, without fields, and costs only its own first line.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import _csv

LONGEST_ROW = 128 * 1024
"""Most bytes of one row, twice as many as a TEXT column holds. A longer row is a bad row."""

MOST_LINES = 32
"""Most lines of one row; creators' names may have line breaks. A row of more lines is a bad row.

Any line may open a quote that is never closed, and the lines after it are then read again. So this
is also how many times a hostile file is read at most."""


class Record(NamedTuple):
    """The fields of one row and where it begins. `fields` is None when they cannot be read."""

    line: int
    offset: int
    fields: list[str] | None


class Format(NamedTuple):
    """How the records of a file are written."""

    delimiter: str = ","
    blank_after_separator: bool = False
    """Whether spaces after a separator belong to it and not to the field."""
    ends_in_cr: bool = False
    """Whether a carriage return alone ends a line, as on the old Mac."""


CANONICAL = Format()


class Lines:
    """An iterator over lines for `csv.reader` that ends a row at its limits.

    The limits are checked before a line is returned. If they were checked after a row, each quote
    that is never closed would make `csv` read to the end of the file.
    """

    __slots__ = ("_data", "_row_line", "_row_offset", "damaged", "line", "offset")

    def __init__(self, data: bytes, offset: int = 0, line: int = 1) -> None:
        self._data = data
        self.offset = offset
        self.line = line
        self.begin_row()

    def begin_row(self) -> None:
        """Let the next line be the first one of a row."""
        self._row_line, self._row_offset = self.line, self.offset
        self.damaged = False
        """Whether a line of the row had a NUL or bytes that are not UTF-8."""

    def end_row_after_its_first_line(self) -> None:
        """Go back to the second line of the row, however much of it was read."""
        self.offset = self._row_offset
        self.offset = self._end_of_line()
        self.line = self._row_line + 1

    def skip(self, lines: int) -> None:
        """Skip this number of lines, which must exist."""
        for _ in range(lines):
            self.offset = self._end_of_line()
        self.line += lines

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


class _UniversalLines(Lines):
    """Lines that end in CR, LF or both."""

    __slots__ = ()

    _END = re.compile(rb"\r\n|\r|\n")

    def _end_of_line(self) -> int:
        end = self._END.search(self._data, self.offset)
        return end.end() if end else len(self._data)


def lines_of(data: bytes, offset: int, line: int, form: Format) -> Lines:
    """The lines from `offset`, which is the beginning of line `line`."""
    return (_UniversalLines if form.ends_in_cr else Lines)(data, offset, line)


def records(lines: Lines, form: Format = CANONICAL) -> Iterator[Record]:
    """Yield one record after the other. `lines` is at the end of the last one."""
    reader = _reader(lines, form)
    while True:
        lines.begin_row()
        line, offset = lines.line, lines.offset
        try:
            fields = next(reader, None)
        except csv.Error:
            # A stray quote makes everything after it one field. Only the line of the quote is
            # given up; the rows after it are read again on their own.
            lines.end_row_after_its_first_line()
            yield Record(line, offset, None)
            continue
        if fields is None:
            return
        if lines.damaged:
            yield Record(line, offset, None)
        elif fields:  # a blank line is not a row
            yield Record(line, offset, fields)


def records_of_chunk(data: bytes) -> Iterator[Record]:
    """The records of a part of a canonical CSV: the same as from `records`, in less time.

    In a block without quotes each line is a record, and every comma separates two fields. Any other
    block is read line by line.
    """
    lines = Lines(data)
    while lines.offset < len(data):
        end = _end_of_block(data, lines.offset, CANONICAL)
        text = _plain_text(data[lines.offset : end])
        if text:
            yield from _plain_records(text, lines)
            lines.line += text.count("\n")
            lines.offset = end
            continue
        for record in records(lines):
            yield record
            if lines.offset >= end:
                break


def _plain_text(block: bytes) -> str | None:
    """The text of a block without quotes; None when only `csv` can find the records."""
    if b'"' in block or b"\r" in block or b"\0" in block:
        return None
    try:
        return block.decode()
    except UnicodeDecodeError:
        return None


def _plain_records(text: str, lines: Lines) -> Iterator[Record]:
    """The records of a text without quotes, which begins where `lines` is."""
    offset = lines.offset
    for line, content in enumerate(text.split("\n"), lines.line):
        if content:  # a blank line is not a row
            yield Record(line, offset, content.split(","))
        offset += (len(content) if content.isascii() else len(content.encode())) + 1


def _reader(lines: Iterable[str], form: Format) -> "_csv.Reader":
    return csv.reader(
        lines,
        strict=True,
        delimiter=form.delimiter,
        skipinitialspace=form.blank_after_separator,
    )


def records_of_file(
    data: bytes, offset: int, line: int, form: Format
) -> Iterator[tuple[int, list[str] | None]]:
    """The lines and fields of the records from `offset` to the end of `data`, which is UTF-8.

    The same records as from `records`, but a block of lines at a time, so that usual rows are read
    in C alone. From an unusual row on, the rest of its block is read line by line. This happens
    once per block, so no file is read more often than by `records`.
    """
    lines = lines_of(data, offset, line, form)
    while lines.offset < len(data):
        start = lines.offset
        end = _end_of_block(data, start, form)
        yield from _usual_records(data[start:end], lines, form)
        if start < end == lines.offset:
            continue
        for record in records(lines, form):
            yield record.line, record.fields
            if lines.offset >= end:
                break


def _usual_records(
    block: bytes, lines: Lines, form: Format
) -> Iterator[tuple[int, list[str] | None]]:
    """The records of a block up to the first unusual one. `lines` is moved past the last one."""
    if b"\0" in block:
        return
    # Splits lines as `Lines` does: at LF alone, or at every kind of line end.
    text = io.StringIO(block.decode(), newline="" if form.ends_in_cr else "\n")
    reader = _reader(text, form)
    first, done = lines.line, 0
    try:
        for fields in reader:
            if reader.line_num - done > MOST_LINES:
                break
            if fields:  # a blank line is not a row
                yield first + done, fields
            done = reader.line_num
        else:
            lines.offset += len(block)
            lines.line += done
            return
    except csv.Error:
        pass
    lines.skip(done)


def _end_of_block(data: bytes, start: int, form: Format) -> int:
    """The end of the last line that ends within LONGEST_ROW bytes, or `start` if none does.

    A row of the block then cannot be longer than LONGEST_ROW.
    """
    most = start + LONGEST_ROW
    if most >= len(data):
        return len(data)
    end = data.rfind(b"\n", start, most) + 1
    if form.ends_in_cr:
        # A CR that is the last byte may belong to an LF after it.
        end = max(end, data.rfind(b"\r", start, most - 1) + 1)
    return end or start
