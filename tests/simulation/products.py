"""What is made in a schedule: lists of covers, which cost nothing, or real collages.

A product gives the cover server its files, the worker its recipe, and the judge what is shown.
"""

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Protocol, override

from PIL import Image

from collage_core.contract.collage_metadata import CollageMetadata
from collage_core.contract.message import ChunkMessage
from collage_core.contract.picture_options import PictureOptions
from collage_core.contract.reasons import Reason
from collage_core.recipes.collage.canvas import Collage
from collage_core.recipes.collage.recipe import CollageRecipe
from collage_core.run.opened_collage import picture_problems
from collage_core.settings import Settings
from collage_core.worker.recipe import Ingredients, Made

_NO_PICTURE = b"no picture"

_NEAR = 24
"""Levels of 255 by which a colour may change in a JPEG."""


class Product(Protocol):
    """What is made of the covers."""

    recipe: type[CollageRecipe]

    def file(self, url: str, version: int) -> bytes:
        """A cover: the same URL may give another file each time."""
        ...

    def no_file(self) -> bytes:
        """What cannot be decoded."""
        ...

    def problems(
        self,
        collage: bytes,
        thumbnail: bytes,
        metadata: CollageMetadata,
        options: PictureOptions,
    ) -> list[str]:
        """How a collage differs from its metadata."""
        ...


class ListRecipe(CollageRecipe):
    """All of the real recipe but the pictures."""

    __slots__ = ()

    @classmethod
    @override
    def of(cls, settings: Settings, message: ChunkMessage) -> "ListRecipe":
        made = CollageRecipe.of(settings, message)
        return cls(made.message, made.covers_per_creator, made.by_creator_copies, made.cell_size)

    @override
    def decode(self, body: bytes) -> Any:
        return Reason.NOT_AN_IMAGE if body == _NO_PICTURE else body

    @override
    def complete(self, ingredients: Ingredients[Any], lead: bytes) -> Made:
        return self._made(self._in_order(ingredients), Collage(lead, _thumbnail(json.loads(lead))))

    @override
    def _compose(self, ingredients: Ingredients[Any]) -> Collage:
        covers = [part.decode() for part in ingredients.parts]
        ingredients.parts.clear()
        return Collage(json.dumps(covers).encode(), _thumbnail(covers))


def _thumbnail(covers: list[str]) -> bytes:
    return json.dumps(["thumbnail", *covers]).encode()


class Lists:
    """A collage is the list of its covers, so that it can be read what is on it."""

    recipe: type[CollageRecipe] = ListRecipe

    def file(self, url: str, version: int) -> bytes:
        return f"{url}#{version}".encode()

    def no_file(self) -> bytes:
        return _NO_PICTURE

    def problems(
        self,
        collage: bytes,
        thumbnail: bytes,
        metadata: CollageMetadata,
        options: PictureOptions,
    ) -> list[str]:
        del options
        try:
            covers, small = json.loads(collage), json.loads(thumbnail)
        except ValueError as error:
            return [f"cannot be read: {error}"]
        said, shown = _urls(metadata), [cover.partition("#")[0] for cover in covers]
        wrong = [] if shown == said else [f"shows {shown}, its metadata says {said}"]
        if small != ["thumbnail", *covers]:
            wrong.append(f"has a thumbnail of {small[1:]}, but shows {covers}")
        return wrong


class Pictures:
    """Real collages of covers that are plain, each in its own colour."""

    recipe: type[CollageRecipe] = CollageRecipe

    def file(self, url: str, version: int) -> bytes:
        # Another version is another file of the same colour.
        return _picture(url, 16 + 8 * (version % 4))

    def no_file(self) -> bytes:
        return _NO_PICTURE

    def problems(
        self,
        collage: bytes,
        thumbnail: bytes,
        metadata: CollageMetadata,
        options: PictureOptions,
    ) -> list[str]:
        wrong = picture_problems(collage, thumbnail, metadata, options)
        if wrong:
            return wrong
        with Image.open(io.BytesIO(collage)) as opened:
            picture = opened.convert("RGB")
        grid, canvas = metadata.grid, metadata.grid.canvas
        assert canvas is not None
        for cell in metadata.cells:
            x = canvas.left + cell.col * (grid.cell_width + canvas.gutter) + grid.cell_width // 2
            y = canvas.top + cell.row * (grid.cell_height + canvas.gutter) + grid.cell_height // 2
            shown, wanted = picture.getpixel((x, y)), _colour(cell.cover.url)
            assert isinstance(shown, tuple)
            if max(abs(a - b) for a, b in zip(shown, wanted, strict=True)) > _NEAR:
                wrong.append(f"does not show {cell.cover.url} in row {cell.row} column {cell.col}")
        return wrong


@lru_cache(maxsize=200)
def _picture(url: str, width: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, width * 4 // 3), _colour(url)).save(file, "JPEG", quality=95)
    return file.getvalue()


def _colour(url: str) -> tuple[int, int, int]:
    red, green, blue = hashlib.sha256(url.encode()).digest()[:3]
    return red, green, blue


def _urls(metadata: CollageMetadata) -> Sequence[str]:
    return [cell.cover.url for cell in metadata.cells]


PRODUCTS: dict[str, Callable[[], Product]] = {"lists": Lists, "collages": Pictures}
