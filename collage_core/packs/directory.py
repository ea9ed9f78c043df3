"""The list of what is in a pack. It is trusted as little as an answer from the web.

Whoever may write to the temp bucket may write packs. So only what `archive` writes is accepted: of
all that a ZIP may have, nothing else is understood.
"""

import re
import zlib
from collections.abc import Container
from dataclasses import dataclass

from collage_core.contract.pack import Pack
from collage_core.layout.creator_names import LONGEST_ENCODED
from collage_core.packs.archive import (
    DIRECTORY_END,
    DIRECTORY_ENTRY,
    END_MARK,
    ENTRY_MARK,
    LOCAL_HEADER,
    LOCAL_MARK,
)
from collage_core.packs.limits import MOST_COVER_BYTES, MOST_COVERS

_NAME = re.compile(
    rb"(?!\.)(?:[a-z0-9_-]|\.(?![./])|=(?:[0-9A-F]{2}|-))+"  # a creator, as `encode_creator` says
    rb"/[0-9a-f]{32}"  # the digest of a picture
    rb"\.[a-z]{3,4}"  # the type of its file
)
_LONGEST_NAME = LONGEST_ENCODED + 1 + 32 + 5

LONGEST_DIRECTORY = MOST_COVERS * (DIRECTORY_ENTRY.size + _LONGEST_NAME) + DIRECTORY_END.size
"""Bytes of the directory of a full pack, at most: 2.8 MB."""


class BrokenPackError(ValueError):
    """A pack that was not written by us, or not wholly. Its text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Member:
    """A cover in a pack."""

    name: str
    at: int
    """Where its local header begins."""
    size: int
    """Of the cover."""
    crc: int

    @property
    def stem(self) -> str:
        """Its name without the type of its file."""
        return self.name.rpartition(".")[0]

    @property
    def end(self) -> int:
        """The byte after it."""
        return self.body_at + self.size

    @property
    def body_at(self) -> int:
        """The byte at which the cover begins, after its local header."""
        return self.at + LOCAL_HEADER.size + len(self.name)

    def check(self, header: bytes, body: bytes) -> None:
        """Raise BrokenPackError unless these are of this member: the bytes before it, and its own.

        The header has to say what the directory says. Only the time may differ: nobody reads it.
        """
        if len(header) != self.body_at - self.at or len(body) != self.size:
            raise BrokenPackError(f"{self.name} is cut off")
        fields = LOCAL_HEADER.unpack_from(header)
        mark, _, flags, method, _, _, crc, packed, size, name_size, extra = fields
        found = (mark, flags, method, crc, packed, size, name_size, extra)
        said = (LOCAL_MARK, 0, 0, self.crc, self.size, self.size, len(self.name), 0)
        if found != said or header[LOCAL_HEADER.size :] != self.name.encode():
            raise BrokenPackError(f"{self.name} has another header than its directory says")
        if zlib.crc32(body) != self.crc:
            raise BrokenPackError(f"{self.name} has other bytes than were packed")


def read_directory(
    data: bytes, pack: Pack, *, wanted: Container[str] | None = None
) -> list[Member]:
    """The members of a pack, or those whose stems are wanted, in their order.

    `data` are the bytes of the pack from `directory_at` to its end. A name that is there twice says
    nothing: neither is returned. Raises BrokenPackError for anything that we would not write, such
    as a byte that is of no member.
    """
    count, end = _count(data, pack)
    found: dict[str, Member] = {}
    twice: set[str] = set()
    free = at = 0
    for _ in range(count):
        member, at = _member(data, at, end)
        if member.at != free:
            raise BrokenPackError(f"{member.name} is not where the one before it ends")
        free = member.end
        stem = member.stem
        if wanted is not None and stem not in wanted:
            continue
        if stem in found:
            twice.add(stem)
        found[stem] = member
    if (at, free) != (end, pack.directory_at):
        raise BrokenPackError("it has bytes that are of no member")
    return [member for stem, member in found.items() if stem not in twice]


def _count(data: bytes, pack: Pack) -> tuple[int, int]:
    """How many members there are, and where the list of them ends in `data`."""
    end = len(data) - DIRECTORY_END.size
    if end < 0 or len(data) != pack.bytes - pack.directory_at:
        raise BrokenPackError("it is cut off")
    mark, disk, first_disk, here, count, size, at, comment = DIRECTORY_END.unpack_from(data, end)
    if (mark, disk, first_disk, comment) != (END_MARK, 0, 0, 0):
        raise BrokenPackError("it does not end as a ZIP")
    if here != count or (at, size) != (pack.directory_at, end) or count > MOST_COVERS:
        raise BrokenPackError("its end and its directory do not agree")
    return count, end


def _member(data: bytes, at: int, end: int) -> tuple[Member, int]:
    """The member whose entry begins at `at`, and where the next one begins."""
    if at + DIRECTORY_ENTRY.size > end:
        raise BrokenPackError("its directory is cut off")
    fields = DIRECTORY_ENTRY.unpack_from(data, at)
    mark, _, _, flags, method, _, _, crc, packed, size = fields[:10]
    name_size, extra, comment, disk, _, _, local = fields[10:]
    name_at = at + DIRECTORY_ENTRY.size
    name = data[name_at : min(name_at + min(name_size, _LONGEST_NAME), end)]
    if mark != ENTRY_MARK:
        raise BrokenPackError("its directory has something else in it")
    if len(name) != name_size or not _NAME.fullmatch(name):
        raise BrokenPackError(f"{name!r} is no name of a cover")
    if (flags, method, extra, comment, disk) != (0, 0, 0, 0, 0) or packed != size:
        raise BrokenPackError(
            f"{name.decode()} is compressed, encrypted or has something beside it"
        )
    if not 0 < size <= MOST_COVER_BYTES:
        raise BrokenPackError(f"{name.decode()} has {size} bytes, and no cover has so many")
    return Member(name.decode(), local, size, crc), name_at + name_size
