"""The collage: one creator's newest covers on one canvas, with a thumbnail and metadata."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from collage_core.contract.books import ObjectCounts
from collage_core.contract.canvas_size import check_canvas
from collage_core.contract.cell_size import CellSize
from collage_core.contract.message import ChunkMessage
from collage_core.contract.picture_options import PictureFormat
from collage_core.contract.reasons import Reason
from collage_core.covers.rows import CoverRow
from collage_core.layout import keys
from collage_core.pictures.imaging import Cell, decode_cell
from collage_core.recipes.collage.about import about_collage
from collage_core.recipes.collage.canvas import Collage, compose
from collage_core.recipes.collage.captions import captions_of
from collage_core.recipes.collage.metadata import creator_metadata
from collage_core.recipes.collage.selection import select
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from collage_core.worker.chunk import trigger_of
from collage_core.worker.recipe import Ingredients, Made, ObjectToWrite, Selection

_JPEG = "image/jpeg"

_CONTENT_TYPES: Mapping[PictureFormat, str] = {
    "jpg": _JPEG,
    "webp": "image/webp",
    "png": "image/png",
}


@dataclass(frozen=True, slots=True)
class CollageRecipe:
    """Collages for one chunk. A `Recipe[Cell]`.

    Raises MessageError when cells of that size make the message's grid too large, and ValueError
    for a message without a trigger.
    """

    message: ChunkMessage
    """Names the run, and gives the grid and the quality."""
    covers_per_creator: int
    """The most covers that are placed: as many as the grid has cells, or fewer."""
    by_creator_copies: bool
    """Whether a copy of each collage is filed under its creator."""
    cell_size: CellSize

    created_message = "✓ Created collage %s with %d covers"

    def __post_init__(self) -> None:
        check_canvas(self.cell_size, self.message.config)
        trigger_of(self.message)

    @classmethod
    def of(cls, settings: Settings, message: ChunkMessage) -> Self:
        """The recipe for a message, with the settings of the deployment."""
        return cls(
            message,
            covers_per_creator=settings.covers_per_creator(message.config),
            by_creator_copies=settings.by_creator_copies,
            cell_size=settings.cell_size,
        )

    @property
    def part_bytes(self) -> int:
        """The memory of a cell."""
        return self.cell_size.bytes

    def select(self, rows: Sequence[CoverRow]) -> Selection:
        """The newest pictures, in the order of the cells."""
        return select(rows, self.covers_per_creator)

    def decode(self, body: bytes) -> Cell | Reason:
        """A cover as a cell."""
        config = self.message.config
        return decode_cell(
            body,
            self.cell_size,
            config.gravity,
            fit=config.fit,
            background=config.background,
            corner=config.corner,
        )

    def make(self, ingredients: Ingredients[Cell]) -> Made:
        """The collage and its thumbnail, if there is a cover to place, and the metadata."""
        key = None
        pictures: list[ObjectToWrite] = []
        counts = ObjectCounts()
        ingredients = self._in_order(ingredients)
        if ingredients.parts:
            collage = self._compose(ingredients)
            key = self._key(ingredients.creator)
            pictures = self._pictures(ingredients.creator, key, collage)
            # The copy under the creator's name is the same collage and is not counted again.
            counts = ObjectCounts(1, 1, len(collage.picture) + len(collage.thumbnail))
        return Made([*pictures, self._metadata(ingredients, key)], key, counts)

    def _in_order(self, ingredients: Ingredients[Cell]) -> Ingredients[Cell]:
        """The same covers in the order of their cells. They come with the newest first."""
        if self.message.config.order == "newest":
            return ingredients
        ingredients.parts.reverse()  # the list itself: it is emptied to free its memory
        return replace(ingredients, placed=ingredients.placed[::-1])

    def _compose(self, ingredients: Ingredients[Cell]) -> Collage:
        message = self.message
        captions = captions_of(
            message.config, ingredients.creator, ingredients.placed, message.window
        )
        return compose(
            _TakenOut(ingredients.parts),
            message.config,
            cell_size=self.cell_size,
            captions=captions,
            about=about_collage(message, ingredients.creator, ingredients.placed),
        )

    def _key(self, creator: str) -> str:
        message = self.message
        return keys.collage(
            creator,
            message.run_timestamp,
            trigger_of(message),
            message.output_prefix,
            suffix=message.config.format,
        )

    def _pictures(self, creator: str, key: str, collage: Collage) -> list[ObjectToWrite]:
        timestamp, suffix = self.message.run_timestamp, self.message.config.format
        content_type = _CONTENT_TYPES[suffix]
        objects = [ObjectToWrite(key, collage.picture, content_type)]
        if self.by_creator_copies:
            copy_key = keys.collage_by_creator(creator, timestamp, suffix=suffix)
            objects.append(ObjectToWrite(copy_key, collage.picture, content_type))
        thumbnail_key = keys.thumbnail(creator, timestamp)
        return [*objects, ObjectToWrite(thumbnail_key, collage.thumbnail, _JPEG)]

    def _metadata(self, ingredients: Ingredients[Cell], collage_key: str | None) -> ObjectToWrite:
        document = creator_metadata(
            self.message,
            ingredients.result(collage_key),
            cell_size=self.cell_size,
            placed=ingredients.placed,
            others=ingredients.not_placed,
        )
        key = keys.metadata(ingredients.creator, self.message.run_timestamp)
        return ObjectToWrite(key, to_document(document), JSON)


class _TakenOut:
    """Cells in their order, removed from a list one by one.

    The cells of the largest grid take 192 MB, and so does their canvas: both together would be too
    much.
    """

    def __init__(self, cells: list[Cell]) -> None:
        self._cells = cells

    def __len__(self) -> int:
        return len(self._cells)

    def __iter__(self) -> Iterator[Cell]:
        self._cells.reverse()
        while self._cells:
            yield self._cells.pop()
