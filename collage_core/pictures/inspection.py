"""Inspects a file before it is decoded, to reject files that would exhaust a decoder.

Pillow reads the parts of a file's header in Python, without any limit to their number, and so do
some C libraries that it uses: a GIF with a comment of 15 MB took more than nine minutes. Here the
parts are counted first, as Pillow and the libraries will find them, up to a limit. WebP needs no
inspection: libwebp reads any number of parts in 0.1 s.
"""

import math
from dataclasses import dataclass

from collage_core.pictures.avif_crop import shown_size
from collage_core.pictures.formats.avif_frames import coded_pictures
from collage_core.pictures.formats.jpeg_scans import scans_of
from collage_core.pictures.formats.limits import PartLimit
from collage_core.pictures.formats.png_chunks import Screen, still_png
from collage_core.pictures.integrity.jpeg_end import (
    ends_in_a_first_pass,
    has_hole,
    lacks_scans,
    with_end,
)
from collage_core.pictures.integrity.jpeg_restarts import lacks_restarts

MAX_GIF_BLOCKS = 4096
"""Most blocks before the first picture, of up to 255 bytes each: 1 MB of comments, or 280 KB of
XMP, whose letters a reader takes for the lengths of blocks."""

_AVIF_BRANDS = frozenset({b"avif", b"avis", b"mif1", b"msf1"})  # that Pillow opens


@dataclass(frozen=True, slots=True)
class DecodingWork:
    """Decoding work that the header's size does not show."""

    scans: int = 1
    """How many times a JPEG draws its picture."""

    coded_pixels: int = 0
    """Pixels of the largest picture that an AVIF codes."""

    drawn_pixels: int = 0
    """Pixels of all frames together that an AVIF codes for one picture."""

    body: bytes | None = None
    """The bytes to decode instead of the file, if it had to be changed."""

    screen: Screen | None = None
    """The screen of a picture that does not fill it or extends beyond it."""

    is_doubtful: bool = False
    """Whether a part of the picture may be missing or damaged without an error of the decoder."""

    is_holed: bool = False
    """Whether a part of a JPEG's data may have been overwritten with zeros."""


def inspect(body: bytes) -> DecodingWork:
    """Find the decoding work that the header does not show; `DecodingWork()` if not a picture.

    Raises DecoderLimitError for a file that must not be decoded, and any Exception for a broken
    file.
    """
    if body.startswith(b"\xff\xd8\xff"):
        return _inspect_jpeg(body)
    if body.startswith(b"GIF8"):
        _inspect_gif(body)
    elif body.startswith(b"\x89PNG"):
        return _inspect_png(body)
    elif body[4:8] == b"ftyp":
        return _inspect_avif(body)
    return DecodingWork()


def _inspect_jpeg(body: bytes) -> DecodingWork:
    scans = scans_of(body)
    readable = None
    if scans.unreadable:
        body = readable = _without(body, scans.unreadable)
        scans = scans_of(body)
    if not scans.starts:
        raise ValueError("the JPEG has no scan")  # Pillow would search for one byte by byte
    count = len(scans.starts)
    if lacks_scans(body, scans):
        raise ValueError("the JPEG lacks scans")
    if lacks_restarts(body, scans):
        raise ValueError("the JPEG lacks restart markers")
    ended = with_end(body, scans)
    is_in_parts = count > 1 or scans.is_progressive
    is_holed = has_hole(body, scans)
    is_cut = ended is not None or (is_in_parts and ends_in_a_first_pass(body, scans))
    return DecodingWork(
        count, body=ended or readable, is_doubtful=is_cut or is_holed, is_holed=is_holed
    )


def _without(body: bytes, parts: list[tuple[int, int]]) -> bytes:
    kept, at = [], 0
    for start, end in parts:
        kept.append(body[at:start])
        at = end
    return b"".join([*kept, body[at:]])


def _inspect_png(body: bytes) -> DecodingWork:
    still = still_png(body)
    pixels = math.prod(still.screen.size) if still.screen else 0
    changed = None if still.body is body else still.body
    return DecodingWork(
        coded_pixels=pixels, body=changed, screen=still.screen, is_doubtful=still.is_damaged
    )


def _inspect_avif(body: bytes) -> DecodingWork:
    brand, others = body[8:12], body[16 : int.from_bytes(body[:4])]
    readable = None
    if brand not in _AVIF_BRANDS:
        if b"avif" not in others and b"avis" not in others:
            return DecodingWork()
        readable = body[:8] + b"avif" + body[12:]
    coded = coded_pictures(body)
    shown = shown_size(body)
    return DecodingWork(
        coded_pixels=coded.pixels,
        drawn_pixels=coded.drawn_pixels,
        body=readable,
        screen=Screen(shown, (0, 0)) if shown else None,
    )


def _inspect_gif(body: bytes) -> None:
    """Count the blocks before the first picture. Blocks after it are not read."""
    steps = PartLimit(MAX_GIF_BLOCKS, "blocks before the picture of a GIF")
    flags = body[10]
    at = 13 + (3 << (flags & 7) + 1 if flags & 128 else 0)
    while at < len(body) and body[at] not in b",;":
        steps.take()
        if body[at] != ord("!"):
            at += 1
            continue
        at += 2
        while at < len(body) and body[at]:
            steps.take()
            at += 1 + body[at]
        at += 1
