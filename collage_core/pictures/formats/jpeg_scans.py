"""Counts the scans of a JPEG without decoding them.

A progressive JPEG draws the whole picture again in each scan, finer each time. Encoders use about
ten scans, but a file may have any number, at some 40 bytes each, and libjpeg decodes all of them:
15 MB would take an hour. Pillow reads everything before the first scan in Python: 15 MB of tiny
segments take just as long.
"""

import re
from dataclasses import dataclass, field

from collage_core.pictures.formats.exif_directory import check_directory
from collage_core.pictures.formats.limits import PartLimit

MAX_SEGMENTS = 2000
"""Most segments, scans included. 15 MiB of metadata in segments of 64 KB are 240, and a profile has
up to 255."""

MAX_FILL_BYTES = 64 * 1024
"""Most bytes outside of segments before the first scan. Encoders write a few at most, to align."""

_START_OF_SCAN = 0xDA
_END_OF_IMAGE = 0xD9
_RESTART_INTERVAL = 0xDD
_SEQUENTIAL = frozenset({0xC0, 0xC1, 0xC9})
_FRAMES = _SEQUENTIAL | {0xC2, 0xCA}
_EXIF, _EXIF_MARK = 0xE1, b"Exif\0\0"
_PICTURE_INDEX, _PICTURE_INDEX_MARK = 0xE2, b"MPF\0"
_PHOTOSHOP, _RESOURCE = 0xED, b"8BIM"
_SHORTEST = {
    0xE0: (b"JFIF", 7),
    0xE2: (b"ICC_PROFILE\0", 15),
    0xEE: (b"Adobe", 7),
    _PHOTOSHOP: (b"Photoshop 3.0\0", 6),
}
"""How these segments begin, and how many bytes Pillow expects without a check. It fails at a
segment of Photoshop that ends after the number of a resource, after six bytes."""

_FIRST_SEGMENT = 2
_TEMPORARY = b"\xff\x01"
"""A marker without a segment, for use by encoders (ITU-T T.81, table B.1)."""

# Before the first scan, as Pillow reads it: it skips the end of a picture, and every marker whose
# length it does not know, like fill bytes.
_MARKER = re.compile(rb"\xff[^\x00-\xbf\xc8\xd0-\xd9\xf0-\xfd\xff]")
_MARKER_BETWEEN_SCANS = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
# Inside a scan 0xFF is data when 0 follows, a restart when D0 to D7 do, and padding before 0xFF.
_MARKER_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


@dataclass(slots=True)
class Scans:
    """The scans of a JPEG, up to the end of its picture."""

    starts: list[int] = field(default_factory=list)
    """Where the header of each scan begins, after its length. Only the first scan if it has the
    whole picture."""

    frame: bytes = b""
    """The frame's header: precision, size and components."""

    restart_interval: int = 0
    """Units of the picture between two restart markers; 0 if there are no such markers."""

    is_progressive: bool = False
    unreadable: list[tuple[int, int]] = field(default_factory=list)
    """Start and end of segments at which Pillow fails and libjpeg does not."""

    def note(self, body: bytes, marker: int, data: int, after: int) -> None:
        """Record a segment whose content is from `data` to `after`."""
        if marker in _FRAMES:
            self.is_progressive = marker not in _SEQUENTIAL
            self.frame = body[data:after]
        elif marker == _RESTART_INTERVAL and not self.starts:
            self.restart_interval = int.from_bytes(body[data : data + 2])
        elif marker in _SHORTEST and _is_unreadable(body[data:after], marker):
            self.unreadable.append((data - 4, after))

    @property
    def components(self) -> int:
        """How many components the picture has; 0 without a frame's header."""
        return int.from_bytes(self.frame[5:6])

    def data_of_last(self, body: bytes) -> tuple[int, int]:
        """Start and end of the last scan's data; it ends at a marker or with the file."""
        start = self.starts[-1]
        start += int.from_bytes(body[start - 2 : start]) - 2
        found = _MARKER_AFTER_SCAN.search(body, start)
        return start, found.start() if found else len(body)

    def has_end(self, body: bytes) -> bool:
        """Whether the picture's data is followed by a marker."""
        return self.data_of_last(body)[1] < len(body)


@dataclass(slots=True)
class _Metadata:
    """Metadata that Pillow would read into memory before the first scan."""

    exif: bytearray = field(default_factory=bytearray)
    picture_index: bytes = b""

    def note(self, body: bytes, marker: int, data: int, after: int) -> None:
        if marker == _EXIF and body.startswith(_EXIF_MARK, data):
            self.exif += body[data + len(_EXIF_MARK) : after]  # as Pillow joins all of them
        elif marker == _PICTURE_INDEX and body.startswith(_PICTURE_INDEX_MARK, data):
            self.picture_index = body[data + len(_PICTURE_INDEX_MARK) : after]

    def check(self) -> None:
        check_directory(bytes(self.exif))
        check_directory(self.picture_index)


def count_scans(body: bytes) -> int:
    """How many scans `scans_of` finds."""
    return len(scans_of(body).starts)


def scans_of(body: bytes) -> Scans:
    """Find the scans up to the end of the picture; one if the first scan has the whole picture.

    In a truncated file, those that are there. Raises DecoderLimitError for a file that has too much
    before its first scan, or too many segments.
    """
    scans = Scans()
    starts, unreadable = scans.starts, scans.unreadable
    segments = PartLimit(MAX_SEGMENTS, "segments of a JPEG")
    fill = PartLimit(MAX_FILL_BYTES, "bytes between the segments of a JPEG")
    metadata = _Metadata()
    at, wanted = _FIRST_SEGMENT, _MARKER
    while found := wanted.search(body, at):
        if not starts and found.start() > at:
            fill.take(found.start() - at)
            if set(body[at : found.start()].split(_TEMPORARY)) == {b""}:
                unreadable.append((at, found.start()))
        at = found.start()
        marker, data = body[at + 1], at + 4
        if data >= len(body) or marker == _END_OF_IMAGE:
            break
        segments.take()
        after = at + 2 + max(int.from_bytes(body[at + 2 : data]), 2)
        scans.note(body, marker, data, after)
        if not starts:
            metadata.note(body, marker, data, after)
        at = after
        if marker == _START_OF_SCAN:
            if not starts:
                wanted = _MARKER_BETWEEN_SCANS
                metadata.check()
            starts.append(data)
            is_whole = not scans.is_progressive and body[data] == scans.components
            if is_whole or not (found := _MARKER_AFTER_SCAN.search(body, at)):
                break
            at = found.start()
    return scans


def _is_unreadable(content: bytes, marker: int) -> bool:
    mark, shortest = _SHORTEST[marker]
    if marker == _PHOTOSHOP:
        return content.startswith(mark) and content[-shortest:].startswith(_RESOURCE)
    return len(content) < shortest and content.startswith(mark)
