import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageOps

from collage_core.contract.cell_size import CELL_SIZES, DEFAULT_CELL_SIZE, CellSize
from collage_core.contract.gravity import Gravity
from collage_core.pictures.attention import GRID, reduced
from collage_core.pictures.cropping import UPPER_SHARE, USUAL, Centering, centering
from collage_core.pictures.imaging import Cell, decode_cell
from tests.support.pictures import _STORED, alike, encoded, pixel, plain

WALL, SKIN, SHIRT = (196, 202, 206), (224, 172, 140), (40, 70, 120)
SKINS = [(246, 222, 206), (214, 166, 128), (150, 100, 70), (84, 54, 40)]
TOP, BOTTOM = (200, 30, 30), (40, 60, 200)

each_gravity = pytest.mark.parametrize("gravity", Gravity)
each_skin = pytest.mark.parametrize("skin", SKINS)


def person(
    size: tuple[int, int], head: tuple[float, float], *, skin: tuple[int, int, int] = SKIN
) -> Image.Image:
    """A head at these shares of the width and the height, and what is below it, before a wall."""
    width, height = size
    image, r = Image.new("RGB", size, WALL), min(size) / 7
    draw, x, y = ImageDraw.Draw(image), head[0] * width, head[1] * height
    draw.rounded_rectangle((x - 2 * r, y + r, x + 2 * r, height * 2), r, SHIRT)
    draw.ellipse((x - r, y - 1.2 * r, x + r, y + 1.2 * r), skin)
    for eye in (x - r / 3, x + r / 3):
        draw.ellipse((eye - r / 8, y - r / 8, eye + r / 8, y + r / 8), (40, 30, 20))
    return image


def cell(body: bytes, gravity: Gravity, size: CellSize = DEFAULT_CELL_SIZE) -> Cell:
    decoded = decode_cell(body, size, gravity)
    assert isinstance(decoded, Image.Image), decoded
    assert (decoded.mode, decoded.size) == ("RGB", size)
    return decoded


