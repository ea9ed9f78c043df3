"""The colour space that the chunks of a PNG declare (PNG, third edition, section 4.3)."""

import struct
import zlib
from collections.abc import Mapping

from collage_core.pictures.colour.icc_profile import MAX_PROFILE_BYTES, tags_of
from collage_core.pictures.colour.spaces import (
    BT709,
    USUAL_PEAK,
    Curve,
    SdrSpace,
    Space,
    named_space,
)
from collage_core.pictures.formats.png_chunks import has_right_checksum

_WANTED = frozenset({b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cLLI", b"mDCV"})
_LARGEST_CHUNK = MAX_PROFILE_BYTES + 100
_FULL_RANGE_RGB = (0, 1)
_PERCEPTUAL_TO_ABSOLUTE = range(4)  # rendering intents
_USUAL_GAMMA = range(43182, 47728)
"""1/2.2 in 100,000ths, within libpng's 5%: the closest to sRGB that gAMA alone can express."""

_STEEPEST = 100.0
_PEAK_UNIT = 10_000  # of cLLI and mDCV, in a cd/m2


def colour_of_png(body: bytes) -> Space | bytes | None:
    """The space or the ICC profile of its colours; None for sRGB.

    The first valid one of these counts: cICP, iCCP, sRGB, gAMA with cHRM. A chunk with a wrong CRC
    is ignored, and so is a chunk after the picture.
    """
    chunks = _colour_chunks(body)
    if not chunks:
        return None
    named = _named(chunks)
    if named:
        return named
    profile = _profile(chunks.get(b"iCCP", b""))
    if profile:
        return profile
    srgb = chunks.get(b"sRGB", b"")
    if len(srgb) == 1 and srgb[0] in _PERCEPTUAL_TO_ABSOLUTE:
        return None
    return _by_gamma(chunks.get(b"gAMA", b""), chunks.get(b"cHRM", b""))


def _colour_chunks(body: bytes) -> dict[bytes, bytes]:
    """The chunks about colour, the first of each kind."""
    found: dict[bytes, bytes] = {}
    at, has_palette = 8, False
    while (kind := body[at + 4 : at + 8]) not in (b"IDAT", b"IEND", b""):
        length = int.from_bytes(body[at : at + 4])
        has_palette = has_palette or kind == b"PLTE"
        is_late = kind == b"cICP" and has_palette
        if kind in _WANTED and kind not in found and length <= _LARGEST_CHUNK and not is_late:
            end = at + 12 + length
            if has_right_checksum(body, at, end):
                found[kind] = body[at + 8 : end - 4]
        at += 12 + length
    return found


def _named(chunks: Mapping[bytes, bytes]) -> Space | None:
    cicp = chunks.get(b"cICP", b"")
    if len(cicp) != 4 or (cicp[2], cicp[3]) != _FULL_RANGE_RGB:
        return None
    return named_space(cicp[0], cicp[1], _peak(chunks))


def _peak(chunks: Mapping[bytes, bytes]) -> float:
    """The brightest pixel, or else the peak of the screen on which the picture was made."""
    brightest, screen = chunks.get(b"cLLI", b""), chunks.get(b"mDCV", b"")
    peak = int.from_bytes(brightest[:4]) if len(brightest) == 8 else 0
    if not peak and len(screen) == 24:
        peak = int.from_bytes(screen[16:20])
    return peak / _PEAK_UNIT or USUAL_PEAK


def _profile(iccp: bytes) -> bytes | None:
    name, _, rest = iccp.partition(b"\0")
    if not 1 <= len(name) <= 79 or not rest.startswith(b"\0"):
        return None
    unpacking = zlib.decompressobj()
    try:
        profile = unpacking.decompress(rest[1:], MAX_PROFILE_BYTES)
    except zlib.error:
        return None
    return profile if unpacking.eof and tags_of(profile) else None


def _by_gamma(gama: bytes, chrm: bytes) -> SdrSpace | None:
    gamma = int.from_bytes(gama) if len(gama) == 4 else 0
    if not gamma:
        return None
    curve = Curve(min(max(100_000 / gamma, 1 / _STEEPEST), _STEEPEST))
    if len(chrm) != 32:
        return None if gamma in _USUAL_GAMMA else SdrSpace(BT709, curve)
    a, b, c, d, e, f, g, h = (number / 100_000 for number in struct.unpack(">8I", chrm))
    return SdrSpace((a, b, c, d, e, f, g, h), curve)
