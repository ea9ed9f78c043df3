"""What the options change on a canvas. Every pixel is compared: the format is PNG."""

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageColor

from collage_core.contract.cell_size import CELL_SIZES, CellSize
from collage_core.contract.config import ProcessingConfig
from collage_core.pictures.corners import rounded
from collage_core.recipes.collage.canvas import compose
from collage_core.recipes.collage.captions import Captions
from collage_core.recipes.collage.geometry import layout
from tests.support.pictures import RED, numbered, plain, read_number

SMALLEST = min(CELL_SIZES.values())
GROUND = (18, 52, 86)


def collage(
    cells: list[Image.Image],
    *,
    cell_size: CellSize = SMALLEST,
    captions: Captions | None = None,
    **options: Any,
) -> Image.Image:
    config = ProcessingConfig(**{"format": "png", "background": "#123456", **options})
    made = compose(cells, config, cell_size=cell_size, captions=captions or Captions())
    return Image.open(BytesIO(made.picture)).convert("RGB")


def numbers(count: int, size: CellSize = SMALLEST) -> list[Image.Image]:
    return [numbered(number, *size) for number in range(count)]


@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_every_cell_is_whole_in_its_box_and_the_background_everywhere_else(
    data: st.DataObject,
) -> None:
    rows, cols = (data.draw(st.integers(1, 3)) for _ in range(2))
    count = data.draw(st.integers(1, rows * cols))
    options = {
        "rows": rows,
        "cols": cols,
        "trim": data.draw(st.booleans()),
        "gutter": data.draw(st.integers(0, 100)),
        "margin": data.draw(st.integers(0, 400)),
    }
    found = collage(numbers(count), **options)
    places = layout(
        count, rows=rows, cols=cols, cell_size=SMALLEST, options=ProcessingConfig(**options)
    )
    assert found.size == (places.width, places.height)
    for number, box in enumerate(places.cells):
        shown = found.crop(box)
        assert shown.getcolors(1), "a pixel of another cell or of the background"
        assert read_number(shown) == number
        found.paste(GROUND, box)
    assert found.getcolors(1) == [(found.width * found.height, GROUND)]


def test_nothing_is_left_of_the_last_collage_between_the_cells() -> None:
    options = {"rows": 2, "cols": 2, "gutter": 7, "margin": 9, "corner": 50}
    alone = collage([plain(RED, *SMALLEST)], **options)
    collage(numbers(4), **{**options, "background": "#ffffff"})
    assert collage([plain(RED, *SMALLEST)], **options).tobytes() == alone.tobytes()


@pytest.mark.parametrize("size", CELL_SIZES.values(), ids=str)
@pytest.mark.parametrize("corner", [1, 40, 90, 200])
def test_corners_are_cut_from_every_cell_down_to_the_background(
    corner: int, size: CellSize
) -> None:
    found = collage([plain(RED, *size)] * 2, rows=1, cols=2, corner=corner, cell_size=size)
    wanted = Image.composite(
        plain(RED, *size), Image.new("RGB", size, GROUND), rounded(*size, corner)
    )
    for left in (0, size.width):
        assert found.crop((left, 0, left + size.width, size.height)).tobytes() == wanted.tobytes()


def test_cells_are_the_same_with_a_title_above_them() -> None:
    bare = collage(numbers(3), rows=1, cols=3)
    titled = collage(numbers(3), rows=1, cols=3, title="x", captions=Captions("mira.cooks"))
    above = titled.height - bare.height
    assert above == SMALLEST.height // 6
    assert titled.crop((0, above, *titled.size)).tobytes() == bare.tobytes()
    assert titled.crop((0, 0, titled.width, above)).getcolors(1) is None


def test_an_empty_title_leaves_its_line_empty() -> None:
    found = collage(numbers(1), rows=1, cols=1, title="{start}", captions=Captions(""))
    line = found.crop((0, 0, found.width, SMALLEST.height // 6))
    assert line.getcolors(1) == [(line.width * line.height, GROUND)]


def test_labels_are_drawn_into_copies_of_the_cells() -> None:
    cells = [plain(RED, *SMALLEST)] * 2
    found = collage(cells, rows=1, cols=2, captions=Captions(labels=["2026-10-31", ""]))
    assert cells[0].getcolors(1)
    assert found.crop((0, 0, *SMALLEST)).getcolors(2) is None
    assert found.crop((SMALLEST.width, 0, *found.size)).getcolors(1)


def test_too_few_labels_are_an_error() -> None:
    with pytest.raises(ValueError, match="argument 3 is shorter"):
        collage(numbers(2), rows=1, cols=2, captions=Captions(labels=["a"]))


@pytest.mark.parametrize(("rows", "cols"), [(1, 1), (1, 20), (20, 1)])
def test_the_widest_margins_gutters_and_corners_fit_any_grid(rows: int, cols: int) -> None:
    options = {"margin": 400, "gutter": 100, "corner": 200, "title": "x" * 120, "fit": "contain"}
    found = collage(
        numbers(rows * cols), rows=rows, cols=cols, captions=Captions("x" * 120), **options
    )
    assert found.width == 800 + cols * SMALLEST.width + (cols - 1) * 100
    assert found.height == 800 + rows * SMALLEST.height + (rows - 1) * 100 + SMALLEST.height // 6
    assert found.getpixel((0, 0)) == GROUND


@pytest.mark.thorough
@pytest.mark.parametrize("options", [{}, {"gutter": 10, "margin": 20, "corner": 16}])
def test_the_largest_grid_has_all_its_cells(options: dict[str, int]) -> None:
    found = collage(numbers(400), rows=20, cols=20, **options)
    places = layout(400, rows=20, cols=20, cell_size=SMALLEST, options=ProcessingConfig(**options))
    assert [read_number(found.crop(box)) for box in places.cells] == list(range(400))


@pytest.mark.parametrize("name", ["jpg", "webp", "png"])
@pytest.mark.parametrize("limit", [10_000, 30_000])
def test_a_collage_is_never_larger_than_its_limit_and_its_thumbnail_is_a_jpeg(
    name: str, limit: int
) -> None:
    noise = Image.merge("RGB", [Image.effect_noise(SMALLEST, 120)] * 3)
    config = ProcessingConfig(rows=2, cols=3, format=name, max_bytes=limit)  # type: ignore[arg-type]
    made = compose([noise] * 6, config, cell_size=SMALLEST)
    assert len(made.picture) <= limit
    assert Image.open(BytesIO(made.picture)).format == {"jpg": "JPEG"}.get(name, name.upper())
    assert Image.open(BytesIO(made.thumbnail)).format == "JPEG"


def test_the_background_is_the_colour_that_was_asked_for() -> None:
    found = collage([plain(RED, *SMALLEST)], rows=1, cols=2, background="#0a64ff")
    assert found.getpixel((SMALLEST.width + 1, 1)) == ImageColor.getrgb("#0a64ff")
