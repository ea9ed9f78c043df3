"""GIFs, WebPs and AVIFs with one oddity each. What is expected was seen in Chromium 156."""

import re
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from collage_core.contract.reasons import Reason
from collage_core.pictures.formats.avif_frames import MAX_TILES_OF_ONE_PLACE, coded_pictures
from collage_core.pictures.formats.limits import DecoderLimitError
from collage_core.pictures.imaging import decode_cell
from tests.support.odd_avif import CODED, PROPERTIES, grid, with_property
from tests.support.pictures import (
    BLUE,
    GREEN,
    QUARTERS,
    RED,
    YELLOW,
    alike,
    corners,
    encoded,
    pixel,
    plain,
    quarters,
    shows_quarters,
)

WHITE = (255, 255, 255)
GIF = encoded(quarters(60, 80), "GIF")
PALETTE_END = 13 + (3 << (GIF[10] & 7) + 1)
FRAME = GIF.index(b",\0\0\0\0" + struct.pack("<HH", 60, 80), PALETTE_END)
AVIF = encoded(quarters(60, 80), "AVIF", speed=10)


def shows(body: bytes, colours: tuple[tuple[int, int, int], ...] = QUARTERS) -> bool:
    found = decode_cell(body)
    assert not isinstance(found, Reason), found
    return all(map(alike, corners(found), colours))


def gif(screen: tuple[int, int], place: tuple[int, int] = (0, 0), control: bytes = b"") -> bytes:
    """The quarters of 60x80 as the first frame, somewhere on a screen."""
    return (
        GIF[:6] + struct.pack("<HH", *screen) + GIF[10:FRAME] + control + b","
        + struct.pack("<HH", *place) + GIF[FRAME + 5 :]
    )  # fmt: skip


