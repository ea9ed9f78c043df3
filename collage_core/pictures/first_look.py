"""A look at a file before a decoder gets it: is it made to exhaust one?

Pillow reads a file's header part by part in Python, without any limit to their number, and
so do some C libraries behind it: a GIF with a comment of 15 MB took more than nine minutes.
Here the parts are counted first, as Pillow and the libraries will find them, in a number of
steps that is bounded. WebP needs no look: libwebp goes through any number of parts in 0.1 s.
"""

from dataclasses import dataclass

from collage_core.pictures.avif_frames import coded_pictures
from collage_core.pictures.exhausting import Steps
from collage_core.pictures.jpeg_scans import count_scans

MAX_GIF_BLOCKS = 4096
"""Before the first picture, of 255 bytes at most: room for 1 MB of comments, and for metadata,
which is written as if its letters were lengths of blocks, of 280 KB."""

MAX_PNG_CHUNKS = 50_000
"""All of them. A file of 15 MiB in chunks of 8 KB, which is usual, has two thousand."""

MAX_PNG_EXTRA_CHUNKS = 256
"""Of text, profiles, and so on. Each can unpack to a megabyte."""

_PICTURE_CHUNKS = frozenset({b"IDAT", b"fdAT", b"fcTL"})
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


def look(body: bytes) -> Work:
    """What decoding the file will take besides its size; nothing special for what is no picture.

    Raises ExhaustingFileError for a file that is not to be opened, and any Exception for one
    that is broken.
    """
    if body.startswith(b"\xff\xd8\xff"):
        scans = count_scans(body)
        if not scans:
            raise ValueError("a JPEG without a scan")  # Pillow would look for one byte by byte
        return Work(scans=scans)
    if body.startswith(b"GIF8"):
        _look_at_gif(body)
    elif body.startswith(b"\x89PNG"):
        _look_at_png(body)
    elif body[4:8] == b"ftyp" and body[8:12] in _AVIF_BRANDS:
        coded = coded_pictures(body)
        return Work(coded_pixels=coded.pixels, drawn_pixels=coded.drawn_pixels)
    return Work()


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


def _look_at_png(body: bytes) -> None:
    steps = Steps(MAX_PNG_CHUNKS, "chunks of a PNG")
    extra = Steps(MAX_PNG_EXTRA_CHUNKS, "chunks of a PNG that are not its picture")
    at = 8
    while at < len(body):
        kind = body[at + 4 : at + 8]
        if kind == b"IEND":
            break
        steps.take()
        if kind not in _PICTURE_CHUNKS:
            extra.take()
        at += 12 + int.from_bytes(body[at : at + 4])
