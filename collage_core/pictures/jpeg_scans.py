"""In how many passes a JPEG draws its picture, told without drawing it.

A progressive JPEG draws the whole picture again and again, each time finer. Encoders use
about ten passes; a file may hold any number, at some 40 bytes each, and libjpeg goes through
with all of them: 15 MB would keep it busy for an hour.
"""

import re

_START_OF_SCAN = 0xDA
_END_OF_IMAGE = 0xD9
_SEQUENTIAL = (0xC0, 0xC1)
_WITHOUT_LENGTH = frozenset([0x00, 0x01, *range(0xD0, 0xD9)])
_PADDING = 0xFF
_FIRST_SEGMENT = 2
# Inside a scan 0xFF is data when 0 follows, a restart when D0 to D7 do, and padding before 0xFF.
_MARKER_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def count_scans(body: bytes) -> int:
    """Scans up to the end of the picture; 1 for a JPEG whose first scan holds all of it.

    A file that breaks off counts as far as it goes.
    """
    scans = 0
    components = 0  # of a sequential picture; no progressive one is complete after a scan
    at = _FIRST_SEGMENT
    while (at := body.find(b"\xff", at)) != -1 and at + 4 < len(body):
        marker, data = body[at + 1], at + 4
        if marker == _END_OF_IMAGE:
            break
        if marker == _PADDING:
            at += 1
            continue
        if marker in _WITHOUT_LENGTH:
            at += 2
            continue
        if marker in _SEQUENTIAL:
            components = int.from_bytes(body[data + 5 : data + 6])
        at += 2 + int.from_bytes(body[at + 2 : data])
        if marker == _START_OF_SCAN:
            scans += 1
            if body[data] == components or not (found := _MARKER_AFTER_SCAN.search(body, at)):
                break
            at = found.start()
    return scans
