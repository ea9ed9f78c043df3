"""Counts the pixels that are coded in an AVIF, which may be more than its header declares.

Pillow reports the size in the header (ISO/IEC 23008-12). The coded picture, AV1, has its own size
at its beginning, and the decoder allocates memory for that one: a file of 3 KB that declares 60x80
pixels and codes 16384x16384 takes 574 MB before the two sizes are compared.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from collage_core.pictures.formats.av1_sequence import pixels_and_frames
from collage_core.pictures.formats.exif_directory import check_directory
from collage_core.pictures.formats.limits import DecoderLimitError, PartLimit

MAX_PARTS = 10_000
"""Most boxes, items, parts of items and units of AV1 in an AVIF. A usual file has thirty."""

MAX_TABLE_BYTES = 128 * 1024
"""Most bytes of the tables of items and frames. libavif searches all items for each item: 128 KB
take half a second, 15 MB hours. An animation has 16 bytes a frame."""

MAX_FRAMES = 500_000
"""Most frames of a track: its chunks times the most frames of one chunk. libavif trusts these
numbers and allocates 85 bytes a frame: 170 MB for a file of 2 MB that declares two million."""

MAX_TILES_OF_ONE_PLACE = 256
"""Most tiles that share their data. Equal tiles of a grid, such as those of a plain sky, may do so;
a grid of 16x16 tiles is already large."""

MAX_SHARED_READS = 16
"""How many times the length of the file all its items may have together, if they share parts.
Everything is copied once."""

type Extents = tuple[tuple[int, int], ...]
"""Where the parts of an item are: offset in the file, and length."""

_CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_TABLES = frozenset({b"iloc", b"iinf", b"iref", b"ipma"}) | frozenset(
    {b"stco", b"co64", b"stsc", b"stsz", b"stts", b"stss", b"ctts"}
)
_CODED_PICTURE, _EXIF = b"av01", b"Exif"
_IN_FILE, _IN_DATA_BOX = 0, 1


@dataclass(frozen=True, slots=True)
class CodedPictures:
    """The pixels that an AVIF codes, which may differ from those that it declares."""

    pixels: int
    """Pixels of the largest picture."""

    drawn_pixels: int
    """Pixels of all frames of all pictures together; many frames may make one picture."""


def coded_pictures(body: bytes) -> CodedPictures:
    """Count what a decoder has to decode in an AVIF.

    Raises DecoderLimitError for a file with too many parts, or whose parts would be read over and
    over; ValueError, IndexError or RecursionError for a file that is truncated or has no picture.
    """
    most = drawn = 0
    boxes = Boxes()
    reading = _Reading(body, boxes.steps)
    for kind, extents in _coded_data(body, boxes):
        pixels, frames = reading.pixels_and_frames(kind, extents)
        most = max(most, pixels)
        drawn += pixels * frames
    if not most:
        raise ValueError("the AVIF has no coded picture")
    return CodedPictures(most, drawn)


class _Reading:
    """Reads the data of items, only once for items in the same place."""

    def __init__(self, body: bytes, steps: PartLimit) -> None:
        self._body, self._steps = body, steps
        self._unread = MAX_SHARED_READS * len(body)
        self._found: dict[tuple[bytes, Extents], tuple[int, int]] = {}
        self._uses: Counter[tuple[bytes, Extents]] = Counter()

    def pixels_and_frames(self, kind: bytes, extents: Extents) -> tuple[int, int]:
        place = kind, extents
        self._uses[place] += 1
        if self._uses[place] > MAX_TILES_OF_ONE_PLACE:
            raise DecoderLimitError("the items of an AVIF in one place are longer than the file")
        if place not in self._found:
            self._found[place] = self._read(kind, extents)
        return self._found[place]

    def _read(self, kind: bytes, extents: Extents) -> tuple[int, int]:
        self._unread -= sum(max(length, 0) for _, length in extents)
        if self._unread < 0:
            raise DecoderLimitError("the items of an AVIF are longer than the file that has them")
        data = b"".join(self._body[start : start + length] for start, length in extents)
        if kind == _EXIF:
            check_directory(data[4:])  # after the offset of its header
            return 0, 0
        return pixels_and_frames(data, self._steps)


def _coded_data(body: bytes, boxes: "Boxes") -> Iterator[tuple[bytes, Extents]]:
    """Kind and place of every still picture, of every EXIF, and of every track's first frame."""
    for kind, box in boxes.of(ByteReader(body)):
        if kind == b"meta":
            yield from _items(body, box, boxes)
        elif kind == b"moov":
            for extent in _first_frames(box, boxes):
                yield _CODED_PICTURE, (extent,)


