"""Covers that are only kept: fetched and decoded once, so that a pack has none that is unusable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from collage_core.contract.cell_size import CELL_SIZES, CellSize
from collage_core.contract.message import ChunkMessage
from collage_core.contract.reasons import Reason
from collage_core.contract.receipt import WrittenObject
from collage_core.covers.rows import CoverRow
from collage_core.pictures.imaging import decode_cell
from collage_core.recipes.collage.selection import select
from collage_core.settings import Settings
from collage_core.storage.documents import JSON
from collage_core.worker.recipe import (
    RECORD,
    Ingredients,
    Made,
    ObjectToWrite,
    Places,
    Selection,
)

_LOADED_AHEAD_BYTES = 32_768
"""What the engine counts for a cover that is loaded ahead. Its part is one word, but its row, its
thread's task and its result are not nothing: with this, about two thousand are under way."""

_NOWHERE = Places("", "")


@dataclass(frozen=True, slots=True)
class KeepRecipe:
    """Makes nothing. A `Recipe[bool]`: the part of a usable cover is True.

    Whoever works with it needs a writer that writes nothing (`worker.writing.NoWriter`).
    """

    cell_size: CellSize
    """Covers are decoded for cells of this size, as those of collages are. Far smaller, a
    progressive JPEG would look whole that lacks its last scans."""

    created_message = "Looked at %s: %d covers"

    @classmethod
    def of(cls, settings: Settings, message: ChunkMessage) -> Self:
        """The recipe for a message; what it leaves out is the setting of the deployment."""
        size = message.cell_size
        return cls(settings.cell_size if size is None else CELL_SIZES[size])

    @property
    def part_bytes(self) -> int:
        """More than a part has, so that not a whole chunk is loaded ahead."""
        return _LOADED_AHEAD_BYTES

    def select(self, rows: Sequence[CoverRow]) -> Selection:
        """Each picture once, the newest first.

        All of them: nobody knows yet which ones a collage of the month will have.
        """
        return select(rows, len(rows))

    def decode(self, body: bytes) -> bool | Reason:
        """True for a file that a collage can show, by the same decoder."""
        cell = decode_cell(body, self.cell_size)
        return cell if isinstance(cell, Reason) else True

    def places(self, creator: str) -> Places:
        """There are none."""
        del creator
        return _NOWHERE

    def make(self, ingredients: Ingredients[bool]) -> Made:
        """No object, and what became of the rows."""
        return Made(ingredients.result(None), (), _no_record)

    def complete(self, ingredients: Ingredients[Any], lead: bytes) -> Made:
        """The same: there is no lead."""
        del lead
        return self.make(ingredients)


def _no_record(objects: Mapping[str, WrittenObject]) -> ObjectToWrite:
    """Only for a writer that writes records, which is the wrong one."""
    del objects
    return ObjectToWrite(RECORD, _NOWHERE.record, b"", JSON)
