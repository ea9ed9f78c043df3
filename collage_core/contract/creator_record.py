"""What every recipe's record of a creator has: that the creator is done, and with which objects."""

from collections.abc import Sequence

from msgspec import Struct, field

from collage_core.contract.document import FLAT
from collage_core.contract.fields import Text
from collage_core.contract.identifiers import Identifier
from collage_core.contract.receipt import CreatorResult


class UnplacedRow(Struct, frozen=True, kw_only=True):
    """A usable row that was not placed, as far as the books need it."""

    url: str
    """The URL without its query."""
    reason: Text
    """The word `duplicate` or `not_selected`, or the reason why it failed."""
    updated_at: str | None = None
    """The time of the row, in ISO 8601; None if it has none."""


class CreatorRecord(Struct, frozen=True, kw_only=True):
    """The part of a creator's record that the worker and the books read.

    A worker writes the record last. So the objects that it names were in the bucket before it.
    """

    result: CreatorResult = field(name=FLAT)
    """What became of the creator. Its `objects` lack the record itself."""
    chunk_id: Identifier | None = None
    """The chunk whose worker wrote it; None in one of release 0.1."""
    not_placed: Sequence[UnplacedRow] = ()
    """All usable rows that were not placed."""
