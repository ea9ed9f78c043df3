"""The contact sheet is looked at by people: what is tested is that all of it is there."""

import io

import pytest
from PIL import Image

from collage_core.report.contact_sheet import MOST_TILES, contact_sheet
from collage_core.report.label_fonts import label
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


def test_a_sheet_has_a_bounded_number_of_thumbnails() -> None:
    sheet = drawn([("ana", thumbnail("red"))] * (MOST_TILES + 9))
    assert sheet.size == (8 * WIDTH + GAP, MOST_TILES // 8 * HEIGHT + GAP)
    with pytest.raises(ValueError, match="at least one"):
        contact_sheet([])


def test_a_name_that_no_font_has_is_written_as_in_keys() -> None:
    text, font = label("山田", size=18, width=1000, fonts=())
    assert text == "=E5=B1=B1=E7=94=B0"
    assert font.getlength(text) > 0
    assert label("ana.b", size=18, width=1000, fonts=())[0] == "ana.b"


def test_a_font_that_is_not_there_is_left_out() -> None:
    assert label("ana", size=18, width=1000, fonts=("no-such-font.ttf",))[0] == "ana"


def test_a_long_name_is_cut_to_the_width_and_blanks_are_one() -> None:
    text, font = label("x" * 400, size=18, width=280)
    assert text.endswith("...")
    assert 240 < font.getlength(text) <= 280
    assert label(" a \n\t b ", size=18, width=280)[0] == "a b"
