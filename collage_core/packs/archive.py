"""The bytes of packs: stored ZIPs. The same covers give the same bytes, on every system.

Not `zipfile`: it writes a file from end to end, while a pack is sent from where its covers lie.
"""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

LOCAL_HEADER = struct.Struct("<4s5H3L2H")
DIRECTORY_ENTRY = struct.Struct("<4s6H3L5H2L")
DIRECTORY_END = struct.Struct("<4s4H2LH")
"""Of the ZIP file format (APPNOTE 6.3.10), sections 4.3.7, 4.3.12 and 4.3.16."""

LOCAL_MARK, ENTRY_MARK, END_MARK = b"PK\3\4", b"PK\1\2", b"PK\5\6"
"""What each of them begins with."""

_VERSION = 20
"""Of the format, which all programs read."""

_BY_UNIX = 3 << 8 | _VERSION
_PLAIN_FILE = 0o100644 << 16
"""How `unzip` sets the rights of what it unpacks."""

_FIRST_YEAR, _LAST_YEAR = 1980, 2107
"""The years that a ZIP can name."""


@dataclass(frozen=True, slots=True)
class PackedCover:
    """What a pack says of a cover in it."""

    name: str
    """In ASCII."""
    size: int
    crc: int
    """CRC-32 of its bytes."""

    @property
    def stem(self) -> str:
        """Its name without the type of its file."""
        return self.name.rpartition(".")[0]


def header_of(cover: PackedCover, moment: datetime) -> bytes:
    """What comes before the bytes of a cover. `moment` is the time that it has, aware."""
    name = cover.name.encode("ascii")
    time, day = _as_zip_has_it(moment)
    sizes = (cover.size, cover.size)
    header = LOCAL_HEADER.pack(
        LOCAL_MARK, _VERSION, 0, 0, time, day, cover.crc, *sizes, len(name), 0
    )
    return header + name


def directory_of(covers: Iterable[PackedCover], moment: datetime) -> bytes:
    """What comes after all covers, in their order."""
    time, day = _as_zip_has_it(moment)
    entries, at, count = bytearray(), 0, 0
    for count, cover in enumerate(covers, 1):  # noqa: B007 - the last one is the number of all
        name = cover.name.encode("ascii")
        entries += DIRECTORY_ENTRY.pack(
            *(ENTRY_MARK, _BY_UNIX, _VERSION, 0, 0, time, day, cover.crc, cover.size, cover.size),
            *(len(name), 0, 0, 0, 0, _PLAIN_FILE, at),
        )
        entries += name
        at += LOCAL_HEADER.size + len(name) + cover.size
    end = DIRECTORY_END.pack(END_MARK, 0, 0, count, count, len(entries), at, 0)
    return bytes(entries) + end


def write_pack(out: BinaryIO, covers: Iterable[tuple[str, bytes]], moment: datetime) -> int:
    """Write a pack of these covers, by name, in this order; the byte where its directory begins."""
    written: list[PackedCover] = []
    size = 0
    for name, body in covers:
        cover = PackedCover(name, len(body), zlib.crc32(body))
        size += out.write(header_of(cover, moment)) + out.write(body)
        written.append(cover)
    out.write(directory_of(written, moment))
    return size


def _as_zip_has_it(moment: datetime) -> tuple[int, int]:
    """The time and the day in 16 bits each; a ZIP has every other second."""
    moment = moment.astimezone(UTC)
    year = min(max(moment.year, _FIRST_YEAR), _LAST_YEAR) - _FIRST_YEAR
    day = year << 9 | moment.month << 5 | moment.day
    return moment.hour << 11 | moment.minute << 5 | moment.second // 2, day
