"""A part of a run that is worked on by itself."""

from msgspec import Struct

from collage_core.contract.fields import ByteRange, Count, Positive, Sha256, check_byte_range
from collage_core.contract.identifiers import Identifier


class Chunk(Struct, frozen=True, omit_defaults=True):
    """A byte range of a cover CSV in canonical order that splits no creator."""

    chunk_id: Identifier
    """A digest of its rows and of what is made of them."""
    byte_range: ByteRange
    """First and last byte, both inclusive, as in an HTTP Range header; no header line inside."""
    rows: Positive
    """Rows in it."""
    creators: Count
    """Creators in it."""
    first_line: Positive
    """The line of the CSV at which the chunk begins; the header is line 1."""
    rows_sha256: Sha256 | None = None
    """The SHA-256 of its bytes; left out by releases that compared the CSV's ETag."""
    first_creator: str | None = None
    """The creator of its first row, where a repeated extract cuts again; empty for a row without
    one. Left out by releases that cut anew."""
    last_creator: str | None = None
    """The creator of its last row, likewise: packs are looked into between the two. Left out by
    releases that kept no covers."""

    def __post_init__(self) -> None:
        check_byte_range(self.byte_range)
