"""Reads a PNG as browsers do: without its broken extra chunks.

Pillow refuses a whole file because of a profile with a wrong checksum, or a resolution of two
bytes. It also reads chunks after the picture, which browsers ignore. Such chunks are removed before
Pillow gets the file; a usual file is neither changed nor copied.
"""

import re
import struct
import zlib
from dataclasses import dataclass, field

from collage_core.pictures.formats.limits import PartLimit

MAX_CHUNKS = 50_000
"""Most chunks of a file. A file of 15 MiB in chunks of 8 KB, the usual size, has two thousand."""

MAX_EXTRA_CHUNKS = 256
"""Most chunks of text, profiles, and so on. Each can unpack to a megabyte."""

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PICTURE_CHUNKS = frozenset({b"IDAT", b"fdAT", b"fcTL"})
_CRITICAL = frozenset({b"IHDR", b"PLTE"})
_HARMLESS_BEHIND = frozenset({b"tEXt", b"tIME"})
_LENGTHS = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"cICP": 4, b"pHYs": 9, b"acTL": 8, b"fcTL": 26}
"""Sections 11.3.2 to 11.3.6 of the PNG specification, third edition."""

_COMPRESSED = frozenset({b"iCCP", b"zTXt", b"iTXt"})
_REPEATABLE = frozenset({b"tEXt", b"zTXt", b"iTXt", b"sPLT"})
_NAME = re.compile(rb"[A-Za-z0-9_]{4}")  # of a chunk that Pillow reads
_GREY, _RGB, _INDEXED = 0, 2, 3
_TRANSPARENCY_LENGTHS = {_GREY: range(2, 257), _RGB: range(6, 257), _INDEXED: range(257)}
_LARGEST_UNPACKED = 1024 * 1024
"""Most bytes of an unpacked text or profile; Pillow refuses a file with a larger one."""

_HIGHEST_RATIO = 1032  # of deflate
_ANIMATION, _FRAME, _FRAME_DATA = b"acTL", b"fcTL", b"fdAT"


@dataclass(frozen=True, slots=True)
class Screen:
    """An area that is partly covered by a picture; the rest is transparent."""

    size: tuple[int, int]
    place: tuple[int, int]
    """The place of the picture's top left corner."""


@dataclass(frozen=True, slots=True)
class StillPng:
    """A PNG for Pillow to decode."""

    body: bytes
    screen: Screen | None = None
    """Set when the picture is smaller than the size that the file declares."""

    is_damaged: bool = False
    """Whether a checksum of the picture's chunks is wrong; Pillow does not check them."""


@dataclass(slots=True)
class _Found:
    """The chunks that were found until now, from the beginning of the file."""

    body: bytes
    before: list[tuple[int, int]] = field(default_factory=list)
    """Start and end of the chunks before the picture that are kept."""

    kinds: set[bytes] = field(default_factory=set)
    is_changed: bool = False
    picture: tuple[int, int] = (0, 0)
    """Start and end of the first sequence of IDAT chunks."""

    is_damaged: bool = False
    frame: bytes = b""
    """The fcTL of the first frame, if that is not the picture itself."""

    frame_data: list[tuple[int, int]] = field(default_factory=list)
    """Start and end of the data of that frame's fdAT chunks."""

    is_frame_whole: bool = False

    def still(self) -> StillPng:
        """The PNG without the chunks that are left out."""
        if _ANIMATION in self.kinds and self.frame_data and self.frame:
            return self._first_frame()
        if not self.is_changed:
            return StillPng(self.body, is_damaged=self.is_damaged)
        parts = [self.body[start:end] for start, end in [*self.before, self.picture]]
        body = b"".join([SIGNATURE, *parts, chunk(b"IEND", b"")])
        return StillPng(body, is_damaged=self.is_damaged)

    def _first_frame(self) -> StillPng:
        """The first frame as a file; browsers show it instead of the picture before it."""
        header = self.body[16:29]
        size = struct.unpack_from(">II", header)
        width, height, left, top = struct.unpack_from(">IIII", self.frame, 4)
        if left + width > size[0] or top + height > size[1]:
            raise ValueError("the first frame of the PNG's animation is outside of its picture")
        parts = [self.body[start:end] for start, end in self.before[1:]]
        data = b"".join(self.body[start:end] for start, end in self.frame_data)
        body = [SIGNATURE, chunk(b"IHDR", struct.pack(">II", width, height) + header[8:]), *parts]
        screen = None if (width, height) == size else Screen(size, (left, top))
        return StillPng(b"".join([*body, chunk(b"IDAT", data), chunk(b"IEND", b"")]), screen)


