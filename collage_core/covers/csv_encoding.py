"""How the bytes of a CSV from outside become text: its encoding, and what ends its lines.

Excel writes UTF-16 as "Unicode Text"; other programs add a byte order mark to UTF-8, or end lines
in a carriage return as the old Mac did.
"""

import codecs
import io
import re
from collections.abc import Iterator

from collage_core.covers.csv_records import LONGEST_ROW
from collage_core.errors import CsvFormatError

EXPORT_FIX = (
    'in Excel choose Save As, "CSV UTF-8 (Comma delimited)"; in Google Sheets File, Download, '
    '"Comma Separated Values"'
)
"""How to export a file that can be read, for messages."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: it begins with the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_FIRST_LINE_END = re.compile(r"\r*\n|\r")

_PIECE = 1024 * 1024
"""Bytes decoded at a time: text may take four times the memory of its bytes."""


def count_lines(data: bytes) -> int:
    """Count the line ends of a file in any of the encodings, with any kind of line end."""
    encoding, _ = _encoding(data)
    lf, cr = "\n".encode(encoding), "\r".encode(encoding)
    lines = data.count(lf)
    return lines + data.count(cr) - data.count(cr + lf) if ends_in_cr(data) else lines


def ends_in_cr(data: bytes) -> bool:
    """Whether the first line ends in a CR alone."""
    encoding, mark = _encoding(data)
    first = _FIRST_LINE_END.search(data[mark : mark + LONGEST_ROW].decode(encoding, "replace"))
    return first is not None and first[0] == "\r"


def as_utf8(data: bytes) -> tuple[bytes, int]:
    """Return the file in UTF-8, and the byte at which its text begins, after a byte order mark.

    Raises CsvFormatError when the bytes are not text in the encoding that they begin with.
    """
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


def _encoding(data: bytes) -> tuple[str, int]:
    """The encoding that the first bytes show, and the length of its byte order mark."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding, len(mark)
    head = data[:64]  # shorter than the header line, whose column names are ASCII
    evens, odds = head[::2].count(0), head[1::2].count(0)
    if min(evens, odds) == 0 and max(evens, odds) > len(head) // 4:
        return ("utf-16-le" if odds else "utf-16-be"), 0
    return "utf-8", 0


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
            f"{EXPORT_FIX}"
        )
    return f"{where}, which is not {encoding.upper()} there: {EXPORT_FIX}"
