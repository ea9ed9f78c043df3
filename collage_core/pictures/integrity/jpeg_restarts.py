"""Whether a JPEG has all of its restart markers, which are numbered from 0 to 7 over and over.

If one is missing, a decoder fills that part of the picture with grey, without an error, and
continues after the next one. So the end of the picture looks correct.
"""

import re
from itertools import islice
from math import ceil

from collage_core.pictures.formats.jpeg_scans import Scans

_MARKER = re.compile(rb"\xff([^\x00\xff])")
_NUMBERS = bytes(range(0xD0, 0xD8))
_BLOCK = 8  # pixels, across and down


def lacks_restarts(body: bytes, scans: Scans) -> bool:
    """Whether a restart marker is missing or misplaced in the only scan of a JPEG.

    Extra markers do no harm. In one of several scans a missing marker only costs detail.
    """
    if not scans.restart_interval or scans.is_progressive or len(scans.starts) != 1:
        return False
    count = (_units(scans.frame) - 1) // scans.restart_interval
    start = scans.starts[0]
    found = islice(
        _MARKER.finditer(body, start + int.from_bytes(body[start - 2 : start]) - 2), count
    )
    return b"".join(marker[1] for marker in found) != (_NUMBERS * (count // 8 + 1))[: max(count, 0)]


def _units(frame: bytes) -> int:
    """Units of all components (ITU-T T.81, A.2 and B.2.2); 1 if the height follows later."""
    height, width = int.from_bytes(frame[1:3]), int.from_bytes(frame[3:5])
    samplings = [0x11] if frame[5] == 1 else frame[7::3][: frame[5]]
    across = max(sampling >> 4 for sampling in samplings) * _BLOCK
    down = max(sampling & 15 for sampling in samplings) * _BLOCK
    return max(ceil(width / across) * ceil(height / down), 1)
