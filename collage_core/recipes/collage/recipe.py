"""The collage: one creator's newest covers on one canvas, with a thumbnail and metadata."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from msgspec.structs import replace as replace_fields

from collage_core.contract.canvas_size import check_canvas
from collage_core.contract.cell_size import CELL_SIZES, CellSize
from collage_core.contract.message import ChunkMessage
from collage_core.contract.picture_options import PictureFormat
from collage_core.contract.reasons import Reason
from collage_core.contract.receipt import WrittenObject
from collage_core.covers.picture_identity import picture_of
from collage_core.covers.rows import CoverRow
from collage_core.layout import keys
from collage_core.pictures.imaging import Cell, decode_cell
from collage_core.recipes.collage.about import about_collage
from collage_core.recipes.collage.canvas import Collage, compose, thumbnail_of
from collage_core.recipes.collage.captions import captions_of
from collage_core.recipes.collage.metadata import creator_metadata
from collage_core.recipes.collage.selection import select
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from collage_core.worker.chunk import trigger_of
from collage_core.worker.recipe import (
    RECORD,
    Ingredients,
    Made,
    ObjectToWrite,
    Places,
    Selection,
)

_JPEG = "image/jpeg"
_DIGEST_LENGTH = 32

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
        """The recipe for a message; what it leaves out is the setting of the deployment."""
        size, copies = message.cell_size, message.by_creator_copies
        return cls(
            message,
            covers_per_creator=min(
                message.covers_per_creator or settings.covers_per_creator(message.config),
                message.config.cells,
            ),
            by_creator_copies=settings.by_creator_copies if copies is None else copies,
            cell_size=settings.cell_size if size is None else CELL_SIZES[size],
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

    def places(self, creator: str) -> Places:
        """The collage and the metadata."""
        return Places(self._key(creator), keys.metadata(creator, self.message.run_timestamp))

    def make(self, ingredients: Ingredients[Cell]) -> Made:
        """The collage and its thumbnail, if there is a cover to place, and the metadata."""
        ingredients = self._in_order(ingredients)
        if not ingredients.parts:
            return self._made(ingredients, None)
        return self._made(ingredients, self._compose(ingredients))

    def complete(self, ingredients: Ingredients[Any], lead: bytes) -> Made:
        """The same from a collage that is there already. Its thumbnail is made of its pixels."""
        ingredients = self._in_order(ingredients)
        about = about_collage(self.message, ingredients.creator, ingredients.placed)
        return self._made(ingredients, Collage(lead, thumbnail_of(lead, about=about)))

    def _made(self, ingredients: Ingredients[Any], collage: Collage | None) -> Made:
        creator, placed = ingredients.creator, ingredients.placed
        key = None if collage is None else self._key(creator)
        result = ingredients.result(key, pictures=_digest(placed) if placed else None)

        def record(objects: Mapping[str, WrittenObject]) -> ObjectToWrite:
            document = creator_metadata(
                self.message,
                replace_fields(result, objects=objects),
                cell_size=self.cell_size,
                placed=placed,
                others=ingredients.not_placed,
            )
            key = keys.metadata(creator, self.message.run_timestamp)
            return ObjectToWrite(RECORD, key, to_document(document), JSON)

        objects = [] if collage is None else self._objects(creator, collage)
        return Made(result, objects, record)

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

    def _objects(self, creator: str, collage: Collage) -> list[ObjectToWrite]:
        timestamp, suffix = self.message.run_timestamp, self.message.config.format
        content_type = _CONTENT_TYPES[suffix]
        objects = [ObjectToWrite("collage", self._key(creator), collage.picture, content_type)]
        if self.by_creator_copies:
            copy_key = keys.collage_by_creator(creator, timestamp, suffix=suffix)
            objects.append(ObjectToWrite("by_creator", copy_key, collage.picture, content_type))
        thumbnail_key = keys.thumbnail(creator, timestamp)
        return [*objects, ObjectToWrite("thumbnail", thumbnail_key, collage.thumbnail, _JPEG)]


def _digest(placed: Sequence[CoverRow]) -> str:
    """The same for the same pictures in the same cells, however their URLs are signed."""
    pictures = "\n".join(picture_of(row.url) for row in placed)
    return hashlib.sha256(pictures.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_LENGTH]


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
