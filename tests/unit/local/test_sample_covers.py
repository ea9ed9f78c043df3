"""A sample cover says which one it is, also as a cell of a collage."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from collage_core.contract.gravity import Gravity
from collage_core.pictures.imaging import decode_cell
from local.sample.creators import BY_NAME, CREATORS
from local.sample.images import draw_cover
from local.sample.mark import CELL, Mark, draw_mark, read_mark
from local.sample.poster import draw_poster
from local.sample.urls import Trouble, cover_path, read_path, signed

MARKS = st.builds(
    Mark,
    creator=st.integers(0, len(CREATORS) - 1),
    number=st.integers(1, 120),
)


def as_cell(cover: bytes, *, quality: int) -> Image.Image:
    """The cover as it stands in a collage: upright, cropped, scaled and compressed."""
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(cover))).convert("RGB")
    buffer = io.BytesIO()
    ImageOps.fit(upright, CELL).save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)


@pytest.mark.thorough
@given(MARKS, st.integers(30, 95))
@settings(max_examples=40)
def test_every_cover_can_be_told_from_its_cell(mark: Mark, quality: int) -> None:
    assert read_mark(as_cell(draw_cover(mark), quality=quality)) == mark


@given(
    st.builds(Mark, creator=st.integers(0, 255), number=st.integers(0, 255)),
    st.integers(300, 2000),
    st.integers(400, 2000),
)
def test_a_mark_survives_the_crop_from_any_shape(mark: Mark, width: int, height: int) -> None:
    cover = Image.new("RGB", (width, height), "grey")
    draw_mark(cover, mark)
    assert read_mark(ImageOps.fit(cover, CELL)) == mark


@pytest.mark.parametrize("gravity", Gravity)
@pytest.mark.parametrize("number", range(1, 9))
def test_a_mark_survives_the_crop_of_each_gravity(gravity: Gravity, number: int) -> None:
    mark = Mark(BY_NAME["mira.cooks"], number)
    cell = decode_cell(draw_cover(mark), gravity=gravity)
    assert isinstance(cell, Image.Image)
    assert read_mark(cell) == mark


@pytest.mark.parametrize("share", [0, 0.25, 1])
def test_a_mark_survives_whatever_part_of_a_tall_cover_is_cut(share: float) -> None:
    mark = Mark(BY_NAME["mira.cooks"], 3)
    cover = draw_poster(mark, (720, 1280))
    assert read_mark(ImageOps.fit(cover, CELL, centering=(0.5, share))) == mark


@pytest.mark.parametrize("colour", ["black", "white", "grey"])
def test_an_empty_cell_has_no_mark(colour: str) -> None:
    read = read_mark(Image.new("RGB", CELL, colour))
    assert read is None or read.number == 0  # no cover has that number


def test_drawing_is_deterministic() -> None:
    assert draw_cover(Mark(3, 14)) == draw_cover(Mark(3, 14))


@given(MARKS, st.none() | st.sampled_from(Trouble))
def test_a_path_says_which_cover_it_is_and_what_is_wrong_with_it(
    mark: Mark, trouble: Trouble | None
) -> None:
    target = read_path(cover_path(mark, trouble))
    assert target is not None
    assert (target.mark, target.trouble) == (mark, trouble)


@pytest.mark.parametrize(
    "path", ["/", "/covers/1/2.jpg", "/trouble/unheard-of/001/002.jpg", "/covers/001/002.jpg/x"]
)
def test_any_other_path_is_no_cover(path: str) -> None:
    assert read_path(path) is None


def test_a_new_signature_changes_the_query_alone() -> None:
    path = cover_path(Mark(1, 2))
    first, second = signed(path), signed(path, version=2)
    assert first != second
    assert first.partition("?")[0] == second.partition("?")[0] == path
