"""JPEGs with one oddity each. What is expected was seen in Chromium 156, but for cut ones."""

import random
import re
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from collage_core.contract.cell_size import CELL_SIZES
from collage_core.contract.reasons import Reason
from collage_core.pictures.imaging import decode_cell
from collage_core.pictures.inspection import inspect
from collage_core.pictures.orientation import orientation
from tests.support.decoder_bombs import overlapping_directory, segment
from tests.support.odd_jpeg import BARE, PROGRESSIVE, RGB, app, start_of_scan, with_segments
from tests.support.odd_png import EXIF_OF_6, SRGB
from tests.support.pictures import (
    BLUE,
    GREEN,
    QUARTERS,
    RED,
    YELLOW,
    alike,
    corners,
    encoded,
    photograph,
    plain,
    quarters,
    shows_quarters,
)

TURNED = (BLUE, RED, YELLOW, GREEN)
JFIF = b"JFIF\0\1\1\1\0\1\0\1\0\0"
ADOBE = b"Adobe\0\x64\0\0\0\0\1"
INDEX = b"MPF\0MM\0*" + bytes(20)
ICC = b"ICC_PROFILE\0\1\1" + SRGB
XMP = b'http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation="6"/>'


def shows(body: bytes, colours: tuple[tuple[int, int, int], ...] = QUARTERS) -> bool:
    found = decode_cell(body)
    assert not isinstance(found, Reason), found
    return all(map(alike, corners(found), colours))


def tiff(entry: bytes, *, order: bytes = b"II*\0\x08\0\0\0") -> bytes:
    return b"Exif\0\0" + order + b"\1\0" + entry + bytes(4)


SHOWN: dict[str, bytes] = {
    **{f"JFIF of {size} bytes": BARE[:2] + app(0, JFIF[:size]) + BARE[2:] for size in range(14)},
    **{f"Adobe's mark of {size} bytes": with_segments(app(14, ADOBE[:size])) for size in range(12)},
    **{f"a profile's part of {size} bytes": with_segments(app(2, ICC[:size]))
       for size in range(30)},
    **{f"EXIF of {size} bytes": with_segments(app(1, (b"Exif\0\0" + EXIF_OF_6)[:size]))
       for size in range(16)},
    **{f"an index of pictures of {size} bytes": with_segments(app(2, INDEX[:size]))
       for size in range(16)},
    **{f"an empty APP{number}": with_segments(app(number, b"")) for number in range(16)},
    **{f"garbage in APP{number}": with_segments(app(number, b"garbage")) for number in range(16)},
    "a profile with a short part before it": with_segments(app(2, ICC[:12]), app(2, ICC)),
    "a profile twice": with_segments(app(2, ICC) * 2),
    "a profile of which two parts are missing": with_segments(app(2, ICC[:13] + b"\3" + SRGB)),
    "a resource of Photoshop's that breaks off": with_segments(
        app(13, b"Photoshop 3.0\x008BIM\3\xed")
    ),
    "EXIF after which garbage is said to be more": with_segments(
        app(1, b"Exif\0\0garbage"), app(1, b"Exif\0\0" + EXIF_OF_6)
    ),
    "XMP with an orientation": with_segments(app(1, XMP)),
    "XMP with an orientation, and empty EXIF": with_segments(
        app(1, XMP), app(1, b"Exif\0\0MM\0*\0\0\0\x08" + bytes(6))
    ),
    "a thumbnail": with_segments(app(0, b"JFXX\0\x10" + encoded(plain(RED, 20, 20))), jpeg=BARE),
    "a thumbnail of another size than it says": with_segments(
        app(0, JFIF[:12] + b"\x10\x10"), jpeg=BARE
    ),
    "a temporary marker": with_segments(b"\xff\x01"),
    "fill bytes": with_segments(b"\xff" * 30),
    "an empty comment": with_segments(segment(0xFE, b"")),
    "no JFIF": BARE,
    "no end": RGB[:-2],
    "no last byte": RGB[:-1],
    "zeros for an end": RGB[:-2] + bytes(64),
    "garbage for an end": RGB[:-2] + b"garbage" * 50,
    "two ends": RGB + b"\xff\xd9",
    "a video behind its end": RGB + b"\0\0\0\x18ftypmp42" + random.Random(2).randbytes(100_000),  # noqa: S311
    "a restart before its end": RGB[:-2] + b"\xff\xd0\xff\xd9",
    "a number of lines behind its data": RGB[:-2] + b"\xff\xdc\0\4\0\x80\xff\xd9",
    "scans but no end": PROGRESSIVE[:-2],
    "scans but no last byte": PROGRESSIVE[:-1],
    "no end and a broken segment": BARE[:2] + app(0, b"JFIF\0") + BARE[2:-2],
}  # fmt: skip


