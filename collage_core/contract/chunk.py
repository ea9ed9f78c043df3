"""A part of a run that is worked on by itself."""

from msgspec import Struct

from collage_core.contract.fields import ByteRange, Count, Positive, check_byte_range
from collage_core.contract.identifiers import Identifier


class Chunk(Struct, frozen=True):
    """A byte range of a cover CSV in canonical order that splits no creator."""

    chunk_id: Identifier
    """Its place in the run, and a digest of the work that its message asks for."""
    byte_range: ByteRange
    """First and last byte, both inclusive, as in an HTTP Range header; no header line inside."""
    rows: Positive
    """Rows in it."""
    creators: Count
    """Creators in it."""
    first_line: Positive
    """The line of the CSV at which the chunk begins; the header is line 1."""

    def __post_init__(self) -> None:
        check_byte_range(self.byte_range)
