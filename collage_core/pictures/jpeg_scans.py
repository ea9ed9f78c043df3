"""In how many passes a JPEG draws its picture, told without drawing it.

A progressive JPEG draws the whole picture again and again, each time finer. Encoders use
about ten passes; a file may hold any number, at some 40 bytes each, and libjpeg goes through
with all of them: 15 MB would keep it busy for an hour. Pillow in turn reads all that comes
before the first scan, in Python: 15 MB of tiny segments keep it busy for as long.
"""

import re

from collage_core.pictures.exhausting import Steps
from collage_core.pictures.exif_directory import check_directory

MAX_SEGMENTS = 2000
"""Scans among them. 15 MiB of metadata, in segments of 64 KB, are 240; a profile has up to 255."""

MAX_FILL_BYTES = 64 * 1024
"""Before the first scan, outside of segments. Encoders write none, or a few to align others."""

_START_OF_SCAN = 0xDA
_END_OF_IMAGE = 0xD9
_SEQUENTIAL = (0xC0, 0xC1)
_EXIF, _EXIF_MARK = 0xE1, b"Exif\0\0"
_PICTURE_INDEX, _PICTURE_INDEX_MARK = 0xE2, b"MPF\0"
_FIRST_SEGMENT = 2
# Before the first scan as Pillow reads: it takes the end of a picture for fill, and all others
# of which it knows no length.
_MARKER = re.compile(rb"\xff[^\x00-\xbf\xc8\xd0-\xd9\xf0-\xfd\xff]")
_MARKER_BETWEEN_SCANS = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
# Inside a scan 0xFF is data when 0 follows, a restart when D0 to D7 do, and padding before 0xFF.
_MARKER_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def count_scans(body: bytes) -> int:
    """Scans up to the end of the picture; 1 for a JPEG whose first scan holds all of it.

    A file that breaks off counts as far as it goes. Raises ExhaustingFileError for one that
    has too much before its first scan, or too many segments in all.
    """
    scans = 0
    components = 0  # of a sequential picture; no progressive one is complete after a scan
    segments = Steps(MAX_SEGMENTS, "segments of a JPEG")
    fill = Steps(MAX_FILL_BYTES, "bytes between the segments of a JPEG")
    exif, picture_index = bytearray(), b""
    at, wanted = _FIRST_SEGMENT, _MARKER
    while found := wanted.search(body, at):
        if not scans:
            fill.take(found.start() - at)
        at = found.start()
        marker, data = body[at + 1], at + 4
        if data >= len(body) or marker == _END_OF_IMAGE:
            return scans
        segments.take()
        after = at + 2 + max(int.from_bytes(body[at + 2 : data]), 2)
        if marker in _SEQUENTIAL:
            components = int.from_bytes(body[data + 5 : data + 6])
        elif marker == _EXIF and not scans and body.startswith(_EXIF_MARK, data):
            exif += body[data + len(_EXIF_MARK) : after]  # as Pillow joins all of them
        elif marker == _PICTURE_INDEX and not scans and body.startswith(_PICTURE_INDEX_MARK, data):
            picture_index = body[data + len(_PICTURE_INDEX_MARK) : after]
        at = after
        if marker == _START_OF_SCAN:
            if not scans:
                wanted = _MARKER_BETWEEN_SCANS
                check_directory(bytes(exif))
                check_directory(picture_index)
            scans += 1
            if body[data] == components or not (found := _MARKER_AFTER_SCAN.search(body, at)):
                return scans
            at = found.start()
    return scans
