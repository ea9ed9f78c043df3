"""Rows that cannot be used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from collage_core.contract import json_fields
from collage_core.contract.json_fields import Json


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One line that cannot be used, and why. `line` and `offset` as in CoverRow."""

    line: int
    reason: str
    offset: int = 0
    creator: str | None = None
    """The creator whose row it was, when that much could be read."""

    def to_json(self) -> dict[str, Any]:
        return {"line": self.line, "reason": self.reason}

    @classmethod
    def from_json(cls, source: Json) -> Self:
        return cls(
            line=json_fields.integer(source, "line", least=1),
            reason=json_fields.text(source, "reason"),
        )


MOST_REJECTED_LINES = 100
"""Rejected lines that a manifest or a summary names: enough to find the fault by."""


@dataclass(frozen=True, slots=True)
class Rejections:
    """The rows of a CSV from outside that never entered a chunk; a few bytes for any number."""

    reasons: Mapping[str, int] = field(default_factory=dict)
    """How many rows were rejected for which reason."""
    creators: int = 0
    """Creators all of whose rows are among these, as far as their names could be read."""
    first: Sequence[RejectedRow] = field(default_factory=list)
    """The first MOST_REJECTED_LINES of them; lines of the CSV as it was handed in."""

    @property
    def rows(self) -> int:
        """All rejected rows."""
        return sum(self.reasons.values())

    def to_json(self) -> dict[str, Any]:
        return {
            "reasons": dict(sorted(self.reasons.items())),
            "creators": self.creators,
            "first": [row.to_json() for row in self.first],
        }

    @classmethod
    def from_json(cls, source: Json) -> Self:
        reasons = json_fields.as_object(source.get("reasons"), "reasons")
        return cls(
            reasons={name: json_fields.integer(reasons, name) for name in reasons},
            creators=json_fields.integer(source, "creators"),
            first=[
                RejectedRow.from_json(json_fields.as_object(item, f"first[{index}]"))
                for index, item in enumerate(json_fields.array(source, "first"))
            ],
        )


NOTHING_REJECTED = Rejections()
