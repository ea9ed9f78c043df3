import pytest

from collage_core.contract.canvas_size import canvas_size, check_canvas
from collage_core.contract.cell_size import (
    CELL_SIZES,
    DEFAULT_CELL_SIZE,
    MAX_CANVAS_PIXELS,
    CellSize,
)
from collage_core.contract.config import ProcessingConfig
from collage_core.errors import MessageError

LARGEST = {"rows": 20, "cols": 20}
MOST_PIXELS_OF_A_SIDE_IN_WEBP = 16_383


def test_the_largest_grid_fits_and_the_gutter_that_makes_it_larger_is_refused() -> None:
    check_canvas(DEFAULT_CELL_SIZE, ProcessingConfig(**LARGEST))
    assert canvas_size(20, 20, DEFAULT_CELL_SIZE, ProcessingConfig()) == (6000, 8000)
    complaint = (
        "rows x cols is 20x20: with the gutter, the margin and the title the canvas has 6019x8019 "
        f"pixels, and at most {MAX_CANVAS_PIXELS:,} fit into a worker's memory; ask for fewer "
        "cells, or for a smaller gutter and margin"
    )
    with pytest.raises(MessageError) as refused:
        check_canvas(DEFAULT_CELL_SIZE, ProcessingConfig(**LARGEST, gutter=1))
    assert str(refused.value) == complaint


@pytest.mark.parametrize("option", [{"gutter": 1}, {"margin": 1}, {"title": "x"}])
def test_what_enlarges_the_canvas_counts(option: dict[str, object]) -> None:
    with pytest.raises(MessageError, match="ask for fewer cells"):
        check_canvas(DEFAULT_CELL_SIZE, ProcessingConfig(**LARGEST, **option))


def test_a_grid_whose_cells_are_too_many_is_told_how_many_fit() -> None:
    with pytest.raises(MessageError, match=r"20x20, 400 cells: of 360x480 .* most 277 fit"):
        check_canvas(CELL_SIZES["360x480"], ProcessingConfig(**LARGEST))


@pytest.mark.parametrize("size", CELL_SIZES.values(), ids=str)
def test_no_configuration_has_a_side_that_webp_cannot_hold(size: CellSize) -> None:
    most = ProcessingConfig(**LARGEST, gutter=100, margin=400, title="x")
    assert max(canvas_size(20, 20, size, most)) <= MOST_PIXELS_OF_A_SIDE_IN_WEBP


def test_a_webp_may_have_half_the_pixels() -> None:
    half = {"rows": 10, "cols": 20, "format": "webp"}
    check_canvas(DEFAULT_CELL_SIZE, ProcessingConfig(**half))
    complaint = (
        "format is webp, and the canvas has 6000x4066 pixels: at most 24,000,000 of a WebP fit "
        "into a worker's memory; ask for jpg or png, or for fewer cells"
    )
    with pytest.raises(MessageError) as refused:
        check_canvas(DEFAULT_CELL_SIZE, ProcessingConfig(**half, title="x"))
    assert str(refused.value) == complaint
    check_canvas(DEFAULT_CELL_SIZE, ProcessingConfig(**{**half, "format": "png"}, title="x"))