@pytest.mark.parametrize("body", SHOWN.values(), ids=SHOWN)
def test_a_complete_odd_picture_is_shown_like_a_usual_one(body: bytes) -> None:
    assert shows(body)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_missing_last_byte_does_not_cost_the_picture(mode: str, progressive: bool) -> None:
    for number in range(6):
        image = photograph(number, 200 + number, 150 + number).convert(mode)
        body = encoded(image, progressive=progressive)
        whole, cut = decode_cell(body), decode_cell(body[:-1])
        assert not isinstance(whole, Reason)
        assert not isinstance(cut, Reason), number
        assert whole.tobytes() == cut.tobytes()


NOISE = {
    "RGB": encoded(Image.effect_noise((240, 320), 60).convert("RGB"), quality=80),
    "grey": encoded(Image.effect_noise((240, 320), 60), quality=80),
    "inks": encoded(Image.effect_noise((240, 320), 60).convert("RGB").convert("CMYK")),
    "restarts": encoded(Image.effect_noise((240, 320), 60), restart_marker_rows=2),
    "large": encoded(Image.effect_noise((1300, 1700), 60).convert("RGB"), quality=30),
    "progressive": encoded(Image.effect_noise((240, 320), 60).convert("RGB"), progressive=True),
}
ENDINGS = {
    "": b"", "an end": b"\xff\xd9", "another marker": b"\xff\xe3\0\4ab\xff\xd9",
    "zeros": bytes(5000), "ones": b"\xff" * 5000, "ones and an end": b"\xff" * 5000 + b"\xff\xd9",
    "zeros and an end": bytes(9000) + b"\xff\xd9", "both": b"\xff" * 500 + bytes(500),
}  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("part", [0.02, 0.3, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("kind", [kind for kind in NOISE if kind != "progressive"])
def test_a_truncated_picture_is_refused_with_any_data_after_it(
    kind: str, part: float, ending: str
) -> None:
    body = NOISE[kind]
    start = start_of_scan(body)
    cut = body[: start + int((len(body) - start) * part)].rstrip(b"\xff")
    assert decode_cell(cut + ENDINGS[ending]) == Reason.TRUNCATED_IMAGE


FILLER = {"zeros": bytes(700), "ones": b"\xff" * 700, "both": b"\xff" * 50 + bytes(700)}


@pytest.mark.parametrize("filler", FILLER.values(), ids=FILLER)
@pytest.mark.parametrize("end", [b"", b"\xff\xd9"], ids=["no end", "an end"])
def test_filler_after_a_complete_picture_does_not_cost_it(filler: bytes, end: bytes) -> None:
    flat = Image.new("RGB", (240, 320), RED)
    bodies = [*NOISE.values(), encoded(flat), encoded(flat, optimize=True, quality=100)]
    for body in bodies:
        whole, filled = decode_cell(body), decode_cell(body[:-2] + filler + end)
        assert not isinstance(whole, Reason)
        assert not isinstance(filled, Reason)
        assert filled.tobytes() == whole.tobytes()


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("size", [(360, 480), (333, 471)], ids=str)
def test_a_hole_of_zeros_in_the_middle_is_found(mode: str, size: tuple[int, int]) -> None:
    """Of the second size the last rows, where the data run out, lie beside the cell."""
    body = encoded(photograph(6, *size).convert(mode), quality=85)
    middle = (start_of_scan(body) + len(body)) // 2
    for length in (600, 4096):
        holed = body[:middle] + bytes(length) + body[middle + length :]
        assert decode_cell(holed) == Reason.TRUNCATED_IMAGE


RESTARTS = re.compile(rb"\xff[\xd0-\xd7]")


@pytest.mark.parametrize("sampling", ["L", "4:4:4", "4:2:2", "4:2:0", "4:1:1"])
@pytest.mark.parametrize("size", [(1, 1), (9, 7), (17, 33), (100, 81)])
@pytest.mark.parametrize("interval", [1, 3])
def test_a_missing_restart_marker_makes_a_picture_incomplete(
    sampling: str, size: tuple[int, int], interval: int
) -> None:
    image = photograph(1, 300, 400).resize(size)
    options = {"subsampling": sampling} if sampling != "L" else {}
    body = encoded(image.convert("RGB" if options else "L"), **options,
                   restart_marker_blocks=interval)  # fmt: skip
    assert not isinstance(decode_cell(body), Reason)
    places = [found.start() for found in RESTARTS.finditer(body, start_of_scan(body))]
    for at in {*places[:2], *places[-2:]}:
        assert decode_cell(body[:at] + body[at + 2 :]) == Reason.TRUNCATED_IMAGE
        other = bytes([0xFF, body[at + 1] ^ 4])
        assert decode_cell(body[:at] + other + body[at + 2 :]) == Reason.TRUNCATED_IMAGE


@pytest.mark.parametrize("size", CELL_SIZES.values(), ids=str)
def test_a_truncated_picture_is_refused_at_every_reduction(size: object) -> None:
    for body in NOISE.values():
        cut = body[: len(body) // 2].rstrip(b"\xff") + b"\xff\xd9"
        assert decode_cell(cut, size) == Reason.TRUNCATED_IMAGE  # type: ignore[arg-type]


pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


@pytest.mark.parametrize("scans", range(1, 10))
@pytest.mark.parametrize("end", [b"", b"\xff\xd9"])
def test_a_progressive_picture_that_lacks_scans_is_refused(scans: int, end: bytes) -> None:
    """A browser shows it blurred, like a picture that is still being received."""
    at = 0
    for _ in range(scans):
        at = PROGRESSIVE.index(b"\xff\xda", at + 1)
    cut = PROGRESSIVE.index(b"\xff\xda", at + 1) if scans < 10 else len(PROGRESSIVE) - 2
    tables = PROGRESSIVE.rfind(b"\xff\xc4", at, cut)
    assert decode_cell(PROGRESSIVE[: tables if tables > 0 else cut] + end) == Reason.TRUNCATED_IMAGE


def apart(body: bytes) -> bytes:
    """As if the first scan held one component alone, which no decoder would get far with."""
    at = body.index(b"\xff\xda")
    return body[: at + 2] + b"\0\x08\1\1\0\0\x3f\0" + body[start_of_scan(body) :]


def test_a_picture_that_lacks_its_colours_is_refused() -> None:
    assert decode_cell(apart(RGB)) == Reason.TRUNCATED_IMAGE


def test_a_picture_that_is_grey_to_its_last_pixel_is_whole() -> None:
    for grey in ((127,) * 3, (128,) * 3):
        assert not isinstance(decode_cell(encoded(plain(grey))), Reason)
    assert shows(encoded(quarters(), quality=90))
    corner = quarters()
    corner.paste((128, 128, 128), (600, 800, 720, 960))
    assert not isinstance(decode_cell(encoded(corner)), Reason)


def test_rgb_is_recognised_by_adobes_mark_or_by_component_names() -> None:
    plain_rgb = encoded(quarters(96, 128), keep_rgb=True, quality=95)
    assert shows(plain_rgb)


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_any_subsampling_is_shown(subsampling: str) -> None:
    assert shows(encoded(quarters(96, 128), subsampling=subsampling, quality=95))


def test_twelve_bits_are_refused() -> None:
    at = RGB.index(b"\xff\xc0")
    assert decode_cell(RGB[: at + 4] + b"\x0c" + RGB[at + 5 :]) == Reason.TRUNCATED_IMAGE


EXIF: dict[str, tuple[bytes, int]] = {
    "the last in big-endian": (b"Exif\0\0" + EXIF_OF_6, 6),
    "a number of 16 bits": (tiff(b"\x12\1\3\0\1\0\0\0\6\0\0\0"), 6),
    "without the mark": (tiff(b"\x12\1\3\0\1\0\0\0\6\0\0\0")[6:], 6),
    "a number of 32 bits": (tiff(b"\x12\1\4\0\1\0\0\0\6\0\0\0"), 1),
    "two numbers": (tiff(b"\x12\1\3\0\2\0\0\0\6\0\1\0"), 1),
    "no orientation there is": (tiff(b"\x12\1\3\0\1\0\0\0\x09\0\0\0"), 1),
    "zero": (tiff(b"\x12\1\3\0\1\0\0\0\0\0\0\0"), 1),
    "another value is broken": (
        b"Exif\0\0II*\0\x08\0\0\0\2\0\x0f\1\2\0\x99\0\0\0\x99\x99\0\0"
        b"\x12\1\3\0\1\0\0\0\6\0\0\0" + bytes(4), 6,
    ),
    "more values than there are": (
        b"Exif\0\0II*\0\x08\0\0\0\x09\0\x12\1\3\0\1\0\0\0\6\0\0\0", 6,
    ),
    "BigTIFF": (tiff(b"\x12\1\3\0\1\0\0\0\6\0\0\0", order=b"II+\0\x08\0\0\0"), 1),
    "a directory outside": (b"Exif\0\0II*\0\xff\xff\xff\xff", 1),
    "values that overlap": (b"Exif\0\0" + overlapping_directory(), 1),
    "nothing": (b"", 1),
}  # fmt: skip


@pytest.mark.parametrize(("exif", "wanted"), EXIF.values(), ids=EXIF)
def test_orientation_is_read_as_browsers_read_it(exif: bytes, wanted: int) -> None:
    assert orientation(exif) == wanted


def test_the_first_of_several_orientations_counts() -> None:
    six, one = (app(1, tiff(b"\x12\1\3\0\1\0\0\0" + bytes([n]) + bytes(3))) for n in (6, 1))
    assert shows(with_segments(six, one), TURNED)
    assert shows(with_segments(one, six))
    assert shows(with_segments(six, app(1, XMP)), TURNED)


@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda data: EXIF_OF_6[:8] + data))
def test_any_exif_has_an_orientation(exif: bytes) -> None:
    assert orientation(exif) in range(1, 9)


def test_a_usual_file_is_neither_changed_nor_copied() -> None:
    for body in (RGB, PROGRESSIVE, NOISE["large"]):
        assert inspect(body).body is None
        assert not inspect(body).is_doubtful


@pytest.mark.parametrize(
    "size", [(1081, 1441), (2401, 3201), (2405, 3207), (607, 801), (1215, 1605)]
)
def test_padding_of_an_encoder_leaves_no_line_at_the_edge(
    size: tuple[int, int],
) -> None:
    """Its last blocks reach beyond it; some encoders fill them with black."""
    width, height = size
    filled = Image.new("RGB", (-(-width // 8) * 8, -(-height // 8) * 8))
    filled.paste(YELLOW, (0, 0, width, height))
    body = bytearray(encoded(filled, quality=95, subsampling="4:4:4"))
    struct.pack_into(">HH", body, body.index(b"\xff\xc0") + 5, height, width)
    for cell_size in CELL_SIZES.values():
        found = decode_cell(bytes(body), cell_size)
        assert not isinstance(found, Reason)
        edges = [(cell_size.width - 1, y) for y in range(0, cell_size.height, 40)]
        edges += [(x, cell_size.height - 1) for x in range(0, cell_size.width, 40)]
        assert all(alike(found.getpixel(edge), YELLOW, within=5) for edge in edges)  # type: ignore[arg-type]


def test_a_picture_with_partial_blocks_is_shown_whole() -> None:
    found = decode_cell(encoded(quarters(2405, 3207), quality=90))
    assert not isinstance(found, Reason)
    assert shows_quarters(found)
