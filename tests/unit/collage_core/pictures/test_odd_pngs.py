"""PNGs with one oddity each. What is expected was seen in Chromium 156."""

import random
import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from collage_core.contract.reasons import Reason
from collage_core.pictures.formats.png_chunks import still_png
from collage_core.pictures.imaging import decode_cell
from collage_core.pictures.integrity.png_data import is_whole, with_right_checksum
from tests.support.decoder_bombs import chunk
from tests.support.odd_png import (
    EXIF_OF_6,
    HEIGHT,
    PALETTE,
    RGB,
    SIGNATURE,
    SRGB,
    WIDTH,
    before,
    idat,
    indexed,
    of,
    palette_rows,
    rewritten,
    split,
    with_chunks,
    wrong,
)
from tests.support.pictures import (
    BLUE,
    GREEN,
    QUARTERS,
    RED,
    YELLOW,
    alike,
    corners,
    encoded,
    plain,
    quarters,
)

WHITE = (255, 255, 255)
type Colours = tuple[tuple[int, int, int], ...]

BESIDE: dict[bytes, bytes] = {
    b"iTXt": b"Comment\0\0\0\0\0hello",
    b"tEXt": b"Comment\0hello",
    b"zTXt": b"Comment\0\0" + zlib.compress(b"hello"),
    b"iCCP": b"ICC\0\0" + zlib.compress(SRGB),
    b"eXIf": EXIF_OF_6,
    b"pHYs": b"\0\0\x0b\x13\0\0\x0b\x13\1",
    b"gAMA": struct.pack(">I", 45455),
    b"cHRM": struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000),
    b"sRGB": b"\0",
    b"tIME": b"\x07\xe6\1\1\1\1\1",
    b"bKGD": b"\0\1\0\1\0\1",
    b"sBIT": b"\x08\x08\x08",
    b"hIST": b"\0\1",
    b"sPLT": b"x\0\x08",
    b"tRNS": b"\0\1\0\1\0\1",
    b"acTL": struct.pack(">II", 1, 0),
    b"cICP": bytes([1, 13, 0, 1]),
    b"caBX": b"x" * 100,
    b"prVt": b"abc",
}
"""Chunks that lie beside a picture, each as it should be."""

BROKEN: dict[str, Callable[[bytes, bytes], bytes]] = {
    "with a wrong checksum": wrong,
    "that is empty": lambda kind, _: chunk(kind),
    "of one byte": lambda kind, content: chunk(kind, content[:1]),
    "that is too short": lambda kind, content: chunk(kind, content[:-1]),
    "that is too long": lambda kind, content: chunk(kind, content + bytes(3)),
}


def shows(body: bytes, colours: Colours = QUARTERS) -> bool:
    found = decode_cell(body)
    assert not isinstance(found, Reason), found
    return all(map(alike, corners(found), colours))


@pytest.mark.parametrize("kind", BESIDE)
@pytest.mark.parametrize("oddity", BROKEN)
def test_a_broken_extra_chunk_does_not_cost_the_picture(kind: bytes, oddity: str) -> None:
    odd = BROKEN[oddity](kind, BESIDE[kind])
    is_turned = kind == b"eXIf" and oddity in ("that is too short", "that is too long")
    colours = (BLUE, RED, YELLOW, GREEN) if is_turned else QUARTERS
    assert shows(with_chunks(odd), colours)
    assert shows(before(b"IEND", odd))


