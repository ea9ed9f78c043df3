"""PNGs that are odd: kinds of pixels, transparency, chunks beside the picture, colours, parts."""

import struct
import zlib
from collections.abc import Callable, Iterator

from PIL import Image

from tests.oddities.parts import (
    LARGE,
    PNG_SIGNATURE,
    SMALL,
    SRGB_PROFILE,
    encoded,
    exif,
    grey_profile,
    noise,
    picture,
    png_chunk,
    png_file,
)
from tests.support.pictures import display_p3

_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGBA = 0, 2, 3, 4, 6
_ADAM7 = (
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)
)  # fmt: skip
"""Of each pass: first column, first row, and how far to the next ones (PNG 8.2)."""

type _Pixel = tuple[int, ...]


def oddities() -> dict[str, bytes]:
    """The files by what is odd about them."""
    return {
        **_kinds(),
        **_transparency(),
        **_harmless_faults(),
        **_other_chunks(),
        **_colours(),
        **_parts(),
        **_animations(),
    }


def _drawn(
    bits: int,
    colour_type: int,
    pixel_of: Callable[[_Pixel], _Pixel],
    *chunks: bytes,
    interlaced: bool = False,
) -> bytes:
    """The small picture with every pixel as `pixel_of` makes it, in samples of so many bits."""
    image = picture(SMALL)
    width, height = image.size
    pixels = [pixel_of(colour) for colour in image.get_flattened_data()]
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    rows = bytearray()
    for left, top, right, down in passes:
        for row in range(top, height, down):
            samples = [
                sample
                for column in range(left, width, right)
                for sample in pixels[row * width + column]
            ]
            rows += b"\0" + _packed(samples, bits)
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, interlaced)
    return png_file(header, *chunks, png_chunk(b"IDAT", zlib.compress(rows)))


def _packed(samples: list[int], bits: int) -> bytes:
    if bits == 16:
        return struct.pack(f">{len(samples)}H", *samples)
    if bits == 8:
        return bytes(samples)
    together = 8 // bits
    samples = samples + [0] * (-len(samples) % together)
    return bytes(
        sum(sample << 8 - bits * (place + 1) for place, sample in enumerate(group))
        for group in zip(*[iter(samples)] * together, strict=True)
    )


def _grey(colour: _Pixel) -> int:
    return (colour[0] + colour[1] + colour[2]) // 3


