"""The contact sheet is looked at by people: what is tested is that all of it is there."""

import io

import pytest
from PIL import Image, ImageChops

from collage_core.layout.creator_names import encode_creator
from collage_core.report.contact_sheet import MOST_TILES, contact_sheet
from tests.support.strategies import HOSTILE_NAMES

WIDTH, HEIGHT, GAP = 292, 310, 12


def thumbnail(colour: str, size: tuple[int, int] = (400, 381)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, "JPEG")
    return written.getvalue()


def drawn(tiles: list[tuple[str, bytes]]) -> Image.Image:
    return Image.open(io.BytesIO(contact_sheet(tiles))).convert("RGB")


def test_thumbnails_are_in_their_order_in_rows_of_eight() -> None:
    colours = ["red", "lime", "blue"] * 3
    sheet = drawn([(colour, thumbnail(colour)) for colour in colours])
    assert sheet.size == (8 * WIDTH + GAP, 2 * HEIGHT + GAP)
    for index, colour in enumerate(colours):
        row, column = divmod(index, 8)
        seen = sheet.getpixel((GAP + column * WIDTH + 140, GAP + row * HEIGHT + 134))
        expected = Image.new("RGB", (1, 1), colour).getpixel((0, 0))
        assert isinstance(seen, tuple)
        assert isinstance(expected, tuple)
        assert all(abs(a - b) < 6 for a, b in zip(seen, expected, strict=True))


def test_a_few_thumbnails_make_a_narrow_sheet_whatever_their_shape() -> None:
    tiles = [("tall", thumbnail("red", (100, 900))), ("flat", thumbnail("red", (400, 60)))]
    assert drawn(tiles).size == (2 * WIDTH + GAP, HEIGHT + GAP)


def test_every_name_is_written_below_its_thumbnail() -> None:
    for name in HOSTILE_NAMES:
        sheet = drawn([(name, thumbnail("red"))])
        below = sheet.crop((0, GAP + 268 + 4, sheet.width, sheet.height))
        assert max(high for _, high in below.getextrema()) > 150, name


@pytest.mark.thorough
def test_a_sheet_has_a_bounded_number_of_thumbnails() -> None:
    sheet = drawn([("ana", thumbnail("red"))] * (MOST_TILES + 9))
    assert sheet.size == (8 * WIDTH + GAP, MOST_TILES // 8 * HEIGHT + GAP)
    with pytest.raises(ValueError, match="at least one"):
        contact_sheet([])


def label(name: str) -> Image.Image:
    """What is below the second of two thumbnails, with the gaps beside it."""
    sheet = drawn([("-", thumbnail("black")), (name, thumbnail("black"))])
    return sheet.crop((WIDTH, GAP + 268, sheet.width, sheet.height))


def ink(picture: Image.Image) -> tuple[int, int, int, int] | None:
    return picture.convert("L").point(lambda level: 255 * (level > 80)).getbbox()


def same(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one, other).getbbox() is None


@pytest.mark.parametrize("name", ["हिन्दी", "தமிழ்", "\u200b"])
def test_a_name_that_no_font_has_is_written_as_in_keys(name: str) -> None:
    assert same(label(name), label(encode_creator(name)))


@pytest.mark.parametrize("name", ["مطبخ ليلى", "שירה", "日本語", "한국어", "ไทย", "🦊", "Żółć"])
def test_a_name_in_another_script_is_drawn_in_it_on_every_machine(name: str) -> None:
    assert not same(label(name), label(encode_creator(name)))


@pytest.mark.parametrize("name", ["x" * 400, "日本" * 99, "مطبخ" * 99, "हिन्दी" * 9])
def test_a_long_name_is_shortened_to_the_width_of_its_thumbnail(name: str) -> None:
    left, _, right, _ = ink(label(name)) or (0, 0, 0, 0)
    assert GAP - 2 <= left < right <= WIDTH + 2
    assert right - left > 240


def test_letters_that_reach_far_up_or_down_are_whole() -> None:
    _, top, _, bottom = ink(label("Ågjpqy|(Ệ")) or (0, 0, 0, 0)
    assert 0 < top < bottom < 30


def test_blanks_in_a_name_are_one() -> None:
    assert same(label(" a \n\t b "), label("a b"))
