"""The seam between the engine and a product: what is made of the covers of one creator.

The engine loads covers, keeps to the time, writes objects and keeps the books. A recipe only says
which covers it wants, what it makes of each file, and what it makes of all files of a creator.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from msgspec import UNSET

from collage_core.contract.books import RowCounts
from collage_core.contract.reasons import Reason
from collage_core.contract.receipt import CreatorResult, Outcome, WrittenObject
from collage_core.covers.rows import CoverRow


@dataclass(frozen=True, slots=True)
class Selection:
    """What becomes of a creator's rows. Together the four lists hold each row once."""

    selected: list[CoverRow]
    """Rows to fetch, in the order in which the recipe wants them: one for each part it can use."""
    duplicates: list[CoverRow]
    """Rows of a picture that another list has already."""
    not_selected: list[CoverRow]
    """Pictures that are not fetched, whatever happens."""
    reserves: list[CoverRow] = field(default_factory=list)
    """Rows that come after the selected ones: each time a cover fails, the next one is fetched.
    Those that are never fetched count as not selected. A recipe may do without."""


@dataclass(frozen=True, slots=True)
class Ingredients[Part]:
    """One creator's parts, and what became of all rows of that creator."""

    creator: str
    placed: Sequence[CoverRow]
    """Rows that became a part, in the recipe's order: the selected ones, then the reserves."""
    parts: list[Part]
    """One per placed row, in the same order. A recipe may remove them to free their memory."""
    not_placed: Sequence[tuple[CoverRow, str]]
    """All other usable rows, each with "duplicate", "not_selected" or the reason why it failed.
    Rejected rows are in `rows` and `reasons` only."""
    rows: RowCounts
    reasons: Mapping[str, int]
    """How many rows were rejected or failed, by reason."""
    outcome: Outcome

    def result(self, key: str | None, *, pictures: str | None = None) -> CreatorResult:
        """The creator's line of the receipt, without the objects.

        `key` is the key of the product, `pictures` a digest of the pictures in it.
        """
        return CreatorResult(
            self.creator,
            self.outcome,
            self.rows,
            key,
            self.reasons,
            pictures=UNSET if pictures is None else pictures,
        )


RECORD = "metadata"
"""The kind of the object that says that a creator is done."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the objects of a creator are that workers agree by."""

    lead: str
    """The key of the object that is written first: whoever writes it decides what is placed."""
    record: str
    """The key of the object that is written last: it says that the creator is done."""


@dataclass(frozen=True, slots=True)
class ObjectToWrite:
    """One object of the output bucket."""

    kind: str
    """Its name among the objects of its creator, such as `thumbnail`."""
    key: str
    body: bytes
    content_type: str


type MakeRecord = Callable[[Mapping[str, WrittenObject]], ObjectToWrite]
"""The record of a creator, from the other objects as they were written, by kind."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a recipe has made of one creator."""

    result: CreatorResult
    """What became of the creator, without the objects."""
    objects: Sequence[ObjectToWrite]
    """All but the record, the lead first; empty when nothing could be placed."""
    record: MakeRecord


class Recipe[Part](Protocol):
    """What is made of each creator. Uses no store, no network and no clock.

    The same covers must give the same objects, because a chunk may be worked on more than once.
    An exception of a method ends the chunk.
    """

    @property
    def part_bytes(self) -> int:
        """The memory of one part, at least 1: it bounds how many are loaded ahead."""
        ...

    @property
    def created_message(self) -> str:
        """Logged when a creator's objects are written: `%s` is the key, `%d` counts the covers."""
        ...

    def select(self, rows: Sequence[CoverRow]) -> Selection:
        """Which rows of one creator to fetch. They come in any order."""
        ...

    def decode(self, body: bytes) -> Part | Reason:
        """The part made of one file, or why there is none. A part is never a `str`.

        Called from several threads at once, one for each processor.
        """
        ...

    def places(self, creator: str) -> Places:
        """Where the lead and the record of a creator are, or would be."""
        ...

    def make(self, ingredients: Ingredients[Part]) -> Made:
        """The objects of one creator. Also called for a creator without a single part."""
        ...

    def complete(self, ingredients: Ingredients[Any], lead: bytes) -> Made:
        """The objects of a creator whose lead another worker has written.

        What that worker has placed are the placed rows of `ingredients`; its parts say nothing.
        """
        ...
