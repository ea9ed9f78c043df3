"""Whether a JPEG's picture is whole, as far as its bytes tell, and how a decoder shows the rest.

libjpeg fills what is missing of a scan with grey, and says so in a warning that Pillow drops. But
a scan that is whole takes no notice of data after it: so a picture is whole when it stays the
same with more data behind its last scan. That takes a second decoding, and is done only for
files that give a reason to doubt.
"""

from collage_core.pictures.guard.jpeg_scans import Scans, scans_of

_END = b"\xff\xd9"
_MORE = bytes(range(1, 255)) * 256
"""65 KB without a marker. As compressed data it means anything but a grey area."""

_OVERWRITTEN_BYTES = 3
"""Zeros at the end of a file. A scan ends in one at most, behind one 0xFF."""

_FILL = b"\xff"
_HOLE = bytes(64)
_STEP = 32
"""Any hole has two bytes in a row of those that stand this far apart. To look at these alone spares
reading all of a usual file."""

_ALL = range(64)  # coefficients of a block


def with_end(body: bytes, scans: Scans) -> bytes | None:
    """The file with the end that it lacks, or None when it has one."""
    if body.endswith(_END) or scans.has_end(body):
        return None
    data = body.rstrip(b"\0")
    unfilled = data.rstrip(_FILL)
    if len(body) - len(data) < _OVERWRITTEN_BYTES and len(data) - len(unfilled) < 2:
        unfilled = body.removesuffix(_FILL)
    return unfilled + _END


def with_more_data(body: bytes, *, instead_of: int = 0) -> bytes:
    """The file with more data behind its last scan, or in place of its last bytes."""
    start, end = scans_of(body).data_of_last(body)
    # A decoder takes 0xFF before the data for the beginning of a marker, and would not read it.
    data = body[start:end].rstrip(_FILL)
    data = data[: max(len(data) - instead_of, 0)].rstrip(_FILL)
    # The last byte of the data may have been a zero, and taken for an overwritten end.
    zero = b"" if instead_of else b"\0"
    return body[:start] + data + zero + _MORE + _MORE[: len(body) // 16] + _END


def without_filler(body: bytes) -> bytes:
    """The file without the zeros and the 0xFF at the end of its last scan."""
    start, end = scans_of(body).data_of_last(body)
    return body[:start] + body[start:end].rstrip(b"\0\xff") + _END


def has_hole(body: bytes, scans: Scans) -> bool:
    """Whether some of the data may have been overwritten with zeros, or has yet to come.

    A decoder takes zeros for parts of a picture. The data behind them fit no longer: they run out
    early, or some are left when the picture is full. Encoders write so many zeros for plain areas
    alone.
    """
    if scans.is_progressive or len(scans.starts) > scans.components:
        return False
    if bytes(2) not in body[scans.starts[0] :: _STEP]:
        return False
    at = body.find(_HOLE, scans.starts[0])
    return at >= 0 and at < scans.data_of_last(body)[1]


def lacks_scans(body: bytes, scans: Scans) -> bool:
    """Whether scans are missing without which the picture is blurred, or lacks a colour.

    A progressive picture is complete when its first component, which is its brightness, has every
    coefficient down to the last bit (ITU-T T.81, G.1.1.1); others may have been left out on
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
    """Whether much of the picture would be missing if the last of several scans broke off.

    The last scan of most encoders refines what is there by one bit.
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
