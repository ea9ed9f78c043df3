import dataclasses
import json
from io import BytesIO
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace
from PIL import ExifTags, Image, ImageChops, ImageStat

from collage_core.contract.books import ObjectCounts, RowCounts
from collage_core.contract.cell_size import CELL_SIZES
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.picture_options import PictureFormat
from collage_core.contract.reasons import Reason
from collage_core.contract.receipt import Outcome, WrittenObject
from collage_core.contract.trigger import Trigger
from collage_core.covers.rows import CoverRow
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.recipes.collage.canvas import compose
from collage_core.recipes.collage.recipe import CollageRecipe
from collage_core.settings import Settings
from collage_core.worker.recipe import RECORD, Ingredients, ObjectToWrite, Places
from tests.support.chunks import TIMESTAMP, message, recipe
from tests.support.pictures import cell_of, encoded, numbered, read_number

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
    assert [(item.kind, item.key) for item in made.objects] == [
        ("collage", COLLAGE), ("thumbnail", THUMBNAIL)
    ]  # fmt: skip
    assert made.result.collage_key == COLLAGE
    objects = {"collage": WrittenObject("a1", 17), "thumbnail": WrittenObject("b2", 3)}
    record = made.record(objects)
    assert (record.kind, record.key) == (RECORD, METADATA)
    assert recipe(b"").places("ana") == Places(COLLAGE, METADATA)
    document = json.loads(record.body)
    assert document["objects"] == {
        "collage": {"etag": "a1", "bytes": 17}, "thumbnail": {"etag": "b2", "bytes": 3}
    }  # fmt: skip
    assert document["chunk_id"] == recipe(b"").message.chunk_id
    assert (document["collage_key"], document["reasons"]) == (COLLAGE, {"timeout": 1})
    assert given.parts == []  # freed one by one, while they were placed


def test_oldest_first_are_the_same_covers_in_the_opposite_order() -> None:
    given = ingredients(3, 2, 1)
    made = recipe(b"", order="oldest").make(given)
    collage, metadata = made.objects[0].body, made.record({}).body
    shown = Image.open(BytesIO(collage))
    assert [read_number(cell_of(shown, index, 3)) for index in range(3)] == [1, 2, 3]
    cells = json.loads(metadata)["cells"]
    assert [(cell["row"], cell["col"], cell["url"]) for cell in cells] == [
        (0, 0, "http://cdn/1.jpg"),
        (0, 1, "http://cdn/2.jpg"),
        (0, 2, "http://cdn/3.jpg"),
    ]
    assert given.parts == []  # freed here, too


@pytest.mark.parametrize(
    ("suffix", "content_type"),
    [("jpg", "image/jpeg"), ("webp", "image/webp"), ("png", "image/png")],
)
def test_the_format_is_the_suffix_and_the_type_of_collage_and_copy(
    suffix: PictureFormat, content_type: str
) -> None:
    asked = dataclasses.replace(recipe(b"", format=suffix), by_creator_copies=True)
    made = asked.make(ingredients(1))
    collage, copy, thumbnail = made.objects
    assert (
        made.result.collage_key
        == collage.key
        == keys.collage("ana", TIMESTAMP, Trigger.SQS, suffix=suffix)
    )
    assert copy.key == keys.collage_by_creator("ana", TIMESTAMP, suffix=suffix)
    assert {collage.key.rpartition(".")[2], copy.key.rpartition(".")[2]} == {suffix}
    assert {collage.content_type, copy.content_type} == {content_type}
    assert thumbnail == ObjectToWrite("thumbnail", THUMBNAIL, thumbnail.body, "image/jpeg")
    assert json.loads(made.record({}).body)["collage_key"] == collage.key


def test_collage_and_thumbnail_say_what_they_show_and_nothing_of_the_covers_own_exif() -> None:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    exif[ExifTags.Base.Make] = "CANARY CAMERA"
    cover = encoded(numbered(1), exif=exif.tobytes())
    assert b"CANARY" in cover
    cell = recipe(b"").decode(cover)
    assert isinstance(cell, Image.Image)
    given = dataclasses.replace(ingredients(1), parts=[cell])
    for item in recipe(b"").make(given).objects[:2]:
        picture = Image.open(BytesIO(item.body))
        found = picture.getexif()
        assert found[ExifTags.Base.ImageDescription] == "Collage of 1 cover by ana"
        assert found[ExifTags.Base.Artist] == "ana"
        assert not found.get_ifd(ExifTags.IFD.GPSInfo)
        assert b"monthly-1" in picture.info["xmp"]
        assert b"CANARY" not in item.body


