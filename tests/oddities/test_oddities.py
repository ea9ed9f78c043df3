"""The product beside the recorded browser; `python -m tests.oddities` prints what differs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from collage_core.pictures.imaging import decode_cell
from tests.oddities.agreement import MOST_DIFFERENT, compare, compare_all, share, table
from tests.oddities.corpus import pictures, read_recording
from tests.oddities.look import difference, look_of

pytestmark = pytest.mark.xdist_group("oddities")  # so that one process draws them

PAGE = Path(__file__).parents[2] / "docs" / "pictures.md"
LEAST_SAME_VERDICTS, LEAST_SAME_LOOKS = 0.98, 0.95

_WITHOUT_END = "Chromium leaves the last rows of blocks out; djpeg and the product show them"
_LIMITED = "Chromium takes it for limited range, though the file says full range"
_WEBP_EXIF = "Chromium ignores EXIF in WebP; the product turns all formats alike"

KNOWN = {
    "JPEG: no end marker": _WITHOUT_END,
    "JPEG: last byte missing": _WITHOUT_END,
    "JPEG: large, no end marker": _WITHOUT_END,
    "JPEG: grey, last byte missing": _WITHOUT_END,
    "WebP: EXIF orientation 6": _WEBP_EXIF,
    "WebP: EXIF orientation 6 behind its name": _WEBP_EXIF,
    "WebP: EXIF orientation 3, lossless": _WEBP_EXIF,
    "AVIF: with alpha": _LIMITED,
    "AVIF: with alpha, multiplied": _LIMITED,
    "AVIF: animated": _LIMITED,
    "AVIF: CICP Display P3, animated": _LIMITED,
}
"""Pictures on which the product differs from the browser on purpose, and why."""


def test_the_corpus_has_at_least_150_pictures_and_each_is_recorded() -> None:
    assert len(pictures()) >= 150
    assert pictures().keys() == read_recording().looks.keys()


@pytest.mark.parametrize("name", read_recording().looks)
def test_the_product_shows_what_the_browser_shows(name: str) -> None:
    assert compare(name).agrees == (name not in KNOWN), f"{compare(name)}; {KNOWN.get(name, '')}"


def test_the_agreement_is_as_good_as_promised() -> None:
    compared = compare_all()
    assert share(item.same_verdict for item in compared) >= LEAST_SAME_VERDICTS
    both = [item for item in compared if item.difference is not None]
    assert share(item.same_look for item in both) >= LEAST_SAME_LOOKS


def test_the_page_has_the_current_table() -> None:
    page = PAGE.read_text()
    assert table(compare_all()) in page
    assert read_recording().browser in page


@pytest.mark.parametrize(
    "spoil",
    [
        lambda cell: cell.transpose(Image.Transpose.ROTATE_180),
        lambda cell: ImageChops.offset(cell, 0, 20),
        lambda cell: cell.point(lambda value: value * 0.97),
    ],
    ids=["upside down", "moved by 20 pixels", "darker"],
)
def test_a_picture_that_looks_wrong_differs(
    spoil: Callable[[Image.Image], Image.Image],
) -> None:
    name = "JPEG: usual"
    cell, look = decode_cell(pictures()[name]), read_recording().looks[name]
    assert isinstance(cell, Image.Image)
    assert look is not None
    assert (
        difference(look_of(cell), look) <= MOST_DIFFERENT < difference(look_of(spoil(cell)), look)
    )
