"""The part of an AVIF's picture that is shown: its clean aperture.

Pillow ignores it. Browsers apply it when it begins at the top left corner: encoders use it so to
hide the padding of sizes that they cannot code. Otherwise browsers show the whole picture.
"""

import struct
from collections.abc import Iterator

_HEADER_BYTES = 64 * 1024
"""How much of the file is searched: encoders put the description of the picture there."""

_WIDE = 1  # flag of an association: its number has 15 bits


def shown_size(body: bytes) -> tuple[int, int] | None:
    """Width and height that are shown from the top left corner; None for the whole picture.

    Also None when the aperture cannot be read: the decoder decides whether the file is broken.
    """
    head = body[:_HEADER_BYTES]
    if b"clap" not in head:
        return None
    try:
        return _aperture(head)
    except (ValueError, IndexError, struct.error):
        return None


def _aperture(head: bytes) -> tuple[int, int] | None:
    meta = _box(head, 0, len(head), b"meta")
    properties = _box(head, meta[0] + 4, meta[1], b"iprp")
    start, end = _box(head, *properties, b"ipco")
    found = list(_boxes(head, start, end))
    first = _box(head, meta[0] + 4, meta[1], b"pitm")[0]
    item = int.from_bytes(head[first + 4 : first + (8 if head[first] else 6)])
    sizes = apertures = None
    for number in _associated(head, _box(head, *properties, b"ipma")[0], item):
        kind, at, _ = found[number - 1]
        if kind == b"ispe":
            sizes = struct.unpack_from(">II", head, at + 4)
        elif kind == b"clap":
            apertures = struct.unpack_from(">IIIIiIiI", head, at)
    return _from_the_corner(apertures, sizes) if apertures and sizes else None


def _from_the_corner(clap: tuple[int, ...], size: tuple[int, ...]) -> tuple[int, int] | None:
    """ISO/IEC 14496-12, 12.1.4: sizes as fractions, and offsets between the two centres."""
    shown = []
    for (numerator, denominator), (offset, parts), whole in zip(
        (clap[0:2], clap[2:4]), (clap[4:6], clap[6:8]), size, strict=True
    ):
        if not denominator or not parts or numerator % denominator:
            return None
        length = numerator // denominator
        if not 0 < length <= whole or 2 * offset != (length - whole) * parts:
            return None
        shown.append(length)
    return shown[0], shown[1]


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The kind of each box, and where its content begins and ends."""
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8:
            raise ValueError("a box of an AVIF is shorter than its header, or has a 64-bit size")
        yield kind, at + 8, min(at + size, end)
        at += size


def _box(data: bytes, at: int, end: int, wanted: bytes) -> tuple[int, int]:
    for kind, start, stop in _boxes(data, at, end):
        if kind == wanted:
            return start, stop
    raise ValueError(f"the AVIF has no box {wanted!r}")


def _associated(data: bytes, at: int, item: int) -> list[int]:
    """Numbers of an item's properties, counted from 1; ISO/IEC 23008-12, 9.3.1."""
    item_bytes, width = (4 if data[at] else 2), (2 if data[at + 3] & _WIDE else 1)
    count, at = int.from_bytes(data[at + 4 : at + 8]), at + 8
    for _ in range(min(count, len(data))):
        number = int.from_bytes(data[at : at + item_bytes])
        at += item_bytes
        start, at = at + 1, at + 1 + data[at] * width
        if number == item:
            mask = (1 << 8 * width - 1) - 1
            return [int.from_bytes(data[i : i + width]) & mask for i in range(start, at, width)]
    return []
