from itertools import pairwise

import pytest
from PIL import Image, ImageChops, ImageStat

from collage_core.contract.cell_size import CELL_SIZES, CellSize
from collage_core.pictures.corners import rounded
from collage_core.recipes.collage.geometry import Box
from collage_core.recipes.collage.lettering import draw_title, with_label
from tests.support.pictures import alike, pixel, plain

WHITE = (255, 255, 255)


@pytest.mark.parametrize("size", CELL_SIZES.values(), ids=str)
@pytest.mark.parametrize("colour", [WHITE, (0, 0, 0), (255, 255, 0)])
def test_a_label_is_legible_on_any_cover(size: CellSize, colour: tuple[int, int, int]) -> None:
    cell = plain(colour, *size)
    labelled = with_label(cell, "2026-10-31", 0)
    assert cell.getcolors() == [(size.width * size.height, colour)]  # the given cell is as it was
    top = labelled.crop((0, 0, size.width, size.height * 4 // 5))
    assert top.getcolors() == [(top.width * top.height, colour)]
    foot = labelled.crop((0, size.height * 14 // 16, *size)).convert("L")
    # White letters, on a ground with half of their light at most behind their middle.
    assert foot.getextrema()[1] >= 250
    letters = foot.point(lambda value: 255 * (value >= 250))
    assert 0.01 < ImageStat.Stat(letters).mean[0] / 255 < 0.4
    left = labelled.crop((0, size.height * 15 // 16, size.width // 20, size.height)).convert("L")
    assert left.getextrema()[1] <= 160


def test_a_label_fades_in_without_an_edge() -> None:
    labelled = with_label(plain(WHITE), "x", 0).convert("L")
    column = [labelled.getpixel((2, y)) for y in range(400)]
    steps = [before - after for before, after in pairwise(column)]  # type: ignore[operator]
    assert min(steps) >= 0
    assert max(steps) <= 8


@pytest.mark.parametrize("text", ["", "हिन्दी", " "])
def test_a_label_without_a_letter_to_draw_leaves_the_cover_alone(text: str) -> None:
    cell = plain(WHITE)
    assert with_label(cell, text, 0) is cell


@pytest.mark.parametrize("corner", [0, 20, 60, 120, 200])
@pytest.mark.parametrize("size", CELL_SIZES.values(), ids=str)
def test_no_letter_of_a_label_is_cut_off_by_a_corner(corner: int, size: CellSize) -> None:
    black = plain((0, 0, 0), *size)
    labelled = with_label(black, "mira.cooks and everything else there is", corner)
    mask = rounded(*size, corner)
    cut = Image.composite(labelled, black, mask)
    letters = labelled.convert("L").getbbox()
    assert letters
    assert letters[2] - letters[0] > size.width / 4
    assert max(most for _, most in ImageChops.difference(cut, labelled).getextrema()) < 100


@pytest.mark.parametrize(
    ("background", "is_dark"),
    [
        ("#eeeeec", False), ("#ffffff", False), ("#ffd84d", False), ("#00ff00", False),
        ("#000000", True), ("#20242c", True), ("#0000ff", True), ("#c00000", True),
    ],
)  # fmt: skip
def test_a_title_is_in_the_middle_and_stands_out_from_the_background(
    *, background: str, is_dark: bool
) -> None:
    canvas = Image.new("RGB", (640, 100), background)
    before = canvas.copy()
    draw_title(canvas, Box(20, 10, 620, 76), "mira.cooks", background)
    drawn = ImageChops.difference(canvas, before).getbbox()
    assert drawn
    left, top, right, bottom = drawn
    assert (left + right) / 2 == pytest.approx(320, abs=4)
    assert top >= 10
    assert bottom <= 76
    colour = (255, 255, 255) if is_dark else (28, 28, 26)
    assert colour in {shade for _, shade in canvas.getcolors(10_000) or []}


def test_a_long_title_is_shortened_to_its_box() -> None:
    canvas = Image.new("RGB", (300, 66), "#ffffff")
    draw_title(canvas, Box(0, 0, 300, 66), "x" * 120, "#ffffff")
    left, _, right, _ = ImageChops.invert(canvas).getbbox() or (0, 0, 0, 0)
    assert left >= 10
    assert right <= 290
    assert right - left > 200
    assert alike(pixel(canvas, 0, 0.5), WHITE, within=0)