def clear(colour: tuple[int, ...]) -> bytes:
    """A control that makes a colour of the palette transparent."""
    return b"!\xf9\4\1\0\0" + bytes([GIF[13:].index(bytes(colour)) // 3]) + b"\0"


GIFS = {
    "a larger screen": (gif((180, 240)), (YELLOW, WHITE, WHITE, WHITE)),
    "a wider screen": (gif((120, 80)), (GREEN, WHITE, YELLOW, WHITE)),
    "a higher screen": (gif((60, 160)), (BLUE, YELLOW, WHITE, WHITE)),
    "a larger screen and a transparent colour": (
        gif((180, 240), control=clear(YELLOW)), (WHITE,) * 4,
    ),
    "a screen of its size and a transparent colour": (
        gif((60, 80), control=clear(YELLOW)), (RED, GREEN, BLUE, WHITE),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "colours"), GIFS.values(), ids=GIFS)
def test_nothing_is_shown_outside_of_the_first_frame(
    body: bytes, colours: tuple[tuple[int, int, int], ...]
) -> None:
    assert shows(body, colours)


def test_a_frame_in_the_middle_of_a_screen_stays_there() -> None:
    found = decode_cell(gif((120, 160), (30, 40)))
    assert not isinstance(found, Reason)
    assert all(alike(pixel(found, x, y), WHITE) for x in (0.1, 0.9) for y in (0.1, 0.9))
    near = [pixel(found, x, y) for y in (0.4, 0.6) for x in (0.4, 0.6)]
    assert all(map(alike, near, QUARTERS))


@pytest.mark.parametrize("screen", [(0, 0), (30, 40), (60, 80)])
def test_a_frame_larger_than_its_screen_is_shown_whole(screen: tuple[int, int]) -> None:
    assert shows(gif(screen))


ODD_GIFS = {
    "bytes behind its end": GIF + b"x" * 500,
    "no end": GIF[:-1],
    "no end of its data": GIF[:-2],
    "the older version": b"GIF87a" + GIF[6:],
    "a palette of its own": GIF[:10] + bytes([GIF[10] & 0x78]) + GIF[11:13]
    + GIF[PALETTE_END : FRAME + 9] + bytes([0x80 | GIF[FRAME + 9] | GIF[10] & 7])
    + GIF[13:PALETTE_END] + GIF[FRAME + 10 :],
    "a second frame that breaks off": encoded(
        quarters(60, 80), "GIF", save_all=True, append_images=[plain(RED, 60, 80)], duration=50
    )[:-10],
}  # fmt: skip


@pytest.mark.parametrize("body", ODD_GIFS.values(), ids=ODD_GIFS)
def test_a_gif_is_shown_that_has(body: bytes) -> None:
    assert shows(body)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("ending", [b"", b"\0;"])
def test_a_truncated_gif_is_refused(part: float, ending: bytes) -> None:
    body = encoded(Image.effect_noise((240, 320), 60), "GIF")
    at = body.index(b",\0\0\0\0") + 11
    while at + 1 + body[at] < int(len(body) * part):
        at += 1 + body[at]
    for cut in (body[:at], body[: int(len(body) * part)]):
        assert decode_cell(cut + ending) == Reason.TRUNCATED_IMAGE


@pytest.mark.parametrize("brand", [b"MA1B", b"miaf", b"mif1", b"heic"])
def test_an_avif_that_names_another_brand_first_is_shown(brand: bytes) -> None:
    found = decode_cell(AVIF.replace(b"ftypavif", b"ftyp" + brand))
    assert not isinstance(found, Reason), found
    assert shows_quarters(found)


def test_xmp_does_not_turn_an_avif_or_a_webp() -> None:
    for kind in ("AVIF", "WEBP"):
        assert shows(encoded(quarters(60, 80), kind, xmp=b'<x tiff:Orientation="6"/>'))


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_an_avif_is_turned_by_its_properties_and_not_by_exif(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = encoded(quarters(60, 80), "AVIF", speed=10, exif=exif)
    assert not shows(turned)
    assert shows(re.sub(rb"irot.", b"irot\0", turned, flags=re.DOTALL))


@pytest.mark.parametrize("name", [n for n in PROPERTIES if n not in ("irot", "imir")])
def test_only_an_aperture_from_the_corner_crops_an_avif(name: str) -> None:
    body = with_property(*PROPERTIES[name])
    assert shows(body, (RED,) * 4 if name == "clap at the corner" else QUARTERS)


@given(at=st.integers(0, 400), data=st.binary(min_size=1, max_size=4))
def test_a_damaged_aperture_is_read_or_refused(at: int, data: bytes) -> None:
    body = with_property(*PROPERTIES["clap at the corner"])
    assert decode_cell(body[:at] + data + body[at + len(data) :]) is not None


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("tiles", [(1, 2), (2, 2), (3, 4)])
def test_tiles_are_shown_whether_they_share_their_data_or_not(
    tiles: tuple[int, int], shared: bool
) -> None:
    body = grid(*tiles, shared=shared)
    assert (len(body) < tiles[0] * tiles[1] * len(CODED)) or not shared or tiles == (1, 2)
    assert not isinstance(decode_cell(body), Reason)
    count = tiles[0] * tiles[1]
    assert coded_pictures(body).drawn_pixels == count * 64 * 80


def test_two_by_two_tiles_in_one_place_show_the_quarters_four_times() -> None:
    found = decode_cell(grid())
    assert not isinstance(found, Reason)
    for x in (0.125, 0.625):
        for y in (0.125, 0.625):
            assert alike(pixel(found, x, y), RED)
            assert alike(pixel(found, x + 0.25, y + 0.25), YELLOW)


def test_the_number_of_tiles_in_one_place_is_limited() -> None:
    most = grid(16, MAX_TILES_OF_ONE_PLACE // 16)
    assert coded_pictures(most).pixels == 64 * 80
    with pytest.raises(DecoderLimitError, match="longer than the file"):
        coded_pictures(grid(16, MAX_TILES_OF_ONE_PLACE // 16 + 1))