SHOWN: dict[str, bytes] = {
    "a profile of garbage": with_chunks(chunk(b"iCCP", b"ICC\0\0garbage")),
    "a profile packed in an unknown way": with_chunks(chunk(b"iCCP", b"ICC\0\x09abc")),
    "a profile without a name's end": with_chunks(chunk(b"iCCP", b"ICC")),
    "a profile of 2 MB": with_chunks(chunk(b"iCCP", b"I\0\0" + zlib.compress(bytes(2_000_000)))),
    "a text of garbage": with_chunks(chunk(b"zTXt", b"Comment\0\0garbage")),
    "a text packed in an unknown way": with_chunks(chunk(b"zTXt", b"Comment\0\7abc")),
    "a text of 2 MB": with_chunks(chunk(b"zTXt", b"C\0\0" + zlib.compress(bytes(2_000_000)))),
    "an international text of 2 MB": with_chunks(
        chunk(b"iTXt", b"C\0\1\0\0\0" + zlib.compress(bytes(2_000_000)))
    ),
    "a chunk without a proper name": with_chunks(chunk(b"ab\0c", b"abc")),
    "a chunk without a name behind the picture": before(b"IEND", chunk(bytes(4), b"abc")),
    "an unknown critical chunk behind the picture": before(b"IEND", chunk(b"CRIT", b"abc")),
    "a text behind the picture that breaks off": RGB[:-12] + chunk(b"tEXt", bytes(5000))[:99],
    "bytes behind the end": RGB + b"x" * 5000,
    "an end with a wrong checksum": RGB[:-4] + b"abcd",
    "no end": RGB[:-12],
    "half an end": RGB[:-8],
    "no end and no checksum": RGB[:-16],
    "garbage for an end": RGB[:-12] + b"\xa5garbage that is none" * 5,
    "a picture with a wrong checksum of its chunk": RGB.replace(
        chunk(b"IDAT", idat()), wrong(b"IDAT", idat())
    ),
    "a picture in tiny parts": split(),
    "a picture in parts, some of them empty": before(b"IDAT", chunk(b"IDAT") * 3),
    "more data than the picture": before(b"IEND", chunk(b"IDAT", b"more data")),
    "a wrong Adler-32": rewritten(lambda data: data[:-4] + b"abcd"),
    "a wrong Adler-32 in parts": split(rewritten(lambda data: data[:-4] + bytes(4)), 50),
    "no Adler-32": rewritten(lambda data: data[:-4]),
    "more rows than it has": rewritten(
        lambda data: zlib.compress(zlib.decompress(data) + bytes(181 * 20))
    ),
    "a palette in a picture of true colours": with_chunks(chunk(b"PLTE", PALETTE)),
    "transparency of 300 colours": indexed(chunk(b"tRNS", bytes(300))),
    "transparency before its palette": of(
        8, 3, palette_rows(), chunk(b"tRNS", b"\xff\0"), chunk(b"PLTE", PALETTE)
    ),
    "transparency behind the picture": before(b"IEND", chunk(b"tRNS", b"\xff\0"), indexed()),
    "EXIF behind the picture": before(b"IEND", chunk(b"eXIf", EXIF_OF_6)),
    "EXIF with the mark that it has in a JPEG": with_chunks(
        chunk(b"eXIf", b"Exif\0\0" + EXIF_OF_6)
    ),
    "XMP with an orientation": with_chunks(
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b'<x tiff:Orientation="6"/>')
    ),
}


@pytest.mark.parametrize("body", SHOWN.values(), ids=SHOWN)
def test_a_complete_odd_picture_is_shown_like_a_usual_one(body: bytes) -> None:
    assert shows(body)


def fctl(sequence: int, width: int = WIDTH, height: int = HEIGHT, *place: int) -> bytes:
    return chunk(
        b"fcTL", struct.pack(">IIIIIHHBB", sequence, width, height, *(place or (0, 0)), 1, 1, 0, 0)
    )


def fdat(sequence: int, image: Image.Image) -> bytes:
    return chunk(b"fdAT", struct.pack(">I", sequence) + idat(encoded(image, "PNG")))


def animated(*chunks: bytes, frames: int = 2) -> bytes:
    return RGB[:33] + chunk(b"acTL", struct.pack(">II", frames, 0)) + b"".join(chunks) + RGB[-12:]


PICTURE = RGB[33:-12]
ALL_RED = plain(RED, WIDTH, HEIGHT)
CENTRE_RED = fctl(0, 20, 20, 20, 30) + fdat(1, plain(RED, 20, 20))

ANIMATED: dict[str, tuple[bytes, Colours]] = {
    "the picture is the first frame": (
        animated(fctl(0), PICTURE, fctl(1), fdat(2, ALL_RED)), QUARTERS,
    ),
    "the picture is no frame": (animated(PICTURE, fctl(0), fdat(1, ALL_RED)), (RED,) * 4),
    "the picture is no frame, and there are more": (
        animated(PICTURE, fctl(0), fdat(1, ALL_RED), fctl(2), fdat(3, plain(BLUE, WIDTH, HEIGHT))),
        (RED,) * 4,
    ),
    "the first frame lies in the middle": (
        animated(PICTURE, CENTRE_RED), (WHITE,) * 4,
    ),
    "the first frame lies in the corner": (
        animated(PICTURE, fctl(0, 30, 40) + fdat(1, plain(RED, 30, 40))), (RED, *(WHITE,) * 3),
    ),
    "a later frame is damaged": (
        animated(fctl(0), PICTURE, fctl(1), chunk(b"fdAT", b"\0\0\0\2garbage")), QUARTERS,
    ),
    "a later frame is out of order": (
        animated(fctl(0), PICTURE, fctl(9), fdat(2, ALL_RED)), QUARTERS,
    ),
    "it says so behind the picture": (
        RGB[:-12] + chunk(b"acTL", bytes(8)) + fctl(0) + fdat(1, ALL_RED) + RGB[-12:], QUARTERS,
    ),
    "it has no frame": (animated(PICTURE), QUARTERS),
}  # fmt: skip


