"""GIFs that are odd: palettes, screens larger and smaller than their picture, animations, ends."""

import struct
from collections.abc import Sequence
from itertools import batched

from PIL import Image

from tests.oddities.parts import SMALL, encoded, noise, picture

_SHADES = bytes(c for n in range(64) for c in (4 * n, 90, 250 - 3 * n))
_OTHER_SHADES = bytes(c for n in range(64) for c in (60, 4 * n, 3 * n))
_END = b"\x3b"


def oddities() -> dict[str, bytes]:
    """The files by what is odd about them."""
    frame, usual = _frame(SMALL), _gif(SMALL, _frame(SMALL))
    part = _frame((45, 60), at=(30, 40))
    control = _control(delay=6000)
    other = _frame(SMALL, palette=_OTHER_SHADES)
    loop = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    return {
        "usual": usual,
        "version 87a": usual.replace(b"GIF89a", b"GIF87a"),
        "a palette of the frame alone": _gif(SMALL, _frame(SMALL, palette=_SHADES), palette=b""),
        "a palette of the frame, and another one": _gif(
            SMALL, _frame(SMALL, palette=_OTHER_SHADES)
        ),
        "interlaced": _gif(SMALL, _frame(SMALL, interlaced=True)),
        "two colours": encoded(picture((300, 400)).convert("1"), "GIF"),
        "of 256 colours": encoded(picture().quantize(256), "GIF"),
        "grey": encoded(picture().convert("L"), "GIF"),
        "a colour that is clear": _gif(SMALL, control + _control(clear=20) + frame),
        "a background colour": _gif(SMALL, frame, background=40),
        "a frame smaller than the screen": _gif(SMALL, part),
        "a frame smaller than the screen, with a background": _gif(SMALL, part, background=40),
        "a frame smaller than the screen, with a clear colour": _gif(
            SMALL, _control(clear=20) + part, background=20
        ),
        "a frame larger than the screen": _gif((60, 60), frame),
        "a frame that reaches beyond the screen": _gif(SMALL, _frame(SMALL, at=(20, 20))),
        "a screen of nothing": _gif((0, 0), frame),
        "animated": _gif(SMALL, loop + control + frame + control + other),
        "animated, the first frame smaller": _gif(SMALL, loop + control + part + control + other),
        "animated, disposed of": _gif(
            SMALL, loop + _control(delay=6000, disposal=2) + frame + control + other
        ),
        "animated without a delay": _gif(SMALL, frame + _control(delay=9000) + frame),
        "a comment": _gif(SMALL, b"\x21\xfe" + _blocks(noise(600)) + frame),
        "an unknown extension": _gif(SMALL, b"\x21\x77" + _blocks(noise(300)) + frame),
        "an XMP extension": _gif(
            SMALL, b"\x21\xff\x0bXMP DataXMP" + _blocks(b"<x tiff:Orientation='6'/>" * 9) + frame
        ),
        "a plain text behind its picture": _gif(SMALL, frame + b"\x21\x01\x0c" + bytes(12) + b"\0"),
        "no end": usual[:-1],
        "noise behind its end": usual + noise(300),
        "zeros behind its end": usual + bytes(300),
        "pixels of another shape": usual[:12] + b"\x31" + usual[13:],
        "1x1": encoded(Image.new("P", (1, 1), 7), "GIF"),
    }


def _gif(
    screen: tuple[int, int], frames: bytes, *, palette: bytes = _SHADES, background: int = 0
) -> bytes:
    flags = 0x80 | 5 if palette else 0
    head = b"GIF89a" + struct.pack("<HHBBB", *screen, flags, background, 0)
    return head + palette + frames + _END


def _control(*, delay: int = 0, disposal: int = 0, clear: int | None = None) -> bytes:
    """A graphic control extension; `delay` in hundredths of a second."""
    flags = disposal << 2 | (clear is not None)
    return b"\x21\xf9\x04" + struct.pack("<BHB", flags, delay, clear or 0) + b"\0"


def _frame(
    size: tuple[int, int],
    *,
    at: tuple[int, int] = (0, 0),
    palette: bytes = b"",
    interlaced: bool = False,
) -> bytes:
    """The picture in 64 shades."""
    width, height = size
    shades = [shade // 4 for shade in picture(size).convert("L").get_flattened_data()]
    rows = list(batched(shades, width))
    if interlaced:
        rows = [*rows[0::8], *rows[4::8], *rows[2::4], *rows[1::2]]
    flags = (0x80 | 5 if palette else 0) | (0x40 if interlaced else 0)
    head = b"\x2c" + struct.pack("<4HB", *at, width, height, flags) + palette
    return head + b"\x06" + _blocks(_lzw([shade for row in rows for shade in row]))


def _lzw(shades: Sequence[int]) -> bytes:
    """Codes of seven bits, the table cleared before it would need more: valid, and not packed."""
    clear, end = 64, 65
    codes = [code for group in batched(shades, 60) for code in (clear, *group)] + [end]
    bits = sum(code << 7 * place for place, code in enumerate(codes))
    return bits.to_bytes(-(-7 * len(codes) // 8), "little")


def _blocks(data: bytes) -> bytes:
    parts = (bytes(part) for part in batched(data, 255))
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"