@pytest.mark.parametrize("suffix", ["jpg", "webp", "png"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"trim": True},
        {"trim": True, "order": "oldest"},
        {"gutter": 7, "margin": 11, "title": "{creator}"},
        {"trim": True, "gutter": 7, "margin": 11, "title": "{creator}"},
    ],
)
@pytest.mark.parametrize("numbers", [(1,), (5, 4), (5, 4, 3, 2)])
def test_a_reader_of_the_metadata_finds_every_cover_on_the_picture(
    suffix: PictureFormat, options: dict[str, Any], numbers: tuple[int, ...]
) -> None:
    made = recipe(b"", format=suffix, **options).make(ingredients(*numbers))
    picture = Image.open(BytesIO(made.objects[0].body)).convert("RGB")
    document = json.loads(made.record({}).body)
    grid, canvas = document["grid"], document["grid"]["canvas"]
    assert picture.size == (canvas["width"], canvas["height"])
    width, height = grid["cell_width"], grid["cell_height"]
    for cell in document["cells"]:
        left = canvas["left"] + cell["col"] * (width + canvas["gutter"])
        top = canvas["top"] + cell["row"] * (height + canvas["gutter"])
        shown = picture.crop((left, top, left + width, top + height))
        assert cell["url"] == f"http://cdn/{read_number(shown)}.jpg"


def test_what_is_embedded_does_not_change_the_pixels() -> None:
    plain = compose([numbered(1), numbered(2)], MESSAGE.config)
    made = recipe(b"").make(ingredients(1, 2)).objects
    for bare, item in zip((plain.picture, plain.thumbnail), made, strict=False):
        assert item.body != bare
        assert Image.open(BytesIO(item.body)).tobytes() == Image.open(BytesIO(bare)).tobytes()


def test_a_copy_is_filed_under_the_creator_and_not_counted() -> None:
    plain = recipe(b"").make(ingredients(1))
    copied = dataclasses.replace(recipe(b""), by_creator_copies=True).make(ingredients(1))
    copy = keys.collage_by_creator("ana", TIMESTAMP)
    assert [item.key for item in copied.objects] == [COLLAGE, copy, THUMBNAIL]
    assert copied.objects[1].body == copied.objects[0].body == plain.objects[0].body
    objects = {item.kind: WrittenObject("e", len(item.body)) for item in copied.objects}
    size = len(plain.objects[0].body) + len(plain.objects[1].body)
    assert replace(copied.result, objects=objects).object_counts == ObjectCounts(1, 1, size)


def test_of_a_creator_without_covers_there_is_metadata_alone() -> None:
    made = recipe(b"").make(ingredients())
    assert (list(made.objects), made.record({}).key) == ([], METADATA)
    assert made.result.collage_key is None
    assert made.result.pictures is UNSET
    assert made.result.object_counts == ObjectCounts()


def test_a_cover_becomes_a_cell_of_the_recipes_size() -> None:
    small = recipe(b"", cell_size=CELL_SIZES["180x240"])
    cell = small.decode(encoded(numbered(5)))
    assert isinstance(cell, Image.Image)
    assert (cell.size, read_number(cell)) == ((180, 240), 5)
    assert small.decode(b"") is Reason.NOT_AN_IMAGE


def test_a_collage_that_another_worker_has_written_is_completed_from_its_file() -> None:
    asked = dataclasses.replace(recipe(b"", order="oldest"), by_creator_copies=True)
    theirs = asked.make(ingredients(3, 2))
    collage, copy, thumbnail = theirs.objects
    given = dataclasses.replace(ingredients(3, 2), parts=[object(), object()])
    completed = asked.complete(given, collage.body)
    assert completed.result == theirs.result
    assert list(completed.objects[:2]) == [collage, copy]
    assert completed.record({}) == theirs.record({})
    ours, shown = (Image.open(BytesIO(item.body)) for item in (completed.objects[2], thumbnail))
    assert ours.size == shown.size
    difference = ImageChops.difference(ours.convert("RGB"), shown.convert("RGB"))
    assert max(ImageStat.Stat(difference).mean) < 2


def test_the_digest_of_the_pictures_is_that_of_the_same_pictures_in_the_same_cells() -> None:
    digest = recipe(b"").make(ingredients(1, 2)).result.pictures
    assert recipe(b"", quality=50).make(ingredients(1, 2)).result.pictures == digest
    for others in ((2, 1), (1,), (1, 3)):
        assert recipe(b"").make(ingredients(*others)).result.pictures != digest
