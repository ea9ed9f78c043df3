import dataclasses
import json

import pytest
from msgspec.structs import replace
from PIL import Image

from collage_core.contract.books import ObjectCounts, RowCounts
from collage_core.contract.cell_size import CELL_SIZES
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.reasons import Reason
from collage_core.contract.receipt import Outcome
from collage_core.contract.trigger import Trigger
from collage_core.covers.rows import CoverRow
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.recipes.collage.recipe import CollageRecipe
from collage_core.settings import Settings
from collage_core.worker.recipe import Ingredients
from tests.support.chunks import TIMESTAMP, message, recipe
from tests.support.pictures import encoded, numbered, read_number

MESSAGE = message(b"the rows")
COLLAGE = keys.collage("ana", TIMESTAMP, Trigger.SQS)
THUMBNAIL = keys.thumbnail("ana", TIMESTAMP)
METADATA = keys.metadata("ana", TIMESTAMP)


def row(line: int) -> CoverRow:
    return CoverRow("ana", f"http://cdn/{line}.jpg?x-signature=s", None, line, line)


def ingredients(*numbers: int) -> Ingredients[Image.Image]:
    """Of a creator with cells of these numbers, and with one more cover that failed."""
    return Ingredients(
        "ana",
        placed=[row(number) for number in numbers],
        parts=[numbered(number) for number in numbers],
        not_placed=[(row(9), "timeout")],
        rows=RowCounts(total=len(numbers) + 1, placed=len(numbers), failed=1),
        reasons={"timeout": 1},
        outcome=Outcome.PARTIAL if numbers else Outcome.FAILED,
    )


def test_the_settings_and_the_message_make_the_recipe() -> None:
    settings = Settings(
        default_max_images_per_creator=4, by_creator_copies=True, cell_size=CELL_SIZES["180x240"]
    )
    made = CollageRecipe.of(settings, MESSAGE)
    assert made == CollageRecipe(
        MESSAGE, 4, by_creator_copies=True, cell_size=CELL_SIZES["180x240"]
    )
    assert made.part_bytes == CELL_SIZES["180x240"].bytes
    assert CollageRecipe.of(Settings(), MESSAGE).covers_per_creator == MESSAGE.config.cells


def test_a_grid_that_is_too_large_or_a_trigger_that_is_left_open_is_refused() -> None:
    large = replace(MESSAGE, config=ProcessingConfig(rows=20, cols=20))
    assert CollageRecipe.of(Settings(), large)
    with pytest.raises(MessageError, match="at most 277 fit"):
        CollageRecipe.of(Settings(cell_size=CELL_SIZES["360x480"]), large)
    with pytest.raises(ValueError, match="has no trigger"):
        CollageRecipe.of(Settings(), replace(MESSAGE, trigger=None))


def test_a_creator_becomes_a_collage_its_thumbnail_and_its_metadata() -> None:
    given = ingredients(1, 2)
    made = recipe(b"").make(given)
    assert [item.key for item in made.objects] == [COLLAGE, THUMBNAIL, METADATA]
    assert made.key == COLLAGE
    collage, thumbnail, metadata = (item.body for item in made.objects)
    assert made.counts == ObjectCounts(1, 1, len(collage) + len(thumbnail))
    document = json.loads(metadata)
    assert (document["collage_key"], document["reasons"]) == (COLLAGE, {"timeout": 1})
    assert given.parts == []  # freed one by one, while they were placed


def test_a_copy_is_filed_under_the_creator_and_not_counted() -> None:
    plain = recipe(b"").make(ingredients(1))
    copied = dataclasses.replace(recipe(b""), by_creator_copies=True).make(ingredients(1))
    copy = keys.collage_by_creator("ana", TIMESTAMP)
    assert [item.key for item in copied.objects] == [COLLAGE, copy, THUMBNAIL, METADATA]
    assert copied.counts == plain.counts


def test_of_a_creator_without_covers_there_is_metadata_alone() -> None:
    made = recipe(b"").make(ingredients())
    assert [item.key for item in made.objects] == [METADATA]
    assert (made.key, made.counts) == (None, ObjectCounts())


def test_a_cover_becomes_a_cell_of_the_recipes_size() -> None:
    small = recipe(b"", cell_size=CELL_SIZES["180x240"])
    cell = small.decode(encoded(numbered(5)))
    assert isinstance(cell, Image.Image)
    assert (cell.size, read_number(cell)) == ((180, 240), 5)
    assert small.decode(b"") is Reason.NOT_AN_IMAGE