class ByteReader:
    """Reads big-endian numbers from a part of some bytes, one after the other.

    Raises ValueError when the part ends too early.
    """

    __slots__ = ("_at", "_body", "_end")

    def __init__(self, body: bytes, start: int = 0, end: int | None = None) -> None:
        self._body, self._at = body, start
        self._end = len(body) if end is None else min(end, len(body))

    @property
    def at(self) -> int:
        """The place of the next byte."""
        return self._at

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return self._end - self._at

    def number(self, size: int) -> int:
        """The next `size` bytes as a number."""
        return int.from_bytes(self.take(size))

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        start, self._at = self._at, self._at + size
        if size < 0 or self._at > self._end:
            raise ValueError("the AVIF ends inside of a box")
        return self._body[start : self._at]

    def part(self, size: int) -> "ByteReader":
        """A reader for the next `size` bytes, or for those that are left."""
        start = self._at
        self._at = min(start + size, self._end)
        return ByteReader(self._body, start, self._at)


class Boxes:
    """Iterates over boxes, and limits the number of boxes and the length of tables of a file."""

    def __init__(self) -> None:
        self.steps = PartLimit(MAX_PARTS, "parts of an AVIF")
        self._table_bytes = PartLimit(MAX_TABLE_BYTES, "bytes in the tables of an AVIF")

    def of(self, reader: ByteReader) -> Iterator[tuple[bytes, ByteReader]]:
        """Kind and content of each box. Raises DecoderLimitError, and ValueError if broken."""
        while reader.left >= 8:
            self.steps.take()
            size, kind = reader.number(4), reader.take(4)
            header = 8
            if size == 1:
                size, header = reader.number(8), 16
            elif size == 0:
                size = header + reader.left
            if size < header:
                raise ValueError("a box is shorter than its own header")
            part = reader.part(size - header)
            if kind in _TABLES:
                self._table_bytes.take(part.left)
            yield kind, part


def _items(body: bytes, meta: ByteReader, boxes: Boxes) -> Iterator[tuple[bytes, Extents]]:
    meta.take(4)  # version and flags
    found = dict(boxes.of(meta))
    if b"iprp" in found:
        for _ in boxes.of(found[b"iprp"]):  # for its tables
            pass
    if not found.keys() >= {b"iinf", b"iloc"}:
        return
    kinds = dict(_kinds_of_items(found[b"iinf"], boxes))
    data_box = found.get(b"idat")
    for item, method, extents in item_locations(found[b"iloc"], boxes.steps):
        kind = kinds.get(item)
        if kind in (_CODED_PICTURE, _EXIF) and method in (_IN_FILE, _IN_DATA_BOX):
            base = 0 if method == _IN_FILE else data_box.at if data_box else len(body)
            if sum(length for _, length in extents) > len(body):
                raise ValueError("the parts of an item of an AVIF are longer than the file")
            yield kind, tuple((base + start, length) for start, length in extents)


def _kinds_of_items(iinf: ByteReader, boxes: Boxes) -> Iterator[tuple[int, bytes]]:
    version = iinf.number(4) >> 24
    iinf.number(2 if version == 0 else 4)  # how many there are
    for _, entry in boxes.of(iinf):
        version = entry.number(4) >> 24
        item = entry.number(4 if version >= 3 else 2)
        entry.number(2)  # protection
        yield item, entry.take(4)


def item_locations(
    iloc: ByteReader, steps: PartLimit
) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Each item's number, construction method, and extents as offset and length."""
    version = iloc.number(4) >> 24
    sizes = iloc.number(2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    wide = 4 if version >= 2 else 2
    for _ in range(iloc.number(wide)):
        steps.take()
        item = iloc.number(wide)
        method = iloc.number(2) & 15 if version else _IN_FILE
        iloc.number(2)  # data reference
        start = iloc.number(base)
        extents = []
        for _ in range(iloc.number(2)):
            steps.take()
            if version:
                iloc.number(index)
            extents.append((start + iloc.number(offset), iloc.number(length)))
        yield item, method, extents


def _first_frames(box: ByteReader, boxes: Boxes) -> Iterator[tuple[int, int]]:
    starts, lengths = [], []
    chunks = frames_a_chunk = 0
    for kind, inner in boxes.of(box):
        if kind in _CONTAINERS:
            yield from _first_frames(inner, boxes)
        elif kind in (b"stco", b"co64"):
            inner.number(4)
            if count := inner.number(4):
                chunks += count
                starts.append(inner.number(4 if kind == b"stco" else 8))
        elif kind == b"stsz":
            inner.number(4)
            same, count = inner.number(4), inner.number(4)
            lengths.append(same or (inner.number(4) if count else 0))
        elif kind == b"stsc":
            frames_a_chunk = max(frames_a_chunk, _frames_a_chunk(inner))
    if chunks * frames_a_chunk > MAX_FRAMES:
        raise DecoderLimitError("an animation has too many frames")
    for start in starts:
        for length in lengths:
            boxes.steps.take()
            yield start, length


def _frames_a_chunk(stsc: ByteReader) -> int:
    """The most of any chunk."""
    stsc.number(4)
    most = 0
    for _ in range(stsc.number(4)):
        stsc.number(4)  # the first chunk of that many frames
        most = max(most, stsc.number(4))
        stsc.number(4)
    return most
