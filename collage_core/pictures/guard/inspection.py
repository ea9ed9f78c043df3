"""A look at a file before a decoder gets it: is it made to exhaust one?

Pillow reads a file's header part by part in Python, without any limit to their number, and
so do some C libraries behind it: a GIF with a comment of 15 MB took more than nine minutes.
Here the parts are counted first, as Pillow and the libraries will find them, in a number of
steps that is bounded. WebP needs no look: libwebp goes through any number of parts in 0.1 s.
"""

import math
from dataclasses import dataclass

from collage_core.pictures.avif_crop import shown_size
from collage_core.pictures.guard.avif_frames import coded_pictures
from collage_core.pictures.guard.jpeg_scans import scans_of
from collage_core.pictures.guard.limits import Steps
from collage_core.pictures.integrity.jpeg_end import (
    ends_in_a_first_pass,
    has_hole,
    lacks_scans,
    with_end,
)
from collage_core.pictures.integrity.jpeg_restarts import lacks_restarts
from collage_core.pictures.integrity.png_chunks import Screen, still_png

MAX_GIF_BLOCKS = 4096
"""Before the first picture, of 255 bytes at most: room for 1 MB of comments, and for metadata,
which is written as if its letters were lengths of blocks, of 280 KB."""

_AVIF_BRANDS = frozenset({b"avif", b"avis", b"mif1", b"msf1"})  # that Pillow opens


@dataclass(frozen=True, slots=True)
class Work:
    """What decoding takes, as far as the size in the header does not say it."""

    scans: int = 1
    """How often a JPEG draws its picture."""

    coded_pixels: int = 0
    """Of the largest picture that an AVIF codes."""

    drawn_pixels: int = 0
    """Of all frames together that an AVIF codes for one picture."""

    body: bytes | None = None
    """What the decoder is to get instead of the file."""

    screen: Screen | None = None
    """On which a picture lies that does not fill it, or goes beyond it."""

    is_doubtful: bool = False
    """Whether a part of the picture may be missing or damaged, without a word of the decoder."""

    is_holed: bool = False
    """Whether that part of a JPEG may have been overwritten with zeros."""


def look(body: bytes) -> Work:
    """What decoding the file will take besides its size; nothing special for what is no picture.

    Raises ExhaustingFileError for a file that is not to be opened, and any Exception for one
    that is broken.
    """
    if body.startswith(b"\xff\xd8\xff"):
        return _look_at_jpeg(body)
    if body.startswith(b"GIF8"):
        _look_at_gif(body)
    elif body.startswith(b"\x89PNG"):
        return _look_at_png(body)
    elif body[4:8] == b"ftyp":
        return _look_at_avif(body)
    return Work()


def _look_at_jpeg(body: bytes) -> Work:
    scans = scans_of(body)
    readable = None
    if scans.unreadable:
        body = readable = _without(body, scans.unreadable)
        scans = scans_of(body)
    if not scans.starts:
        raise ValueError("a JPEG without a scan")  # Pillow would look for one byte by byte
    count = len(scans.starts)
    if lacks_scans(body, scans):
        raise ValueError("a JPEG that lacks scans")
    if lacks_restarts(body, scans):
        raise ValueError("a JPEG that lacks restart markers")
    ended = with_end(body, scans)
    is_in_parts = count > 1 or scans.is_progressive
    is_holed = has_hole(body, scans)
    is_cut = ended is not None or (is_in_parts and ends_in_a_first_pass(body, scans))
    return Work(count, body=ended or readable, is_doubtful=is_cut or is_holed, is_holed=is_holed)


def _without(body: bytes, parts: list[tuple[int, int]]) -> bytes:
    kept, at = [], 0
    for start, end in parts:
        kept.append(body[at:start])
        at = end
    return b"".join([*kept, body[at:]])


def _look_at_png(body: bytes) -> Work:
    still = still_png(body)
    pixels = math.prod(still.screen.size) if still.screen else 0
    changed = None if still.body is body else still.body
    return Work(
        coded_pixels=pixels, body=changed, screen=still.screen, is_doubtful=still.is_damaged
    )


def _look_at_avif(body: bytes) -> Work:
    brand, others = body[8:12], body[16 : int.from_bytes(body[:4])]
    readable = None
    if brand not in _AVIF_BRANDS:
        if b"avif" not in others and b"avis" not in others:
            return Work()
        readable = body[:8] + b"avif" + body[12:]
    coded = coded_pictures(body)
    shown = shown_size(body)
    return Work(
        coded_pixels=coded.pixels,
        drawn_pixels=coded.drawn_pixels,
        body=readable,
        screen=Screen(shown, (0, 0)) if shown else None,
    )


def _look_at_gif(body: bytes) -> None:
    """The blocks up to the first picture. Of those after it nothing is read."""
    steps = Steps(MAX_GIF_BLOCKS, "blocks before the picture of a GIF")
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