def _greys(bits: int) -> Callable[[_Pixel], _Pixel]:
    most = 2**bits - 1
    return lambda colour: (_grey(colour) * most // 255,)


def _palette(bits: int) -> bytes:
    most = 2**bits - 1
    return png_chunk(b"PLTE", bytes(c for n in range(most + 1) for c in (n * 255 // most, 90, 40)))


def _kinds() -> dict[str, bytes]:
    files = {}
    for interlaced in (False, True):
        name = ", interlaced" if interlaced else ""
        files |= {
            f"grey of {bits} bits{name}": _drawn(bits, _GREY, _greys(bits), interlaced=interlaced)
            for bits in (1, 2, 4, 8, 16)
        }
        files |= {
            f"palette of {bits} bits{name}": _drawn(
                bits, _PALETTE, _greys(bits), _palette(bits), interlaced=interlaced
            )
            for bits in (1, 2, 4, 8)
        }
        files |= {
            f"RGB of 8 bits{name}": _drawn(8, _RGB, lambda colour: colour, interlaced=interlaced),
            f"RGB of 16 bits{name}": _drawn(16, _RGB, _wide, interlaced=interlaced),
            f"RGBA of 8 bits{name}": _drawn(8, _RGBA, _half_clear, interlaced=interlaced),
            f"RGBA of 16 bits{name}": _drawn(
                16, _RGBA, lambda colour: _wide(_half_clear(colour)), interlaced=interlaced
            ),
            f"grey of 8 bits with alpha{name}": _drawn(
                8, _GREY_ALPHA, lambda colour: (_grey(colour), colour[0]), interlaced=interlaced
            ),
            f"grey of 16 bits with alpha{name}": _drawn(
                16, _GREY_ALPHA, lambda c: (257 * _grey(c), 257 * c[0]), interlaced=interlaced
            ),
        }
    return files | {"large": encoded(picture(LARGE), "PNG")}


def _wide(colour: _Pixel) -> _Pixel:
    return tuple(257 * sample for sample in colour)


def _half_clear(colour: _Pixel) -> _Pixel:
    return (*colour, 128 if colour[0] > 128 else 255)


def _transparency() -> dict[str, bytes]:
    def trns(*numbers: int) -> bytes:
        return png_chunk(b"tRNS", struct.pack(f">{len(numbers)}H", *numbers))

    return {
        "tRNS on grey of 1 bit": _drawn(1, _GREY, _greys(1), trns(0)),
        "tRNS on grey of 2 bits": _drawn(2, _GREY, _greys(2), trns(1)),
        "tRNS on grey of 4 bits": _drawn(4, _GREY, _greys(4), trns(6)),
        "tRNS on grey of 8 bits": _drawn(8, _GREY, lambda c: (_grey(c) & 0xE0,), trns(0x60)),
        "tRNS on grey of 16 bits": _drawn(
            16, _GREY, lambda c: (257 * (_grey(c) & 0xE0),), trns(257 * 0x60)
        ),
        "tRNS on RGB of 8 bits": _drawn(8, _RGB, _coarse, trns(0x80, 0x40, 0x80)),
        "tRNS on RGB of 16 bits": _drawn(
            16, _RGB, lambda c: _wide(_coarse(c)), trns(257 * 0x80, 257 * 0x40, 257 * 0x80)
        ),
        "tRNS on a palette": _drawn(
            4, _PALETTE, _greys(4), _palette(4), png_chunk(b"tRNS", bytes(range(0, 256, 32)))
        ),
        "tRNS that matches nothing": _drawn(8, _RGB, _coarse, trns(1, 2, 3)),
        "all clear": _drawn(8, _RGBA, lambda colour: (*colour, 0)),
        "bKGD and alpha": _drawn(8, _RGBA, _half_clear, png_chunk(b"bKGD", bytes(6))),
    }


def _coarse(colour: _Pixel) -> _Pixel:
    return tuple(sample & 0xC0 for sample in colour)


def _usual() -> bytes:
    return encoded(picture(), "PNG")


def _with(*chunks: bytes, of: bytes | None = None) -> bytes:
    """A PNG with these chunks behind its header."""
    body = of or _usual()
    return body[:33] + b"".join(chunks) + body[33:]


def _harmless_faults() -> dict[str, bytes]:
    text = b"Comment\0hello"
    contents = {
        b"tEXt": text,
        b"zTXt": b"Comment\0\0" + zlib.compress(b"hello"),
        b"iTXt": b"Comment\0\0\0\0\0hello",
        b"iCCP": b"ICC\0\0" + zlib.compress(SRGB_PROFILE),
        b"eXIf": exif(1),
        b"pHYs": struct.pack(">IIB", 2835, 2835, 1),
        b"gAMA": struct.pack(">I", 45455),
        b"cHRM": struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000),
        b"sRGB": b"\0",
        b"tIME": struct.pack(">HBBBBB", 2026, 10, 1, 0, 0, 0),
        b"bKGD": bytes(6),
        b"sBIT": b"\x08\x08\x08",
        b"prVt": b"abc",
    }
    files = {}
    for kind, data in contents.items():
        name = kind.decode()
        files[f"{name} with a wrong CRC"] = _with(png_chunk(kind, data, check=7))
        files[f"{name} too short"] = _with(png_chunk(kind, data[:-1][: len(data) // 2]))
        files[f"{name} empty"] = _with(png_chunk(kind))
    return files | {
        "gAMA too long": _with(png_chunk(b"gAMA", bytes(9))),
        "pHYs too long": _with(png_chunk(b"pHYs", bytes(30))),
        "zTXt of noise": _with(png_chunk(b"zTXt", b"Comment\0\0" + noise(50))),
        "iCCP of noise": _with(png_chunk(b"iCCP", b"ICC\0\0" + noise(50))),
        "iCCP of a packed noise": _with(png_chunk(b"iCCP", b"ICC\0\0" + zlib.compress(noise(500)))),
        "eXIf of noise": _with(png_chunk(b"eXIf", noise(50))),
        "IEND with a wrong CRC": _usual()[:-4] + b"abcd",
    }


def _other_chunks() -> dict[str, bytes]:
    body = _usual()
    return {
        "eXIf orientation 6": _with(png_chunk(b"eXIf", exif(6))),
        "eXIf orientation 6 behind the picture": body[:-12]
        + png_chunk(b"eXIf", exif(6))
        + body[-12:],
        "pHYs with pixels twice as high": _with(png_chunk(b"pHYs", struct.pack(">IIB", 2, 1, 0))),
        "oFFs": _with(png_chunk(b"oFFs", struct.pack(">iiB", 40, 40, 0))),
        "a palette for RGB": _with(png_chunk(b"PLTE", noise(30))),
        "an XMP orientation": _with(
            png_chunk(b"iTXt", b'XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation="6"/>')
        ),
        "eXIf twice, 6 and then 3": _with(png_chunk(b"eXIf", exif(6)), png_chunk(b"eXIf", exif(3))),
        "noise behind its end": body + noise(500),
        "a hundred texts": _with(*(png_chunk(b"tEXt", b"k\0%d" % n) for n in range(100))),
    }


def _colours() -> dict[str, bytes]:
    def gama(value: int) -> bytes:
        return png_chunk(b"gAMA", struct.pack(">I", value))

    def chrm(*values: int) -> bytes:
        return png_chunk(b"cHRM", struct.pack(">8I", *values))

    p3 = chrm(31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
    srgb = chrm(31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
    p3_profile = png_chunk(b"iCCP", b"ICC\0\0" + zlib.compress(display_p3()))
    grey_curve = png_chunk(b"iCCP", b"ICC\0\0" + zlib.compress(grey_profile(1.0)))
    grey = encoded(picture().convert("L"), "PNG")
    wide = _drawn(16, _RGB, _wide)

    def cicp(primaries: int, transfer: int, *, full: int = 1) -> bytes:
        return png_chunk(b"cICP", bytes([primaries, transfer, 0, full]))

    return {
        "gAMA 1.0": _with(gama(100000)),
        "gAMA 0.55556": _with(gama(55556)),
        "gAMA 0.45455": _with(gama(45455)),
        "gAMA 0": _with(gama(0)),
        "gAMA 1.0 on grey": _with(gama(100000), of=grey),
        "gAMA 0.55556 on a palette": _drawn(4, _PALETTE, _greys(4), gama(55556), _palette(4)),
        "gAMA 1.0 of 16 bits": _with(gama(100000), of=wide),
        "gAMA 0.55556 with alpha": _drawn(8, _RGBA, _half_clear, gama(55556)),
        "cHRM of Display P3 and gAMA": _with(gama(45455), p3),
        "cHRM of Display P3 without gAMA": _with(p3),
        "cHRM of sRGB and gAMA": _with(gama(45455), srgb),
        "sRGB and a gAMA of 1.0": _with(png_chunk(b"sRGB", b"\0"), gama(100000)),
        "iCCP of Display P3": _with(p3_profile),
        "iCCP of Display P3 and gAMA 1.0": _with(p3_profile, gama(100000)),
        "iCCP of Display P3 and sRGB": _with(p3_profile, png_chunk(b"sRGB", b"\0")),
        "iCCP of Display P3 on a palette": _drawn(4, _PALETTE, _greys(4), p3_profile, _palette(4)),
        "iCCP of grey on grey": _with(grey_curve, of=grey),
        "iCCP of grey on RGB": _with(grey_curve),
        "iCCP of Display P3 on grey": _with(p3_profile, of=grey),
        "cICP sRGB": _with(cicp(1, 13)),
        "cICP Display P3": _with(cicp(12, 13)),
        "cICP BT.2020 SDR": _with(cicp(9, 1)),
        "cICP BT.709": _with(cicp(1, 1)),
        "cICP linear": _with(cicp(1, 8)),
        "cICP BT.2020 PQ": _with(cicp(9, 16)),
        "cICP BT.2020 HLG": _with(cicp(9, 18)),
        "cICP Display P3 of 16 bits": _with(cicp(12, 13), of=wide),
        "cICP unspecified": _with(cicp(2, 2)),
        "cICP Display P3 and iCCP of sRGB": _with(
            cicp(12, 13), png_chunk(b"iCCP", b"ICC\0\0" + zlib.compress(SRGB_PROFILE))
        ),
        "cICP with a wrong CRC": _with(png_chunk(b"cICP", bytes([12, 13, 0, 1]), check=5)),
    }


def _parts() -> dict[str, bytes]:
    chunks = list(_chunks(_usual()))
    header, data = chunks[0], b"".join(content for kind, content in chunks if kind == b"IDAT")
    rows = zlib.decompress(data)

    def packed(*parts: bytes) -> bytes:
        return png_file(header[1], *(png_chunk(b"IDAT", part) for part in parts))

    compressor = zlib.compressobj(9, wbits=9)
    return {
        "IDATs of 100 bytes": packed(*(data[at : at + 100] for at in range(0, len(data), 100))),
        "empty IDATs between": packed(data[:500], b"", data[500:], b""),
        "not packed": packed(zlib.compress(rows, 0)),
        "packed in a window of 512 bytes": packed(compressor.compress(rows) + compressor.flush()),
        "noise behind the packed picture": packed(data + noise(20)),
        "an IDAT of noise behind the picture": packed(data, noise(20)),
        "a row too many": packed(zlib.compress(rows + rows[:541])),
        "IEND missing": packed(data)[:-12],
        "1x1": encoded(picture((1, 1)), "PNG"),
        "1x300": encoded(picture((1, 300)), "PNG"),
        "37x41, interlaced by its writer": _drawn(8, _RGB, lambda c: c, interlaced=True),
    }


def _chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(PNG_SIGNATURE)
    while at < len(body):
        length = int.from_bytes(body[at : at + 4])
        yield body[at + 4 : at + 8], body[at + 8 : at + 8 + length]
        at += 12 + length


def _animations() -> dict[str, bytes]:
    first, second = picture(), Image.new("RGB", picture().size, (200, 20, 20))
    hidden = Image.new("RGB", picture().size, (20, 200, 20))
    options = {"save_all": True, "duration": 60_000}
    return {
        "animated": encoded(first, "PNG", append_images=[second], **options),
        "animated, its default picture not among the frames": encoded(
            hidden, "PNG", append_images=[first, second], default_image=True, **options
        ),
        "animated once, with alpha": encoded(
            first.convert("RGBA"), "PNG", append_images=[second.convert("RGBA")], loop=1, **options
        ),
        "animated, of one frame": _with(
            png_chunk(b"acTL", struct.pack(">II", 1, 0)),
            png_chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, *picture().size, 0, 0, 1, 1, 0, 0)),
        ),
    }
