"""A CSV from outside, put in order, so that from there on it is worked on like one of a DAG.

The writer of such a file need not know that a creator's rows stand together, newest first:
the whole file is read, sorted and written again as a canonical CSV with its chunks.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from collage_core.contract import MOST_REJECTED_LINES, CoverRow, RejectedRow, Rejections
from collage_core.covers.chunking import ChunkPlanner, ChunkSpan, merge_spans
from collage_core.covers.cover_csv import HEADER, read_file, write_row
from collage_core.covers.selection import newest_first
from collage_core.errors import CsvFormatError

_MIB = 1024 * 1024
MAX_CSV_BYTES = 64 * _MIB
MAX_CSV_LINES = 500_000
"""The file and its rows are in memory at once: 500 MB at both limits, measured. A row takes some
350 bytes beside those of the file, however short it is, so that bytes alone would bound
nothing."""

_WAY_OUT = "split it, or load its rows into the database and run the DAG"


@dataclass(frozen=True, slots=True)
class Intake:
    """A file from outside, ready to be worked on."""

    ordered: bytes
    """Its usable rows as a canonical CSV, the header included."""
    spans: list[ChunkSpan]
    """Where the chunks of `ordered` are; none when no row is usable."""
    rejected: Rejections
    """The other rows, with their lines in the file as it was handed in."""

    @property
    def rows(self) -> int:
        """All rows of the file, the rejected ones included."""
        return sum(span.rows for span in self.spans) + self.rejected.rows


def check_size(size: int) -> None:
    """Raise CsvFormatError for a file of so many bytes if it is too large to be taken in."""
    if size > MAX_CSV_BYTES:
        raise CsvFormatError(
            f"the file has {size / _MIB:.1f} MiB: at most {MAX_CSV_BYTES // _MIB} MiB are "
            f"taken in; {_WAY_OUT}"
        )


def take_in(data: bytes, *, chunk_rows: int) -> Intake:
    """Read a CSV with its rows in any order; chunks aim at `chunk_rows` rows.

    Raises CsvFormatError for a file that cannot be used as a whole, or has more than
    MAX_CSV_BYTES or MAX_CSV_LINES.
    """
    check_size(len(data))
    _check_lines(data)
    usable: list[CoverRow] = []
    rejected: list[RejectedRow] = []
    for row in read_file(data):
        if isinstance(row, CoverRow):
            usable.append(row)
        else:
            rejected.append(row)

    planner = ChunkPlanner(chunk_rows=chunk_rows, first_byte=len(HEADER))
    lines = [HEADER]
    # Code points sort as their UTF-8 does: this is the order of the names' bytes.
    for row in sorted(newest_first(usable), key=lambda row: row.creator):
        line = write_row(row.creator, row.url, row.updated_at.isoformat() if row.updated_at else "")
        planner.add(row.creator, len(line), line.count(b"\n"))
        lines.append(line)
    return Intake(b"".join(lines), merge_spans(planner.finish()), _rejections(usable, rejected))


def _check_lines(data: bytes) -> None:
    lines = data.count(b"\n")
    if lines > MAX_CSV_LINES:
        raise CsvFormatError(
            f"the file has {lines} lines: at most {MAX_CSV_LINES} are taken in; {_WAY_OUT}"
        )


def _rejections(usable: Sequence[CoverRow], rejected: Sequence[RejectedRow]) -> Rejections:
    named = {row.creator for row in rejected if row.creator is not None}
    return Rejections(
        reasons=Counter(row.reason for row in rejected),
        creators=len(named.difference(row.creator for row in usable)),
        first=rejected[:MOST_REJECTED_LINES],
    )
