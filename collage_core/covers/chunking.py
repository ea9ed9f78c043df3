"""Cuts a canonical CSV into chunks: byte ranges that split no creator.

This takes one pass over the rows and keeps none of them: a creator costs one comparison, a chunk
costs one span.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched

from collage_core.contract.chunk import Chunk
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.document import to_json
from collage_core.contract.picture_rules import PICTURE_RULES
from collage_core.contract.trigger import Trigger
from collage_core.contract.window import Window
from collage_core.covers.cover_csv import is_blank

MOST_CHUNKS = 1000
"""Most chunks of one run. One S3 listing shows as many receipts, so one request tells the state."""

_DIGEST_LENGTH = 12


@dataclass(frozen=True, slots=True)
class ChunkSpan:
    """Where a chunk is and what it has in it. It gets its id when the CSV's ETag is known."""

    byte_range: tuple[int, int]
    """First and last byte of the CSV, both inclusive."""
    rows: int
    creators: int
    first_line: int
    """The line of the CSV at which it begins; the header is line 1."""


class ChunkPlanner:
    """Turns rows in file order into spans, each at least `chunk_rows` rows long.

    A span ends at the first change of creator after `chunk_rows` rows. The rows of one creator must
    follow each other. Rows without a creator may be split anywhere and count as no creator.
    `first_byte` and `first_line` are where the first row begins, after the header.
    """

    def __init__(self, *, chunk_rows: int, first_byte: int, first_line: int = 2) -> None:
        if chunk_rows < 1:
            raise ValueError(f"chunk_rows is {chunk_rows}: a chunk needs at least one row")
        self._chunk_rows = chunk_rows
        self._spans: list[ChunkSpan] = []
        self._creator: str | bytes | None = None
        self._nameless = False
        self._next_byte = first_byte
        self._next_line = first_line
        self._begin_chunk()

    def add(self, creator: str | bytes, size: int, lines: int = 1, *, rows: int = 1) -> None:
        """Count the next rows, all of one creator: their bytes and lines, line ends included.

        Rows that are added together stay in one span. A creator may be given as text or as UTF-8,
        but always in the same form.
        """
        changed = creator != self._creator
        if self._rows >= self._chunk_rows and (changed or self._nameless):
            self._end_chunk()
        if changed:
            self._creator = creator
            self._nameless = is_blank(creator if isinstance(creator, str) else creator.decode())
            self._creators += not self._nameless
        self._rows += rows
        self._next_byte += size
        self._next_line += lines

    def finish(self) -> list[ChunkSpan]:
        """Return all spans, the last one included; an empty list when no row was added."""
        if self._rows:
            self._end_chunk()
        return self._spans

    def _begin_chunk(self) -> None:
        self._first_byte, self._first_line = self._next_byte, self._next_line
        self._rows = self._creators = 0

    def _end_chunk(self) -> None:
        self._spans.append(
            ChunkSpan(
                byte_range=(self._first_byte, self._next_byte - 1),
                rows=self._rows,
                creators=self._creators,
                first_line=self._first_line,
            )
        )
        self._begin_chunk()


def merge_spans(spans: Sequence[ChunkSpan], *, most: int = MOST_CHUNKS) -> list[ChunkSpan]:
    """Join neighbouring spans, equally many each, until there are at most `most`.

    The length of a stream is known only at its end, so its rows per chunk can only be raised
    afterwards.
    """
    if len(spans) <= most:
        return list(spans)
    together = -(-len(spans) // most)
    return [
        ChunkSpan(
            byte_range=(group[0].byte_range[0], group[-1].byte_range[1]),
            rows=sum(span.rows for span in group),
            creators=sum(span.creators for span in group),
            first_line=group[0].first_line,
        )
        for group in batched(spans, together)
    ]


def name_chunks(
    spans: Sequence[ChunkSpan],
    etag: str,
    *,
    config: ProcessingConfig,
    output_prefix: str,
    trigger: Trigger,
    window: Window | None = None,
) -> list[Chunk]:
    """Give each span of the CSV with this ETag its chunk id.

    The id contains a digest of everything that the message tells a worker, and of the version of
    the picture rules. When a run is repeated with a changed CSV, another grid or other rules, no
    receipt of the old plan can be taken for a receipt of the new plan, even if it is written later.
    A plan that is under way keeps its ids: only this function makes them. The worker's own
    settings, such as CELL_SIZE, are not in the digest: the planner may not know them, and a chunk
    that has its receipt keeps it.
    """
    work: list[object] = [etag, to_json(config), output_prefix, trigger, PICTURE_RULES]
    if window is not None:
        work.append(str(window))
    return [
        Chunk(
            chunk_id=f"{index:05d}-{_digest([*work, span.byte_range])}",
            byte_range=span.byte_range,
            rows=span.rows,
            creators=span.creators,
            first_line=span.first_line,
        )
        for index, span in enumerate(spans)
    ]


def _digest(identity: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:_DIGEST_LENGTH]
