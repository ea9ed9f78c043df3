"""One chart in many files, each of which says in another way what its numbers mean."""

import struct
from typing import Any

from PIL import Image

from collage_core.pictures.colour.spaces import BT709, BT2020
from tests.support.colour_files import (
    OLD_SCREEN,
    P3,
    avif_with,
    chart,
    chrm,
    chunk,
    cicp,
    clli,
    gama,
    iccp,
    mdcv,
    png_with,
    srgb,
    with_numbers_in_header,
    without_colr,
)
from tests.support.icc_profiles import (
    cicp_tag,
    dulled,
    grey_profile,
    power_curve,
    rgb_profile,
    table_profile,
)
from tests.support.pictures import encoded

_BEST_JPEG: dict[str, Any] = {"quality": 100, "subsampling": "4:4:4"}
_BEST_AVIF: dict[str, Any] = {"quality": 100, "subsampling": "4:4:4", "speed": 10}


def chart_files() -> dict[str, bytes]:
    """The chart in files of every kind, by what they say of their colours."""
    return _pngs() | _hdr_pngs() | _others() | _with_profiles() | _by_numbers() | _jpeg_segments()


def _pngs() -> dict[str, bytes]:
    grey = chart().convert("L")
    half = Image.merge("RGBA", (*chart().split(), Image.new("L", chart().size, 128)))
    p3, linear_grey = rgb_profile(), grey_profile(power_curve(1.0))
    return {
        "PNG gAMA 1.0": png_with(gama(100_000)),
        "PNG gAMA 0.55556": png_with(gama(55_556)),
        "PNG gAMA 0.45455": png_with(gama(45_455)),
        "PNG gAMA 0.43182, the last that means sRGB": png_with(gama(43_182)),
        "PNG gAMA 0.43181": png_with(gama(43_181)),
        "PNG gAMA 0": png_with(gama(0)),
        "PNG gAMA 0.01": png_with(gama(1000)),
        "PNG cHRM without gAMA": png_with(chrm(P3)),
        "PNG gAMA and cHRM of BT.709": png_with(gama(45_455), chrm(BT709)),
        "PNG gAMA and cHRM of P3": png_with(gama(45_455), chrm(P3)),
        "PNG gAMA and cHRM of BT.2020": png_with(gama(45_455), chrm(BT2020)),
        "PNG gAMA and cHRM with another white": png_with(gama(45_455), chrm(OLD_SCREEN)),
        "PNG gAMA 1.0 and cHRM of zeros": png_with(gama(100_000), chunk(b"cHRM", bytes(32))),
        "PNG gAMA 1.0 and cHRM too short": png_with(gama(100_000), chunk(b"cHRM", bytes(8))),
        "PNG sRGB before gAMA 1.0": png_with(gama(100_000), srgb()),
        "PNG sRGB of no intent, gAMA 1.0": png_with(srgb(9), gama(100_000)),
        "PNG gAMA twice": png_with(gama(100_000), gama(55_556)),
        "PNG gAMA after the palette": png_with(
            gama(100_000), before=b"IDAT", image=chart().quantize(16)
        ),
        "PNG iCCP P3 before sRGB and gAMA": png_with(srgb(), gama(100_000), iccp(p3)),
        "PNG iCCP broken, gAMA 1.0": png_with(iccp(b"nonsense" * 50), gama(100_000)),
        "PNG iCCP not packed, gAMA 1.0": png_with(chunk(b"iCCP", b"a\0\0bc"), gama(100_000)),
        "PNG iCCP of grey on colours": png_with(iccp(linear_grey)),
        "PNG iCCP after the picture": png_with(iccp(p3), before=b"IEND"),
        "PNG cICP before iCCP": png_with(iccp(p3), cicp(1, 13)),
        "PNG cICP unspecified, iCCP P3": png_with(cicp(2, 2), iccp(p3)),
        "PNG cICP of a narrow range, gAMA 1.0": png_with(cicp(12, 13, 0, 0), gama(100_000)),
        "PNG cICP too long": png_with(chunk(b"cICP", bytes([12, 13, 0, 1, 0]))),
        "PNG cICP twice": png_with(cicp(12, 13), cicp(9, 16)),
        "PNG cICP after the palette": png_with(
            cicp(12, 13), before=b"IDAT", image=chart().quantize(16)
        ),
        "PNG grey, gAMA 1.0": png_with(gama(100_000), image=grey),
        "PNG grey of 16 bits, gAMA 1.0": png_with(gama(100_000), image=_of_16_bits(grey)),
        "PNG grey with an opacity, grey profile": png_with(
            iccp(linear_grey), image=grey.convert("LA")
        ),
        "PNG half transparent, gAMA 1.0": png_with(gama(100_000), image=half),
        "PNG half transparent, PQ": png_with(cicp(9, 16), image=half),
    }


