"""Cuts a canonical CSV into chunks: byte ranges that split no creator.

This takes one pass over the rows and keeps none of them: a creator costs one comparison, a chunk
costs one span. A plan that is made again cuts where the one before did, so that one more row
changes one chunk and not all that follow it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256

from collage_core.covers.cover_csv import is_blank

MOST_CHUNKS = 1000
"""Most chunks of one run. One S3 listing shows as many receipts, so one request tells the state."""


@dataclass(frozen=True, slots=True)
class ChunkSpan:
    """Where a chunk is and what it has in it."""

    byte_range: tuple[int, int]
    """First and last byte of the CSV, both inclusive."""
    rows: int
    creators: int
    first_line: int
    """The line of the CSV at which it begins; the header is line 1."""
    first_creator: str
    """The name in its first row; empty or blank for a row without a creator."""
    sha256: str = ""
    """The SHA-256 of its bytes, in hexadecimal digits; empty until they are digested."""
    last_creator: str | None = None
    """The name in its last row, likewise; None: unknown."""


class ChunkPlanner:
    """Turns rows in file order into spans that split no creator, at most `most` of them.

    The rows of one creator must follow each other, and creators must come in the order of their
    names' bytes. Rows without a creator may be split anywhere and count as no creator. The caller
    counts rows with `add` and then passes their bytes to `digest`, as often as it likes.

    A span ends at the first change of creator after `chunk_rows` rows. Where `cuts` are given, the
    first creators of the chunks of an earlier plan, it ends there instead, even if such a creator
    is gone by now, and elsewhere only after twice `chunk_rows` rows. So spans are bounded however
    often a plan is made again from the one before.

    Args:
        rows: the most rows that will come. `chunk_rows` is raised until `most` spans hold them.
        chunk_rows: the least rows of a span.
        first_byte: where the first row begins, after the header.
        first_line: the line of the CSV at which it begins.
        cuts: as above; empty for a plan without an earlier one.
        most: the most spans.
    """

    def __init__(
        self,
        *,
        rows: int,
        chunk_rows: int,
        first_byte: int,
        first_line: int = 2,
        cuts: Iterable[str] = (),
        most: int = MOST_CHUNKS,
    ) -> None:
        if chunk_rows < 1:
            raise ValueError(f"chunk_rows is {chunk_rows}: a chunk needs at least one row")
        self._chunk_rows = max(chunk_rows, -(-rows // most))
        cuts = set(cuts)
        self._most_rows = 2 * self._chunk_rows if cuts else self._chunk_rows
        # Rows without a creator may have begun in any of several chunks.
        self._cuts = sorted((name.encode() for name in cuts if not is_blank(name)), reverse=True)
        self._rows_to_come = rows
        self._most = most
        self._counted: list[ChunkSpan] = []
        """Spans that wait for their digests."""
        self._spans: list[ChunkSpan] = []
        self._first_creator = self._last_creator = b""
        self._rows = self._creators = 0
        self._creator: bytes | None = None
        self._nameless = False
        self._next_byte = self._next_undigested = first_byte
        self._next_line = first_line
        self._sha256 = sha256()
        self._begin_chunk()

    def add(self, creator: bytes, size: int, lines: int = 1, *, rows: int = 1) -> None:
        """Count the next rows, all of one creator: their bytes and lines, line ends included.

        Rows that are added together stay in one span. The name is in UTF-8.
        """
        changed = creator != self._creator
        if changed:
            self._creator = creator
            self._nameless = is_blank(creator.decode())
        at_cut = changed and self._passes_cut(creator)
        if self._rows and (at_cut or self._is_long(changed=changed)) and self._is_room_left():
            self._end_chunk()
        if not self._rows:
            self._first_creator = creator
        self._last_creator = creator
        self._creators += changed and not self._nameless
        self._rows += rows
        self._rows_to_come -= rows
        self._next_byte += size
        self._next_line += lines

    def digest(self, text: bytes | memoryview) -> None:
        """Digest the bytes of all rows that were added since the last call, which `text` must be.

        Raises ValueError for more or fewer bytes.
        """
        begin, size = self._next_undigested, self._next_byte - self._next_undigested
        if len(text) != size:
            raise ValueError(f"{len(text)} bytes to digest, but {size} were counted")
        view = memoryview(text)
        for span in self._counted:
            end = span.byte_range[1] + 1
            self._sha256.update(view[self._next_undigested - begin : end - begin])
            self._next_undigested = end
            self._spans.append(replace(span, sha256=self._sha256.hexdigest()))
            self._sha256 = sha256()
        self._counted.clear()
        self._sha256.update(view[self._next_undigested - begin :])
        self._next_undigested = self._next_byte

    def finish(self) -> list[ChunkSpan]:
        """Return all spans, the last one included; an empty list when no row was added.

        Raises ValueError when the bytes of a row were not digested.
        """
        if self._rows:
            self._end_chunk()
        self.digest(b"")
        return self._spans

    def _passes_cut(self, creator: bytes) -> bool:
        """Whether a chunk of the earlier plan began with this creator, or with one just before."""
        passed = False
        while self._cuts and self._cuts[-1] <= creator:
            self._cuts.pop()
            passed = True
        return passed

    def _is_long(self, *, changed: bool) -> bool:
        if self._nameless:
            return self._rows >= self._chunk_rows
        return changed and self._rows >= self._most_rows

    def _is_room_left(self) -> bool:
        """Whether the spans that are left after this one can hold all rows that are left.

        They always can, unless an earlier plan has far shorter chunks here than further on.
        """
        spans_left = self._most - len(self._spans) - len(self._counted) - 1
        return self._rows_to_come <= spans_left * self._most_rows

    def _begin_chunk(self) -> None:
        self._first_byte, self._first_line = self._next_byte, self._next_line
        self._rows = self._creators = 0

    def _end_chunk(self) -> None:
        self._counted.append(
            ChunkSpan(
                byte_range=(self._first_byte, self._next_byte - 1),
                rows=self._rows,
                creators=self._creators,
                first_line=self._first_line,
                first_creator=self._first_creator.decode(),
                last_creator=self._last_creator.decode(),
            )
        )
        self._begin_chunk()