def still_png(body: bytes) -> StillPng:
    """Remove broken chunks and further pictures; returns `body` itself when it has none.

    Raises DecoderLimitError for a file with too many chunks, and ValueError for a file whose header
    no browser accepts.
    """
    steps = PartLimit(MAX_CHUNKS, "chunks of a PNG")
    extra = PartLimit(MAX_EXTRA_CHUNKS, "chunks of a PNG that are not its picture")
    if body[8:16] != b"\0\0\0\x0dIHDR" or body[26:27] != b"\0":
        raise ValueError("the PNG has no header, or an unknown compression")
    found = _Found(body)
    at = 8
    while at < len(body):
        kind = body[at + 4 : at + 8]
        if kind == b"IEND":
            break
        steps.take()
        if kind not in _PICTURE_CHUNKS:
            extra.take()
        end = at + 12 + int.from_bytes(body[at : at + 4])
        if kind == b"IDAT" and found.picture[1] in (0, at):
            found.picture = (found.picture[0] or at, end)
            # For a truncated chunk, the decoder decides whether anything is missing.
            if end <= len(body) and not has_right_checksum(body, at, end):
                found.is_damaged = True
        elif found.picture[1]:
            _read_after(found, kind, at, end)
        else:
            _read_before(found, kind, at, end)
        at = end
    return found.still()


def _read_before(found: _Found, kind: bytes, at: int, end: int) -> None:
    is_critical = kind[:1].isupper()
    if is_critical and (kind not in _CRITICAL or kind in found.kinds or end - at == 12):
        raise ValueError(f"the PNG's critical chunk {kind!r} is unknown, repeated or empty")
    if kind in (_ANIMATION, _FRAME):
        found.is_changed = True
        if kind == _FRAME:
            _check_first_frame(found.body, at, end)
        elif not _is_usable(found, kind, at, end):
            return
    elif is_critical or _is_usable(found, kind, at, end):
        found.before.append((at, end))
    else:
        found.is_changed = True
        return
    found.kinds.add(kind)


def _check_first_frame(body: bytes, at: int, end: int) -> None:
    """Raise ValueError unless the first frame is the picture itself and covers all of it."""
    size = body[16:24]
    if end - at != 12 + 26 or body[at + 8 : at + 28] != bytes(4) + size + bytes(8):
        raise ValueError("the first frame of the PNG's animation is not its picture")


def _read_after(found: _Found, kind: bytes, at: int, end: int) -> None:
    if kind not in _HARMLESS_BEHIND or end > len(found.body):
        found.is_changed = True
    if _ANIMATION not in found.kinds or _FRAME in found.kinds or found.is_frame_whole:
        return
    if kind == _FRAME:
        if found.frame or end - at != 12 + 26:
            found.is_frame_whole = True
        else:
            found.frame = found.body[at + 8 : end - 4]
    elif kind == _FRAME_DATA and end - at >= 12 + 4:
        found.frame_data.append((at + 12, end - 4))


def _is_usable(found: _Found, kind: bytes, at: int, end: int) -> bool:
    """Whether browsers, libpng and Pillow can all read this chunk, which is not critical."""
    body = found.body
    if not has_right_checksum(body, at, end) or not _NAME.fullmatch(kind):
        return False
    if kind in found.kinds and kind not in _REPEATABLE:
        return False
    if kind == b"tRNS":
        return _is_usable_transparency(found, end - at - 12)
    if kind in _COMPRESSED:
        return _is_readable(kind, body[at + 8 : end - 4])
    return kind not in _LENGTHS or end - at - 12 == _LENGTHS[kind]


def has_right_checksum(body: bytes, at: int, end: int) -> bool:
    """Whether the CRC of the chunk from `at` to `end` is right."""
    return zlib.crc32(memoryview(body)[at + 4 : end - 4]) == int.from_bytes(body[end - 4 : end])


def _is_usable_transparency(found: _Found, length: int) -> bool:
    colour_type = found.body[25]
    if colour_type == _INDEXED and b"PLTE" not in found.kinds:
        return False
    return length in _TRANSPARENCY_LENGTHS.get(colour_type, ())


def _is_readable(kind: bytes, content: bytes) -> bool:
    """Whether Pillow accepts the size and the compression of a profile or a text."""
    _, nul, rest = content.partition(b"\0")
    if kind == b"iTXt":
        is_packed = rest[:1] not in (b"", b"\0")
        return not is_packed or _unpacks(rest[2:].split(b"\0", 2)[-1])
    if kind == b"iCCP" and not (nul and rest):
        return False
    return rest[:1] in (b"", b"\0") and _unpacks(rest[1:])


def _unpacks(packed: bytes) -> bool:
    """Whether the unpacked data is small enough for Pillow, which ignores data that is broken."""
    if len(packed) * _HIGHEST_RATIO <= _LARGEST_UNPACKED:
        return True
    unpacking = zlib.decompressobj()
    try:
        unpacking.decompress(packed, _LARGEST_UNPACKED)
    except zlib.error:
        return True
    return not unpacking.unconsumed_tail


def chunk(kind: bytes, content: bytes) -> bytes:
    """Build a chunk with its length and its CRC."""
    checksum = zlib.crc32(content, zlib.crc32(kind))
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
