from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageColor, ImageStat

from collage_core.contract.cell_size import CELL_SIZES, DEFAULT_CELL_SIZE, CellSize
from collage_core.contract.picture_options import Fit
from collage_core.contract.reasons import Reason
from collage_core.pictures.fitting import Fitting
from collage_core.pictures.imaging import decode_cell
from tests.support.pictures import (
    QUARTERS,
    RED,
    alike,
    encoded,
    pixel,
    plain,
    quarters,
    shows_quarters,
    turned,
)

WHOLE: tuple[Fit, ...] = ("contain", "blur")
GROUND = "#123456"


def cell_with(fit: Fit, body: bytes, size: CellSize = DEFAULT_CELL_SIZE) -> Image.Image:
    found = decode_cell(body, size, fit=fit, background=GROUND)
    assert not isinstance(found, Reason), found
    return found


@pytest.mark.parametrize("fit", WHOLE)
@pytest.mark.parametrize("shape", [(1280, 720), (720, 1280), (900, 900), (60, 40), (1, 900)])
@pytest.mark.parametrize("size", CELL_SIZES.values(), ids=str)
def test_a_whole_cover_is_in_the_middle_and_touches_two_sides(
    fit: Fit, shape: tuple[int, int], size: CellSize
) -> None:
    found = cell_with(fit, encoded(plain(RED, *shape), "PNG"), size)
    assert (found.size, found.mode) == (size, "RGB")
    scale = min(size.width / shape[0], size.height / shape[1])
    width, height = (max(round(side * scale), 1) for side in shape)
    left, top = (size.width - width) // 2, (size.height - height) // 2
    box = (left, top, left + width, top + height)
    assert found.crop(box).getcolors(1) == [(width * height, RED)]
    if fit == "contain":
        red = Image.new("RGB", size, GROUND)
        red.paste(RED, box)
        assert found.tobytes() == red.tobytes()


@pytest.mark.parametrize("fit", WHOLE)
def test_a_cover_in_the_shape_of_the_cell_fills_it_whatever_the_fit(fit: Fit) -> None:
    body = encoded(quarters(720, 960), quality=90)
    filled = decode_cell(body)
    assert isinstance(filled, Image.Image)
    assert cell_with(fit, body).tobytes() == filled.tobytes()


def test_nothing_of_a_wide_cover_is_lost_that_a_crop_would_cut_off() -> None:
    body = encoded(quarters(1600, 400), quality=90)
    shown = cell_with("contain", body).crop((0, 163, 300, 237))
    assert shows_quarters(shown)
    assert alike(pixel(shown, 0.02, 0.1), QUARTERS[0])
    assert alike(pixel(shown, 0.98, 0.9), QUARTERS[3])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_whole_cover_stands_upright(orientation: int) -> None:
    wide = cell_with("contain", turned(orientation), CellSize(300, 400))
    assert shows_quarters(wide)


def test_a_blurred_ground_has_the_colours_of_its_cover_darker_and_without_edges() -> None:
    found = cell_with("blur", encoded(quarters(1280, 720), quality=90))
    above = found.crop((0, 0, 300, 110))
    assert alike(pixel(above, 0.05, 0.1), tuple(round(part * 0.7) for part in RED), within=14)
    row = [pixel(above, x / 299, 0.5) for x in range(300)]
    steps = [max(abs(a - b) for a, b in zip(*pair, strict=True)) for pair in pairwise(row)]
    assert max(steps) <= 6  # red turns into green over many pixels
    assert ImageStat.Stat(above).stddev[0] > 20  # though it is not of one colour


@pytest.mark.parametrize("fit", WHOLE)
def test_what_is_transparent_is_white_and_not_the_background(fit: Fit) -> None:
    found = cell_with(fit, encoded(Image.new("RGBA", (640, 320), (0, 0, 0, 0)), "PNG"))
    assert alike(pixel(found, 0.5, 0.5), (255, 255, 255), within=0)


@given(width=st.integers(1, 500), height=st.integers(1, 500), turn=st.sampled_from([1, 6]))
@settings(max_examples=60)
def test_a_whole_cover_keeps_its_shape_and_its_cell_is_full(
    width: int, height: int, turn: int
) -> None:
    fitting = Fitting(CellSize(36, 48), "contain", background=GROUND)
    shown = fitting.scaled(Image.new("RGB", (width, height), RED), turn)
    frame = fitting.size_for(turn)
    assert shown.size[0] <= frame[0]
    assert shown.size[1] <= frame[1]
    assert shown.size[0] == frame[0] or shown.size[1] == frame[1]
    scale = min(frame[0] / width, frame[1] / height)
    assert abs(shown.width - width * scale) <= 1
    assert abs(shown.height - height * scale) <= 1
    upright = shown.transpose(Image.Transpose.ROTATE_270) if turn == 6 else shown
    cell = fitting.on_ground(upright)
    assert cell.size == fitting.size
    counts = {colour: count for count, colour in cell.getcolors(3) or []}
    assert counts.pop(RED) == upright.width * upright.height
    assert set(counts) <= {ImageColor.getrgb(GROUND)}


@pytest.mark.parametrize("fit", ["fill", *WHOLE])
def test_whether_a_file_is_whole_does_not_depend_on_how_it_is_fitted(fit: Fit) -> None:
    body = encoded(quarters(1280, 720), quality=90)
    # All the data of a JPEG of one colour may be zeros, which looks like a hole.
    assert isinstance(decode_cell(encoded(plain((128, 128, 128), 1280, 720)), fit=fit), Image.Image)
    assert decode_cell(body[: len(body) // 2], fit=fit) == Reason.TRUNCATED_IMAGE