def stripes(count: int, size: tuple[int, int]) -> Image.Image:
    """From red at the top to blue at the bottom, in steps."""
    image = Image.new("RGB", size)
    draw = ImageDraw.Draw(image)
    for step in range(count):
        top, bottom = (round(size[1] * (step + more) / count) for more in (0, 1))
        draw.rectangle((0, top, size[0], bottom), (255 - step * 255 // count, 60, 90))
    return image


class TestAnyCrop:
    @given(
        st.integers(1, 900),
        st.integers(1, 900),
        st.sampled_from(Gravity),
        st.sampled_from(list(CELL_SIZES.values())),
        st.integers(1, 8),
    )
    @settings(max_examples=100, deadline=None)
    def test_is_a_part_of_the_picture_with_the_shape_of_the_cell(
        self, width: int, height: int, gravity: Gravity, cell_size: CellSize, turn: int
    ) -> None:
        picture = Image.new("RGB", (width, height), WALL)
        size = (cell_size.height, cell_size.width) if turn > 4 else tuple(cell_size)
        place = centering(picture, (size[0], size[1]), gravity, turn)
        assert all(0 <= share <= 1 for share in place)
        small = (size[0] // 30, size[1] // 30)
        # Pillow refuses a crop that extends beyond the picture.
        assert ImageOps.fit(picture, small, centering=place).size == small

    @each_gravity
    def test_leaves_a_cover_of_the_cells_shape_as_it_is(self, gravity: Gravity) -> None:
        body = encoded(stripes(40, (1080, 1440)))
        assert cell(body, gravity).tobytes() == cell(body, Gravity.CENTER).tobytes()

    def test_is_the_middle_unless_it_is_asked_for_otherwise(self) -> None:
        body = encoded(stripes(40, (720, 1280)))
        fitted = decode_cell(body)
        assert isinstance(fitted, Image.Image)
        assert fitted.tobytes() == cell(body, Gravity.CENTER).tobytes()

    @each_gravity
    def test_gives_the_same_bytes_each_time(self, gravity: Gravity) -> None:
        body = encoded(person((1280, 720), (0.2, 0.3)))
        assert len({cell(body, gravity).tobytes() for _ in range(3)}) == 1

    @each_gravity
    def test_may_be_named_by_its_word(self, gravity: Gravity) -> None:
        body = encoded(person((720, 1280), (0.5, 0.2)))
        word: Gravity = str(gravity.value)  # type: ignore[assignment]
        assert cell(body, word).tobytes() == cell(body, gravity).tobytes()


class TestATallCover:
    def test_is_cut_at_its_lower_end_by_north(self) -> None:
        shown = cell(encoded(stripes(40, (600, 1600)), "PNG"), Gravity.NORTH)
        assert alike(pixel(shown, 0.5, 0.01), (255, 60, 90))

    def test_is_cut_less_at_its_top_by_upper_than_by_center(self) -> None:
        body = encoded(stripes(200, (600, 1600)), "PNG")
        tops = [
            pixel(cell(body, gravity), 0.5, 0)[0]
            for gravity in (Gravity.NORTH, Gravity.UPPER, Gravity.CENTER)
        ]
        cut = [(255 - red) / 255 * 1600 for red in tops]
        assert all(a < b for a, b in pairwise(cut))
        assert cut[1] == pytest.approx(UPPER_SHARE * 800, abs=20)
        assert cut[2] == pytest.approx(400, abs=20)

    @pytest.mark.parametrize("gravity", [Gravity.UPPER, Gravity.NORTH])
    def test_is_never_moved_to_a_side(self, gravity: Gravity) -> None:
        for size in ((600, 1600), (1600, 600)):
            assert centering(plain(WALL, *size), DEFAULT_CELL_SIZE, gravity)[0] == 0.5


class TestAttention:
    @each_skin
    @pytest.mark.parametrize("x", [0.14, 0.3, 0.5, 0.7, 0.86])
    def test_keeps_a_head_anywhere_in_a_wide_picture(
        self, x: float, skin: tuple[int, int, int]
    ) -> None:
        picture = person((1280, 720), (x, 0.35), skin=skin)
        assert keeps(picture, (x, 0.35), 720 / 7, 720 / 7 * 1.2)

    @each_skin
    @pytest.mark.parametrize("y", [0.11, 0.3, 0.5, 0.7])
    def test_keeps_a_head_in_a_tall_picture(self, y: float, skin: tuple[int, int, int]) -> None:
        picture = person((720, 1440), (0.5, y), skin=skin)
        assert keeps(picture, (0.5, y), 720 / 7, 720 / 7 * 1.2)

    def test_keeps_a_head_that_the_lower_edge_nearly_touches(self) -> None:
        picture = person((720, 1440), (0.5, 0.9))
        assert keeps(picture, (0.5, 0.9), 720 / 7, 720 / 7)

    def test_is_not_drawn_by_sand_or_wood_of_the_colour_of_skin(self) -> None:
        picture = person((1280, 720), (0.75, 0.35), skin=SKINS[2])
        ImageDraw.Draw(picture).rectangle((0, 500, 1280, 720), (222, 190, 150))
        assert keeps(picture, (0.75, 0.35), 720 / 7, 720 / 7 * 1.2)

    @pytest.mark.parametrize("size", [(720, 1280), (1280, 720), (1000, 1000), (1, 900), (900, 1)])
    @pytest.mark.parametrize("colour", [WALL, SKIN, (0, 0, 0), (255, 255, 255)])
    def test_falls_back_to_the_usual_place_where_nothing_draws_any(
        self, size: tuple[int, int], colour: tuple[int, int, int]
    ) -> None:
        assert at(plain(colour, *size)) == USUAL

    @pytest.mark.parametrize("turn", range(1, 9))
    @pytest.mark.parametrize("size", [(400, 800), (800, 450)])
    @pytest.mark.parametrize("gravity", [Gravity.NORTH, Gravity.ATTENTION])
    def test_crops_a_turned_picture_as_it_is_seen(
        self, size: tuple[int, int], turn: int, gravity: Gravity
    ) -> None:
        seen = person(size, (0.24, 0.2))
        exif = Image.Exif()
        exif[0x0112] = turn
        stored = seen if (how := _STORED[turn]) is None else seen.transpose(how)
        upright, shown = cell(encoded(seen), gravity), cell(encoded(stored, exif=exif), gravity)
        spots = [(x / 6, y / 8) for x in range(1, 6) for y in range(1, 8)]
        same = [alike(pixel(upright, *spot), pixel(shown, *spot)) for spot in spots]
        assert sum(same) >= len(same) - 1  # one may be at an edge

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
    def test_works_in_every_format(self, kind: str) -> None:
        shown = cell(encoded(person((1280, 720), (0.2, 0.4)), kind), Gravity.ATTENTION)
        assert has_skin(shown)

    @pytest.mark.parametrize("mode", ["RGBA", "CMYK", "P"])
    def test_works_in_every_mode(self, mode: str) -> None:
        picture = person((1280, 720), (0.2, 0.4)).convert(mode)
        kind = "JPEG" if mode == "CMYK" else "PNG"
        assert has_skin(cell(encoded(picture, kind), Gravity.ATTENTION))

    @pytest.mark.parametrize("mode", ["L", "1", "LA", "I;16"])
    def test_crops_grey_pictures_without_colour_to_go_by(self, mode: str) -> None:
        grey = person((1280, 720), (0.2, 0.4)).convert("L")
        cell(encoded(grey.convert(mode), "PNG"), Gravity.ATTENTION)

    def test_does_not_look_at_what_is_transparent(self) -> None:
        picture = person((1280, 720), (0.2, 0.4)).convert("RGBA")
        picture.putalpha(0)
        assert at(picture) == USUAL

    @pytest.mark.parametrize("size", [(6000, 5000), (1, 20000), (20000, 1), (1, 1)])
    def test_takes_no_longer_for_the_largest_pictures(self, size: tuple[int, int]) -> None:
        picture = plain(SKIN, *size)
        assert max(reduced(picture).size) <= GRID
        start = time.thread_time()
        at(picture)
        assert time.thread_time() - start < 0.05  # a pass over 30 megapixels takes longer


def at(picture: Image.Image) -> Centering:
    return centering(picture, DEFAULT_CELL_SIZE, Gravity.ATTENTION)


def has_skin(shown: Cell) -> bool:
    """Whether some of a coarse grid of pixels has the colour of the head."""
    spots = ((x / 12, y / 16) for x in range(12) for y in range(16))
    return any(alike(pixel(shown, *spot), SKIN) for spot in spots)


def keeps(picture: Image.Image, head: tuple[float, float], across: float, down: float) -> bool:
    """Whether the crop has the whole head, to a tenth of it at each edge."""
    width, height = picture.size
    shape = DEFAULT_CELL_SIZE.width / DEFAULT_CELL_SIZE.height
    size = (min(width, height * shape), min(height, width / shape))
    x, y = at(picture)
    left, top = (width - size[0]) * x, (height - size[1]) * y
    return all(
        start <= max(middle - 0.9 * r, 0) and min(middle + 0.9 * r, whole) <= start + length
        for start, length, middle, r, whole in (
            (left, size[0], head[0] * width, across, width),
            (top, size[1], head[1] * height, down, height),
        )
    )
