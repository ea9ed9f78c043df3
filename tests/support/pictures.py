"""Pictures that a test can distinguish after any number of recompressions."""

import random
import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageDraw

from collage_core.contract.cell_size import DEFAULT_CELL_SIZE, CellSize

RED, GREEN, BLUE, YELLOW = (200, 30, 30), (30, 160, 60), (40, 60, 200), (230, 200, 40)
QUARTERS = (RED, GREEN, BLUE, YELLOW)
"""Top left, top right, bottom left, bottom right."""

_STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How the picture is turned in a file whose EXIF orientation turns it back."""

HEIC = Path(__file__).with_name("quarters.heic").read_bytes()
"""The four quarters at 64x64 as a phone would save them; written once with pillow-heif 1.8.1."""


def quarters(width: int = 720, height: int = 960) -> Image.Image:
    """Four fields of colour: a turn, a flip or a wrong crop moves them."""
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for index, colour in enumerate(QUARTERS):
        left, top = index % 2 * width // 2, index // 2 * height // 2
        draw.rectangle((left, top, left + width // 2, top + height // 2), colour)
    return image


def plain(colour: tuple[int, ...], width: int = 300, height: int = 400) -> Image.Image:
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[len(colour)]
    return Image.new(mode, (width, height), colour if len(colour) > 1 else colour[0])


def turned(orientation: int, kind: str = "JPEG") -> bytes:
    """The quarters as a camera stores them that was held so, and that says so."""
    turn = _STORED[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(quarters() if turn is None else quarters().transpose(turn), kind, exif=exif)


def photograph(number: int, width: int = 720, height: int = 960) -> Image.Image:
    """Noise on every scale, the coarser the stronger, as photographs have it, and a caption."""
    image = Image.new("RGB", (width, height), (128, 128, 128))
    chance = random.Random(number)  # noqa: S311  the same picture every time
    for octave in (2, 4, 8, 16, 32, 64, 128):
        size = (width // octave, height // octave)
        noise = Image.frombytes("RGB", size, chance.randbytes(size[0] * size[1] * 3))
        image = Image.blend(image, noise.resize((width, height)), 0.06 + 0.06 * octave**0.35)
    draw, place = ImageDraw.Draw(image), (width // 12, height // 2)
    draw.text(
        place, f"Cover {number}", RED, font_size=width / 6, stroke_width=2, stroke_fill="white"
    )
    return image


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def drawn_again(body: bytes, times: int) -> bytes:
    """The same progressive JPEG, its last scan drawn so many times more."""
    return body[:-2] + body[body.rindex(b"\xff\xda") : -2] * times + body[-2:]


def png(
    width: int, height: int, *, bits: int = 8, colour_type: int = 0, data: bytes = bytes(1000)
) -> bytes:
    """A PNG of any header; unless told, it holds next to nothing of what it declares."""

    def part(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = part(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + part(b"IDAT", zlib.compress(data)) + part(b"IEND", b"")


def display_p3() -> bytes:
    """The sRGB profile with the primaries of Display P3, as adapted to D50, under its name."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    primaries = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    for start in range(132, 132 + 12 * struct.unpack_from(">I", profile, 128)[0], 12):
        if xyz := primaries.get(bytes(profile[start : start + 4])):
            (offset,) = struct.unpack_from(">I", profile, start + 4)
            struct.pack_into(">3i", profile, offset + 8, *(round(part * 65536) for part in xyz))
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "P3  ".encode("utf-16-be"))


def numbered(number: int, width: int = 300, height: int = 400) -> Image.Image:
    """A tile that carries `number`, up to 4095, as three shades of colour."""
    colour = tuple(24 + 13 * (number // 16**power % 16) for power in (2, 1, 0))
    return Image.new("RGB", (width, height), colour)


def read_number(image: Image.Image) -> int:
    """The number of a tile, read from its middle."""
    shades = pixel(image, 0.5, 0.5)
    return sum(round((shade - 24) / 13) * 16**power for power, shade in enumerate(shades[::-1]))


def cell_of(
    collage: Image.Image, index: int, cols: int, size: CellSize = DEFAULT_CELL_SIZE
) -> Image.Image:
    """The cell of a collage, counted row by row."""
    left, top = index % cols * size.width, index // cols * size.height
    return collage.crop((left, top, left + size.width, top + size.height))


def pixel(image: Image.Image, x: float, y: float) -> tuple[int, int, int]:
    """The colour at a place given in parts of width and height."""
    found = image.convert("RGB").getpixel((int(x * (image.width - 1)), int(y * (image.height - 1))))
    assert isinstance(found, tuple)
    red, green, blue = found
    return int(red), int(green), int(blue)


def corners(image: Image.Image) -> list[tuple[int, int, int]]:
    """The colours in the middle of each quarter, in the order of QUARTERS."""
    return [pixel(image, x, y) for y in (0.25, 0.75) for x in (0.25, 0.75)]


def shows_quarters(image: Image.Image) -> bool:
    return all(map(alike, corners(image), QUARTERS))


def alike(left: tuple[int, ...], right: tuple[int, ...], *, within: int = 12) -> bool:
    return all(abs(a - b) <= within for a, b in zip(left, right, strict=True))