@pytest.mark.parametrize(("body", "colours"), ANIMATED.values(), ids=ANIMATED)
def test_the_first_frame_of_an_animation_is_shown(body: bytes, colours: Colours) -> None:
    assert shows(body, colours)


LEFT, RIGHT = (0x55,) * 3, (0xAA,) * 3


def halves(left: bytes, right: bytes, bits: int, colour_type: int, clear: bytes) -> bytes:
    rows = [left * (32 // len(left)) + right * (32 // len(right))] * 80
    width = len(rows[0]) * 8 // bits // {0: 1, 2: 3, 3: 1}[colour_type]
    return of(bits, colour_type, rows, chunk(b"tRNS", clear), size=(width, 80))


TRANSPARENT: dict[str, tuple[bytes, Colours]] = {
    f"{name} of {bits} bits": (halves(b"\x55", b"\xaa", bits, 0, clear), colours)
    for bits, low, high in ((2, 1, 2), (4, 5, 10), (8, 0x55, 0xAA))
    for name, clear, colours in (
        ("the darker grey", struct.pack(">H", low), (WHITE, RIGHT)),
        ("the brighter grey", struct.pack(">H", high), (LEFT, WHITE)),
        ("no grey", b"\0\0", (LEFT, RIGHT)),
        ("the darker grey, said at length,", struct.pack(">Hxx", low), (WHITE, RIGHT)),
        ("half a number", b"\0", (LEFT, RIGHT)),
    )
} | {
    "white of one bit": (halves(b"\0", b"\xff", 1, 0, b"\0\1"), ((0, 0, 0), WHITE)),
    "black of one bit": (halves(b"\0", b"\xff", 1, 0, b"\0\0"), (WHITE, WHITE)),
    "a colour of 16 bits": (
        of(16, 2, [b"\x40\x10\x50\x20\x60\x30" * 30 + b"\x80\x20\x90\x30\xa0\x40" * 30] * 80,
           chunk(b"tRNS", b"\x40\x10\x50\x20\x60\x30")),
        (WHITE, (128, 144, 160)),
    ),
    "a colour, cut short": (
        of(8, 2, [RIGHT[0].to_bytes() * 180] * 80, chunk(b"tRNS", b"\0\xaa\0\xaa")),
        (RIGHT, RIGHT),
    ),
    "an entry of the palette": (indexed(chunk(b"tRNS", b"\0")), (WHITE, GREEN)),
    "an entry of the palette, said first": (
        indexed(chunk(b"tRNS", b"\xff\0"), chunk(b"tRNS", b"\0\xff")), (RED, WHITE),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "colours"), TRANSPARENT.values(), ids=TRANSPARENT)
def test_the_colour_that_means_transparent_is_shown_on_white(body: bytes, colours: Colours) -> None:
    assert shows(body, colours * 2 if len(set(colours)) == 1 else (*colours, *corners_below(body)))


def corners_below(body: bytes) -> Colours:
    """The lower half is not asked about."""
    found = decode_cell(body)
    assert not isinstance(found, Reason)
    return tuple(corners(found)[2:])


def test_colours_beyond_the_palette_are_its_last() -> None:
    assert shows(indexed(palette=PALETTE[:9]), (RED, GREEN, BLUE, BLUE))


def cut_rows(rows: int, image: Image.Image) -> bytes:
    """A sound file of fewer rows than it declares."""
    body = encoded(image, "PNG")
    data = zlib.decompress(idat(body))
    size = len(data) // image.height
    return rewritten(lambda _: zlib.compress(data[: size * rows]), body)


def header(*numbers: int) -> bytes:
    return RGB[:8] + chunk(b"IHDR", struct.pack(">IIBBBBB", *numbers)) + RGB[33:]


REFUSED: dict[str, bytes] = {
    "the last row is missing": cut_rows(HEIGHT - 1, quarters(WIDTH, HEIGHT)),
    "the last row of grey is missing": cut_rows(79, Image.new("L", (60, 80), 9)),
    "the last row of clear black is missing": cut_rows(79, Image.new("RGBA", (60, 80))),
    "the last row of black and white is missing": cut_rows(79, Image.new("1", (60, 80))),
    "half of it is missing": cut_rows(HEIGHT // 2, quarters(WIDTH, HEIGHT)),
    "the last row has an unknown filter": rewritten(
        lambda data: zlib.compress(
            (raw := zlib.decompress(data))[: -3 * WIDTH - 1] + b"\xc8" + raw[-3 * WIDTH :]
        )
    ),
    "its data has no proper beginning": rewritten(lambda data: b"\0\0" + data[2:]),
    "its data and the checksums are wrong": RGB.replace(
        chunk(b"IDAT", idat()), wrong(b"IDAT", idat()[:-4] + b"abcd")
    ),
    "its data is torn apart": RGB[:33] + chunk(b"IDAT", idat()[:30]) + chunk(b"tEXt", b"a\0b")
    + chunk(b"IDAT", idat()[30:]) + RGB[-12:],
    "it has no palette": of(8, 3, palette_rows()),
    "its palette is empty": indexed(palette=b""),
    "it has two palettes": indexed(chunk(b"PLTE", PALETTE)),
    "it has a critical chunk that is unknown": with_chunks(chunk(b"CRIT", b"abc")),
    "it is one for iPhones": SIGNATURE + chunk(b"CgBI", b"\x50\0\x20\x06") + RGB[8:],
    "it has two headers": RGB[:33] + RGB[8:],
    "its header is too long": SIGNATURE + chunk(b"IHDR", RGB[16:29] + b"\0") + RGB[33:],
    "it is packed in an unknown way": header(WIDTH, HEIGHT, 8, 2, 1, 0, 0),
    "its first frame is smaller than itself": animated(fctl(0, 30, 40), PICTURE),
    "its first frame lies outside of itself": animated(
        PICTURE, fctl(0, 60, 80, 9, 9), fdat(1, ALL_RED)
    ),
    "its first frame breaks off": animated(
        PICTURE, fctl(0), chunk(b"fdAT", b"\0\0\0\1" + idat()[:40])
    ),
}  # fmt: skip


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_a_picture_is_refused_when(body: bytes) -> None:
    assert decode_cell(body) == Reason.TRUNCATED_IMAGE


MODES = ("RGB", "L", "RGBA", "P", "LA", "1", "I;16")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
def test_a_picture_with_damaged_data_is_refused(mode: str, place: float) -> None:
    noise = Image.effect_noise((120, 160), 60)
    image = noise.convert("I").convert(mode) if mode == "I;16" else noise.convert(mode)
    body = bytearray(encoded(image, "PNG"))
    at = int(len(body) * place)
    body[at : at + 40] = random.Random(place).randbytes(40)  # noqa: S311  the same every time
    assert decode_cell(bytes(body)) == Reason.TRUNCATED_IMAGE


@pytest.mark.parametrize("last", [0, 1, 9, 255])
@pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "RGB", "RGBA"])
def test_a_plain_picture_is_never_mistaken_for_one_without_rows(mode: str, last: int) -> None:
    bands = len(Image.new(mode, (1, 1)).getbands())
    image = Image.new(mode, (30, 40), (last,) * bands if bands > 1 else last)
    assert not isinstance(decode_cell(encoded(image, "PNG")), Reason)


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 1), (3, 3), (4, 5), (5, 4), (9, 8), (17, 33)])
def test_a_missing_last_byte_makes_an_interlaced_picture_incomplete(
    size: tuple[int, int],
) -> None:
    width, height = size
    rows = [(-(-(width - x) // dx), -(-(height - y) // dy)) for x, y, dx, dy in ADAM7]
    data = b"".join((b"\0" + b"\x80" * w) * h for w, h in rows if w > 0 and h > 0)
    kept = of(8, 0, [], interlaced=1, size=size)
    whole, cut = (rewritten(lambda _, d=d: zlib.compress(d), kept) for d in (data, data[:-1]))
    assert is_whole(whole)
    assert not is_whole(cut)
    assert not isinstance(decode_cell(whole), Reason)
    assert decode_cell(cut) == Reason.TRUNCATED_IMAGE


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
         (0, 1, 1, 2)]  # fmt: skip


def test_a_usual_file_is_neither_changed_nor_copied() -> None:
    for body in (RGB, with_chunks(*(chunk(k, v) for k, v in BESIDE.items() if k != b"acTL"))):
        assert still_png(body).body is body


@settings(max_examples=60)
@given(data=st.data())
def test_any_damage_is_shown_or_has_a_reason(data: st.DataObject) -> None:
    body = bytearray(data.draw(st.sampled_from([RGB, ANIMATED["the picture is no frame"][0]])))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    assert decode_cell(bytes(body)) is not None
    with_right_checksum(bytes(body))
