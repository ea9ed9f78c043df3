"""How many pixels the pictures coded in an AVIF have, whatever its header says of them.

The header (ISO/IEC 23008-12) is what Pillow reports; the coded picture, AV1, says its size
once more at its beginning. The decoder takes memory for the latter: a file of 3 KB that
declares 60x80 pixels and codes 16384x16384 takes 574 MB before anybody compares the two.
"""

from collections.abc import Iterator

from collage_core.pictures.av1_sequence import picture_sizes

_CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_CODED_PICTURE = b"av01"
_IN_FILE, _IN_DATA_BOX = 0, 1


def coded_pixels(body: bytes) -> int:
    """Pixels of the largest picture that is coded in an AVIF.

    Raises ValueError, IndexError or RecursionError for a file in which none is found, that
    breaks off, or that is made to be read over and over.
    """
    pixels: list[int] = []
    unread = len(body)
    for data in _coded_data(body):
        unread -= len(data)
        if unread < 0:
            raise ValueError("the coded pictures are longer than the file they are in")
        pixels.extend(picture_sizes(data))
    return max(pixels)


def _coded_data(body: bytes) -> Iterator[bytes]:
    """The data of every still picture, and of the first frame of every track."""
    for kind, box in _boxes(_Reader(body)):
        if kind == b"meta":
            yield from _items(body, box)
        elif kind == b"moov":
            yield from _first_frames(body, box)


class _Reader:
    """Big-endian numbers out of a part of some bytes, one after the other."""

    __slots__ = ("_at", "_body", "_end")

    def __init__(self, body: bytes, start: int = 0, end: int | None = None) -> None:
        self._body, self._at = body, start
        self._end = len(body) if end is None else min(end, len(body))

    @property
    def at(self) -> int:
        return self._at

    @property
    def left(self) -> int:
        return self._end - self._at

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size))

    def take(self, size: int) -> bytes:
        start, self._at = self._at, self._at + size
        if size < 0 or self._at > self._end:
            raise ValueError("the file breaks off inside of a box")
        return self._body[start : self._at]

    def part(self, size: int) -> "_Reader":
        """What lies in the next `size` bytes, or in those that there are."""
        start = self._at
        self._at = min(start + size, self._end)
        return _Reader(self._body, start, self._at)


def _boxes(reader: _Reader) -> Iterator[tuple[bytes, _Reader]]:
    while reader.left >= 8:
        size, kind = reader.number(4), reader.take(4)
        header = 8
        if size == 1:
            size, header = reader.number(8), 16
        elif size == 0:
            size = header + reader.left
        if size < header:
            raise ValueError("a box is shorter than its own header")
        yield kind, reader.part(size - header)


def _items(body: bytes, meta: _Reader) -> Iterator[bytes]:
    meta.take(4)  # version and flags
    boxes = dict(_boxes(meta))
    if not boxes.keys() >= {b"iinf", b"iloc"}:
        return
    coded = set(_coded_items(boxes[b"iinf"]))
    data_box = boxes.get(b"idat")
    for item, method, extents in _locations(boxes[b"iloc"]):
        if item in coded and method in (_IN_FILE, _IN_DATA_BOX):
            base = 0 if method == _IN_FILE else data_box.at if data_box else len(body)
            if sum(length for _, length in extents) > len(body):
                raise ValueError("the parts of an item are longer than the file")
            yield b"".join(body[base + start : base + start + length] for start, length in extents)


def _coded_items(iinf: _Reader) -> Iterator[int]:
    version = iinf.number(4) >> 24
    iinf.number(2 if version == 0 else 4)  # how many there are
    for _, entry in _boxes(iinf):
        version = entry.number(4) >> 24
        item = entry.number(4 if version >= 3 else 2)
        entry.number(2)  # protection
        if entry.take(4) == _CODED_PICTURE:
            yield item


def _locations(iloc: _Reader) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Each item's number, construction method, and extents as offset and length."""
    version = iloc.number(4) >> 24
    sizes = iloc.number(2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    wide = 4 if version >= 2 else 2
    for _ in range(iloc.number(wide)):
        item = iloc.number(wide)
        method = iloc.number(2) & 15 if version else _IN_FILE
        iloc.number(2)  # data reference
        start = iloc.number(base)
        extents = []
        for _ in range(iloc.number(2)):
            if version:
                iloc.number(index)
            extents.append((start + iloc.number(offset), iloc.number(length)))
        yield item, method, extents


def _first_frames(body: bytes, box: _Reader) -> Iterator[bytes]:
    starts, lengths = [], []
    for kind, inner in _boxes(box):
        if kind in _CONTAINERS:
            yield from _first_frames(body, inner)
        elif kind in (b"stco", b"co64"):
            inner.number(4)
            if inner.number(4):
                starts.append(inner.number(4 if kind == b"stco" else 8))
        elif kind == b"stsz":
            inner.number(4)
            same, count = inner.number(4), inner.number(4)
            lengths.append(same or (inner.number(4) if count else 0))
    for start in starts:
        for length in lengths:
            yield body[start : start + length]
