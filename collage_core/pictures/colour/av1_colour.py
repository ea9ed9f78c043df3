"""The colours that the header of an AV1 stream names (section 5.5 of its specification)."""

from collage_core.pictures.formats.av1_sequence import Bits, leb128, skip_operating_points

_SEQUENCE_HEADER = 1
_LONGEST_HEADER = 512
_LONGEST_SEARCH = 16
"""Units to search; the header is the first or the second one."""


def colour_description(data: bytes) -> tuple[int, int] | None:
    """Primaries and transfer, as numbers of ITU-T H.273, from the first header in AV1 data.

    None when the header has none. Raises ValueError or IndexError for truncated data.
    """
    at = 0
    for _ in range(_LONGEST_SEARCH):
        if at >= len(data):
            break
        head = data[at]
        at += 2 if head & 4 else 1
        size = len(data) - at
        if head & 2:
            size, at = leb128(data, at)
        if head >> 3 & 15 == _SEQUENCE_HEADER:
            return _of_header(Bits(data[at : at + min(size, _LONGEST_HEADER)]))
        at += size
    return None


def _of_header(bits: Bits) -> tuple[int, int] | None:
    profile = bits.take(3)
    bits.take(1)  # still picture
    is_reduced = bool(bits.take(1))
    if is_reduced:
        bits.take(5)
    else:
        skip_operating_points(bits)
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    bits.take(width_bits + height_bits)
    if not is_reduced and bits.take(1):  # numbers of frames
        bits.take(4 + 3)
    bits.take(3)  # size of blocks, and two filters
    if not is_reduced:
        _skip_tools(bits)
    bits.take(3)  # three filters
    return _of_colour_config(bits, profile)


def _skip_tools(bits: Bits) -> None:
    bits.take(4)
    has_order_hints = bits.take(1)
    if has_order_hints:
        bits.take(2)
    is_free = bits.take(1)  # each frame says whether it is of a screen
    if is_free or bits.take(1):
        is_free = bits.take(1)  # each frame says whether its motion is of whole pixels
        if not is_free:
            bits.take(1)
    if has_order_hints:
        bits.take(3)


def _of_colour_config(bits: Bits, profile: int) -> tuple[int, int] | None:
    is_deep = bits.take(1)
    if profile == 2 and is_deep:
        bits.take(1)  # 12 bits
    if profile != 1:
        bits.take(1)  # without colours
    return (bits.take(8), bits.take(8)) if bits.take(1) else None