def _of_16_bits(grey: Image.Image) -> Image.Image:
    shades = (shade * 257 for shade in grey.tobytes())
    return Image.frombytes("I;16", grey.size, b"".join(struct.pack("<H", s) for s in shades))


def _hdr_pngs() -> dict[str, bytes]:
    return {
        "PNG PQ, cLLI 203": png_with(cicp(9, 16), clli(203)),
        "PNG PQ, cLLI 400": png_with(cicp(9, 16), clli(400)),
        "PNG PQ, cLLI 4000": png_with(cicp(9, 16), clli(4000)),
        "PNG PQ, mDCV 400": png_with(cicp(9, 16), mdcv(400)),
        "PNG HLG, cLLI 400": png_with(cicp(9, 18), clli(400)),
    }


def _others() -> dict[str, bytes]:
    grey, inks = chart().convert("L"), chart().convert("CMYK")
    p3, linear_grey = rgb_profile(), grey_profile(power_curve(1.0))
    avif = encoded(chart(), "AVIF", **_BEST_AVIF)
    best_grey_avif = _BEST_AVIF | {"subsampling": "4:0:0"}
    grey_avif = encoded(grey, "AVIF", **best_grey_avif)
    return {
        "JPEG grey, linear grey profile": encoded(grey, icc_profile=linear_grey, **_BEST_JPEG),
        "JPEG grey, grey profile over Lab": encoded(
            grey, icc_profile=grey_profile(power_curve(1.0), b"Lab "), **_BEST_JPEG
        ),
        "JPEG grey, linear RGB profile": encoded(
            grey, icc_profile=rgb_profile(BT709, power_curve(1.0)), **_BEST_JPEG
        ),
        "JPEG of colours, grey profile": encoded(chart(), icc_profile=linear_grey, **_BEST_JPEG),
        "JPEG of inks, RGB profile": encoded(inks, icc_profile=p3, **_BEST_JPEG),
        "JPEG of inks, profile of inks": encoded(
            inks, icc_profile=table_profile(dulled, inks=4), **_BEST_JPEG
        ),
        "JPEG of colours, profile of inks": encoded(
            chart(), icc_profile=table_profile(dulled, inks=4), **_BEST_JPEG
        ),
        "WebP P3": encoded(chart(), "WEBP", lossless=True, icc_profile=p3),
        "WebP grey profile": encoded(chart(), "WEBP", lossless=True, icc_profile=linear_grey),
        "GIF P3": encoded(chart().quantize(16), "GIF", icc_profile=p3),
        "AVIF ICC P3 before nclx PQ": avif_with(
            9, 16, encoded(chart(), "AVIF", icc_profile=p3, **_BEST_AVIF)
        ),
        "AVIF grey, grey profile": encoded(grey, "AVIF", icc_profile=linear_grey, **best_grey_avif),
        "AVIF grey, linear": avif_with(1, 8, grey_avif),
        "AVIF grey, PQ": avif_with(9, 16, grey_avif),
        "AVIF P3 in its header alone": without_colr(with_numbers_in_header(12, 13, avif)),
        "AVIF PQ in its header alone": without_colr(with_numbers_in_header(9, 16, avif)),
        "AVIF sRGB in its boxes, P3 in its header": with_numbers_in_header(12, 13, avif),
    }


