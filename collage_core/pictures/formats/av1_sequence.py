"""Reads the size of the pictures of an AV1 stream from the stream itself.

The stream is a sequence of units (OBUs). A sequence header has the size, after some optional fields
that are skipped here.
"""

from collage_core.pictures.formats.limits import PartLimit

_SEQUENCE_HEADER, _FRAME_HEADER, _FRAME = 1, 3, 6
_LONGEST_HEADER = 512
"""In bytes. A header with all 32 operating points and every option has fewer."""


def pixels_and_frames(data: bytes, steps: PartLimit) -> tuple[int, int]:
    """Pixels by the largest sequence header in AV1 data, and how many frames are coded.

    0 pixels without such a header. Frames that are never shown are counted, too. Each unit counts
    as a part. Raises ValueError or IndexError for truncated data.
    """
    pixels = frames = at = 0
    while at < len(data):
        steps.take()
        head = data[at]
        at += 2 if head & 4 else 1
        size = len(data) - at
        if head & 2:
            size, at = leb128(data, at)
        kind = head >> 3 & 15
        if kind == _SEQUENCE_HEADER:
            pixels = max(pixels, _pixels(data[at : at + min(size, _LONGEST_HEADER)]))
        frames += kind in (_FRAME_HEADER, _FRAME)
        at += size
    return pixels, frames


def leb128(data: bytes, at: int) -> tuple[int, int]:
    """The number of variable length at `at`, and the place after it. Raises ValueError."""
    value = 0
    for place in range(8):
        byte = data[at + place]
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, at + place + 1
    raise ValueError("a unit's size has no end")


class Bits:
    """Reads numbers of any width, as AV1 packs them; zeros after the end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data + bytes(_LONGEST_HEADER - len(data)))
        self._left = 8 * _LONGEST_HEADER

    def take(self, width: int) -> int:
        """The next number, of `width` bits. Raises ValueError after the longest header."""
        self._left -= width
        if self._left < 0:
            raise ValueError("a sequence header has no end")
        return self._value >> self._left & (1 << width) - 1


def _pixels(header: bytes) -> int:
    """Pixels by a sequence header (AV1 specification, section 5.5.1)."""
    bits = Bits(header)
    bits.take(3 + 1)  # profile, still picture
    if bits.take(1):  # a reduced header
        bits.take(5)
    else:
        skip_operating_points(bits)
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    return (bits.take(width_bits) + 1) * (bits.take(height_bits) + 1)


def skip_operating_points(bits: Bits) -> None:
    """Skip the fields of a sequence header from the timing to the operating points."""
    delay_bits = 0
    if bits.take(1):  # timing
        bits.take(32 + 32)
        if bits.take(1):  # equal intervals
            zeros = 0
            while not bits.take(1):
                zeros += 1
            bits.take(zeros)
        if bits.take(1):  # a decoder model
            delay_bits = bits.take(5) + 1
            bits.take(32 + 5 + 5)
    has_display_delays = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:  # levels from here on have a tier
            bits.take(1)
        if delay_bits and bits.take(1):
            bits.take(2 * delay_bits + 1)
        if has_display_delays and bits.take(1):
            bits.take(4)
