"""Whether a JPEG's picture is complete: checks of its bytes, and files for a second decoding.

libjpeg fills the missing part of a scan with grey, with a warning that Pillow drops. But a complete
scan ignores data after it. So a picture is complete if it stays the same when more data follows its
last scan. That takes a second decoding, so it is done only for files that look suspicious.
"""

from collage_core.pictures.formats.jpeg_scans import Scans, scans_of

_END = b"\xff\xd9"
_MORE = bytes(range(1, 255)) * 256
"""65 KB without a marker. As compressed data it never decodes to a grey area."""

_OVERWRITTEN_BYTES = 3
"""So many zeros at the end of a file mean that it was overwritten. A scan ends in one zero at most,
after one 0xFF."""

_FILL = b"\xff"
_HOLE = bytes(64)
_STEP = 32
"""Of the bytes at this distance, every hole contains two in a row. Checking only these is faster
than reading the whole of a usual file."""

_ALL = range(64)  # coefficients of a block


def with_end(body: bytes, scans: Scans) -> bytes | None:
    """The file with an end marker added, or None when it has one."""
    if body.endswith(_END) or scans.has_end(body):
        return None
    data = body.rstrip(b"\0")
    unfilled = data.rstrip(_FILL)
    if len(body) - len(data) < _OVERWRITTEN_BYTES and len(data) - len(unfilled) < 2:
        unfilled = body.removesuffix(_FILL)
    return unfilled + _END


def with_more_data(body: bytes, *, instead_of: int = 0) -> bytes:
    """The file with more data after its last scan, or in place of the scan's last bytes."""
    start, end = scans_of(body).data_of_last(body)
    # A decoder reads 0xFF before the new data as the beginning of a marker, and would skip it.
    data = body[start:end].rstrip(_FILL)
    data = data[: max(len(data) - instead_of, 0)].rstrip(_FILL)
    # The data may have ended in a zero that was removed as an overwritten end.
    zero = b"" if instead_of else b"\0"
    return body[:start] + data + zero + _MORE + _MORE[: len(body) // 16] + _END


def without_filler(body: bytes) -> bytes:
    """The file without zeros and 0xFF at the end of its last scan."""
    start, end = scans_of(body).data_of_last(body)
    return body[:start] + body[start:end].rstrip(b"\0\xff") + _END


def has_hole(body: bytes, scans: Scans) -> bool:
    """Whether some of the data may have been overwritten with zeros, or was never written.

    A decoder reads zeros as parts of the picture. The data after them no longer fits: it ends too
    early, or some is left when the picture is full. Encoders write so many zeros only for plain
    areas.
    """
    if scans.is_progressive or len(scans.starts) > scans.components:
        return False
    if bytes(2) not in body[scans.starts[0] :: _STEP]:
        return False
    at = body.find(_HOLE, scans.starts[0])
    return at >= 0 and at < scans.data_of_last(body)[1]


def lacks_scans(body: bytes, scans: Scans) -> bool:
    """Whether scans are missing, so that the picture is blurred or lacks a colour.

    A progressive picture is complete when its first component, the brightness, has every
    coefficient down to the last bit (ITU-T T.81, G.1.1.1). An encoder may leave out others on
    purpose.
    """
    headers = [_ScanHeader(body, at) for at in scans.starts]
    if not scans.is_progressive:
        return len({part for header in headers for part in header.components}) < scans.components
    first, missing = headers[0].components[0], dict.fromkeys(_ALL, True)
    for header in headers:
        if first in header.components:
            missing |= dict.fromkeys(header.coefficients, header.lowest_bit > 0)
    return any(missing.values())


def ends_in_a_first_pass(body: bytes, scans: Scans) -> bool:
    """Whether much of the picture is missing if the last of several scans is truncated.

    The last scan of most encoders only refines the picture by one bit.
    """
    last = _ScanHeader(body, scans.starts[-1])
    first = _ScanHeader(body, scans.starts[0])
    return not scans.is_progressive or (
        first.components[0] in last.components and not last.is_refining
    )


class _ScanHeader:
    """ITU-T T.81, B.2.3, after the length."""

    __slots__ = ("coefficients", "components", "is_refining", "lowest_bit")

    def __init__(self, body: bytes, at: int) -> None:
        rest = at + 1 + 2 * body[at]
        self.components = body[at + 1 : rest : 2]
        self.coefficients = range(body[rest], min(body[rest + 1], 63) + 1)
        self.is_refining = body[rest + 2] >> 4 > 0
        self.lowest_bit = body[rest + 2] & 15
