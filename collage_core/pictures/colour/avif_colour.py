"""The colour space that an AVIF declares, apart from an ICC profile.

The boxes of the picture declare it (`colr`, ISO/IEC 23000-22 and 14496-12), or else the header of
the AV1 stream.
"""

from collections.abc import Iterator
from itertools import islice

from collage_core.pictures.colour.av1_colour import colour_description
from collage_core.pictures.colour.spaces import USUAL_PEAK, Space, space_of_avif
from collage_core.pictures.formats.avif_frames import Boxes, ByteReader, item_locations
from collage_core.pictures.formats.limits import DecoderLimitError

type _Box = tuple[bytes, ByteReader]

_TO_SAMPLE_ENTRIES = (b"mdia", b"minf", b"stbl", b"stsd")
_SAMPLE_ENTRY_BYTES = 78  # of a VisualSampleEntry, before the boxes in it
_DATA = b"data"  # not a box: the bytes of the picture in the file
_ENOUGH_DATA = 1024  # bytes, for the header of the stream
_IN_FILE, _IN_DATA_BOX = 0, 1  # methods of iloc
_PEAK_UNIT = 10_000  # of mdcv, in a cd/m2


def space_of_avif_file(body: bytes) -> Space | None:
    """The colour space; None when the file does not declare one, or is broken there."""
    try:
        properties = dict(_properties(body))
        numbers = properties.get(b"nclx")
        named = (numbers.number(2), numbers.number(2)) if numbers else _in_stream(properties)
        return space_of_avif(*named, _peak(properties)) if named else None
    except (DecoderLimitError, LookupError, RecursionError, ValueError):
        return None


def _properties(body: bytes) -> Iterator[_Box]:
    """The boxes that describe the shown picture, by kind; `colr` by the kind that it contains."""
    boxes = Boxes()
    top = dict(boxes.of(ByteReader(body)))
    # As libavif: an animation is shown by its track, a still picture by its item.
    if body[8:12] == b"avis" and b"moov" in top:
        found = _of_track(top[b"moov"], boxes)
    else:
        found = _of_primary_item(body, top[b"meta"], boxes)
    for kind, box in found:
        yield box.take(4) if kind == b"colr" else kind, box


def _of_track(moov: ByteReader, boxes: Boxes) -> Iterator[_Box]:
    inside = next((box for kind, box in boxes.of(moov) if kind == b"trak"), None)
    for wanted in _TO_SAMPLE_ENTRIES:
        if inside is None:
            return
        inside = dict(boxes.of(inside)).get(wanted)
    if inside:
        inside.take(8)  # version, flags, and how many entries there are
        for _, entry in islice(boxes.of(inside), 1):
            entry.take(_SAMPLE_ENTRY_BYTES)
            yield from boxes.of(entry)


def _of_primary_item(body: bytes, meta: ByteReader, boxes: Boxes) -> Iterator[_Box]:
    meta.take(4)  # version and flags
    inside = dict(boxes.of(meta))
    pitm = inside[b"pitm"]
    primary = pitm.number(2 if pitm.number(4) >> 24 == 0 else 4)
    tables = dict(boxes.of(inside[b"iprp"]))
    properties = list(boxes.of(tables[b"ipco"]))
    for index in _associated(tables[b"ipma"], primary):
        if 1 <= index <= len(properties):
            yield properties[index - 1]
    for item, method, extents in item_locations(inside[b"iloc"], boxes.steps):
        if item == primary and extents and method in (_IN_FILE, _IN_DATA_BOX):
            start, length = extents[0]
            start += 0 if method == _IN_FILE else inside[b"idat"].at
            yield _DATA, ByteReader(body, start, start + length)


def _associated(ipma: ByteReader, wanted: int) -> list[int]:
    """Numbers of an item's properties, counted from 1."""
    head = ipma.number(4)
    item_bytes = 2 if head >> 24 == 0 else 4
    index_bytes = 2 if head & 1 else 1
    without_essential = (1 << 8 * index_bytes - 1) - 1
    for _ in range(ipma.number(4)):
        item = ipma.number(item_bytes)
        indexes = [ipma.number(index_bytes) & without_essential for _ in range(ipma.number(1))]
        if item == wanted:
            return indexes
    return []


def _in_stream(properties: dict[bytes, ByteReader]) -> tuple[int, int] | None:
    """From the header that the boxes repeat, or else from the stream's own header."""
    if config := properties.get(b"av1C"):
        config.take(4)
        if found := colour_description(config.take(config.left)):
            return found
    data = properties.get(_DATA)
    return colour_description(data.take(min(data.left, _ENOUGH_DATA))) if data else None


def _peak(properties: dict[bytes, ByteReader]) -> float:
    """The brightest pixel, or else the peak of the screen on which the picture was made."""
    brightest, screen = properties.get(b"clli"), properties.get(b"mdcv")
    peak = float(brightest.number(2)) if brightest else 0.0
    if not peak and screen:
        screen.take(16)  # its primaries and white
        peak = screen.number(4) / _PEAK_UNIT
    return peak or USUAL_PEAK