def _with_profiles() -> dict[str, bytes]:
    return {
        f"JPEG ICC {name}": encoded(chart(), icc_profile=profile, **_BEST_JPEG)
        for name, profile in _profiles().items()
    }


def _by_numbers() -> dict[str, bytes]:
    """By two numbers of ITU-T H.273: primaries and curve."""
    avif = encoded(chart(), "AVIF", **_BEST_AVIF)
    return {f"PNG cICP {a}/{b}": png_with(cicp(a, b)) for a, b in _NUMBERS} | {
        f"AVIF nclx {a}/{b}": avif_with(a, b, avif) for a, b in _NUMBERS
    }


_NUMBERS = [
    *((0, 13), (0, 16), (1, 1), (1, 2), (1, 4), (1, 5), (1, 6), (1, 7), (1, 8), (1, 13), (1, 16)),
    *((1, 18), (2, 2), (2, 16), (3, 13), (4, 4), (5, 6), (6, 6), (7, 7), (8, 13), (9, 1), (9, 3)),
    *((9, 13), (9, 14), (9, 15), (9, 16), (9, 18), (9, 255), (10, 17), (11, 17), (12, 2)),
    *((12, 13), (12, 16), (12, 18), (22, 13), (255, 16)),
]


def _profiles() -> dict[str, bytes]:
    p3 = rgb_profile()
    return {
        "P3": p3,
        "P3 under the name of sRGB": rgb_profile(name="not sRGB"),
        "sRGB under another name": rgb_profile(BT709),
        "BT.709 of power 1.8": rgb_profile(BT709, power_curve(1.8)),
        "with a cicp tag of sRGB": rgb_profile(cicp=cicp_tag(1, 13)),
        "with a cicp tag of BT.709": rgb_profile(cicp=cicp_tag(1, 1)),
        "with a cicp tag of BT.2020": rgb_profile(cicp=cicp_tag(9, 14)),
        "with a cicp tag of PQ": rgb_profile(cicp=cicp_tag(9, 16)),
        "with a cicp tag of a narrow range": rgb_profile(cicp=cicp_tag(9, 16, 0, 0)),
        "cut off": p3[:-20],
        "with more behind it": p3 + bytes(10),
        "without its mark": p3.replace(b"acsp", b"xxxx"),
        "of version 5": p3[:8] + b"\5" + p3[9:],
        "of a link between devices": p3.replace(b"mntr", b"link"),
        "of Lab": p3[:16] + b"Lab " + p3[20:],
        "of a table": table_profile(dulled),
        "of a table, version 4": table_profile(dulled, version=4),
        "of a table for another intent": table_profile(dulled, tag="A2B1"),
    }


def _jpeg_segments() -> dict[str, bytes]:
    """JPEGs whose profile comes in segments, in odd ways."""
    bare = encoded(chart(), **_BEST_JPEG)
    profile, other = rgb_profile(), rgb_profile(BT709, power_curve(1.0))

    def segment(number: int, count: int, data: bytes) -> bytes:
        content = b"ICC_PROFILE\0" + bytes([number, count]) + data
        return b"\xff\xe2" + struct.pack(">H", len(content) + 2) + content

    def with_segments(*segments: bytes, before: bytes = b"\xff\xdb") -> bytes:
        at = bare.index(before)
        return bare[:at] + b"".join(segments) + bare[at:]

    first, second = segment(1, 2, profile[:300]), segment(2, 2, profile[300:])
    return {
        "JPEG ICC in two segments": with_segments(first, second),
        "JPEG ICC out of order": with_segments(second, first),
        "JPEG ICC with a segment twice": with_segments(first, second, first),
        "JPEG ICC with a segment missing": with_segments(first),
        "JPEG ICC twice": with_segments(segment(1, 1, profile), segment(1, 1, other)),
        "JPEG ICC behind the frame": with_segments(segment(1, 1, profile), before=b"\xff\xda"),
    }
