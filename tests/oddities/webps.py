"""WebPs that are odd: encodings, transparency, chunks beside the picture, animations, ends."""

import struct
from collections.abc import Iterator

from PIL import Image

from tests.oddities.parts import SRGB_PROFILE, encoded, exif, noise, picture, riff
from tests.support.pictures import display_p3

_ICC, _ALPHA, _EXIF, _XMP = 0x20, 0x10, 0x08, 0x04


def oddities() -> dict[str, bytes]:
    """The files by what is odd about them."""
    image, clear = picture(), picture().convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(image.size))
    lossy = encoded(image, "WEBP", quality=90)
    (kind, data), *_ = _chunks(lossy)
    alpha = encoded(clear, "WEBP", quality=90)
    second = Image.new("RGB", image.size, (200, 20, 20))
    return {
        "lossy": lossy,
        "lossless": encoded(image, "WEBP", lossless=True),
        "quality 0": encoded(picture((360, 480)), "WEBP", quality=0, method=0),
        "lossy with alpha": alpha,
        "lossy with alpha, packed lossily": encoded(clear, "WEBP", quality=90, alpha_quality=10),
        "lossless with alpha": encoded(clear, "WEBP", lossless=True),
        "lossless with alpha, exact": encoded(clear, "WEBP", lossless=True, exact=True),
        "grey": encoded(image.convert("L"), "WEBP", quality=90),
        "of a palette": encoded(image.quantize(16), "WEBP", lossless=True),
        "of sizes that are odd": encoded(picture((181, 241)), "WEBP", quality=90),
        "1x1": encoded(picture((1, 1)), "WEBP", lossless=True),
        "ICC: sRGB": encoded(image, "WEBP", quality=90, icc_profile=SRGB_PROFILE),
        "ICC: Display P3": encoded(image, "WEBP", quality=90, icc_profile=display_p3()),
        "ICC: noise": encoded(image, "WEBP", quality=90, icc_profile=noise(300)),
        "ICC: Display P3, lossless with alpha": encoded(
            clear, "WEBP", lossless=True, icc_profile=display_p3()
        ),
        "EXIF orientation 6": encoded(image, "WEBP", quality=90, exif=exif(6)),
        "EXIF orientation 6 behind its name": encoded(
            image, "WEBP", quality=90, exif=b"Exif\0\0" + exif(6)
        ),
        "EXIF orientation 3, lossless": encoded(image, "WEBP", lossless=True, exif=exif(3)),
        "EXIF of noise": encoded(image, "WEBP", quality=90, exif=noise(50)),
        "XMP orientation 6": encoded(
            image, "WEBP", quality=90, xmp=b'<x tiff:Orientation="6"></x>'
        ),
        "EXIF that no flag tells of": riff([_extended(0), (kind, data), (b"EXIF", exif(6))]),
        "a flag of EXIF, and none": riff([_extended(_EXIF), (kind, data)]),
        "a flag of alpha, and none": riff([_extended(_ALPHA), (kind, data)]),
        "unknown chunks": riff([_extended(0), (b"abcd", noise(33)), (kind, data)]),
        "noise behind its end": lossy + noise(99),
        "animated": encoded(
            image, "WEBP", save_all=True, append_images=[second], duration=60_000, quality=90
        ),
        "animated, with alpha": encoded(
            clear, "WEBP", save_all=True, append_images=[second], duration=60_000, quality=90
        ),
    }


def _chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at < len(body):
        length = int.from_bytes(body[at + 4 : at + 8], "little")
        yield body[at : at + 4], body[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _extended(flags: int) -> tuple[bytes, bytes]:
    width, height = picture().size
    return b"VP8X", struct.pack("<I", flags) + _three(width - 1) + _three(height - 1)


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")
