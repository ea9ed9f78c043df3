"""Rows that cannot be used."""

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from collage_core.contract.document import IN_MEMORY, Whole
from collage_core.contract.fields import Count, Positive, Text


class RejectedRow(Struct, frozen=True):
    """One line that cannot be used, and why. `line` and `offset` are as in CoverRow."""

    line: Positive
    """The line of the file, or of the chunk."""
    reason: Text
    """Why: one of the reasons of a rejection."""
    offset: int = field(name=f"{IN_MEMORY}offset", default=0)
    creator: str | None = field(name=f"{IN_MEMORY}creator", default=None)
    """The creator of the row, if the name could be read."""


MOST_REJECTED_LINES = 100
"""Rejected lines that a manifest or a summary names: enough to find the mistake."""


class Rejections(Whole, frozen=True):
    """The rows of a CSV from outside that are in no chunk. Small, however many rows there are."""

    reasons: Mapping[str, Count] = field(default_factory=dict)
    """How many rows were rejected for which reason."""
    creators: Count = 0
    """Creators whose rows were all rejected, as far as their names could be read."""
    first: Sequence[RejectedRow] = field(default_factory=list)
    """The first MOST_REJECTED_LINES of them; lines of the CSV as it was uploaded."""

    @property
    def rows(self) -> int:
        """All rejected rows."""
        return sum(self.reasons.values())


NOTHING_REJECTED = Rejections()
