"""A part of a run that is worked on by itself."""

from dataclasses import dataclass
from typing import Any, Self

from collage_core.contract import json_fields
from collage_core.contract.identifiers import identifier
from collage_core.contract.json_fields import Json


@dataclass(frozen=True, slots=True)
class Chunk:
    """A byte range of a cover CSV in canonical order that splits no creator."""

    chunk_id: str
    byte_range: tuple[int, int]
    """First and last byte, both inclusive, as in an HTTP Range header; no header line inside."""
    rows: int
    creators: int
    first_line: int
    """The line of the CSV at which the chunk begins; the header is line 1."""

    def to_json(self) -> dict[str, Any]:
        return {
            "chunk_id": self.chunk_id,
            "byte_range": list(self.byte_range),
            "rows": self.rows,
            "creators": self.creators,
            "first_line": self.first_line,
        }

    @classmethod
    def from_json(cls, source: Json) -> Self:
        return cls(
            chunk_id=identifier(source, "chunk_id"),
            byte_range=json_fields.byte_range(source),
            rows=json_fields.integer(source, "rows", least=1),
            creators=json_fields.integer(source, "creators"),
            first_line=json_fields.integer(source, "first_line", least=1),
        )
