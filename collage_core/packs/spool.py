"""Covers that wait on disk until they are packed: they would take too much memory."""

import os
import zlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Self

from collage_core.packs.archive import PackedCover
from collage_core.packs.crc import joined_crc


@dataclass(frozen=True, slots=True)
class SpooledCover:
    """A cover in a spool."""

    row: int
    """The byte of the chunk at which its row begins."""
    creator: str
    cover: PackedCover
    at: int
    """Where its bytes begin in the spool."""


class Spool:
    """Bodies one after the other in a temporary file that has no name, so it cannot be left behind.

    Covers may be read while others are added, but not added by several threads at once.
    """

    def __init__(self) -> None:
        self._file = TemporaryFile(  # noqa: SIM115 - closed by `close`
            prefix="collage-covers-", buffering=0
        )
        self._covers: list[SpooledCover] = []
        self.bytes = 0
        """The size of all bodies."""

    def __len__(self) -> int:
        return len(self._covers)

    def add(self, row: int, creator: str, name: str, body: bytes) -> None:
        """Put a cover into the spool."""
        self._write(body)
        cover = PackedCover(name, len(body), zlib.crc32(body))
        self._covers.append(SpooledCover(row, creator, cover, self.bytes))
        self.bytes += len(body)

    def sorted(self) -> list[SpooledCover]:
        """All covers in the order of their rows."""
        return sorted(self._covers, key=lambda cover: (cover.row, cover.at))

    def read(self, at: int, size: int) -> bytes:
        """Bytes of the spool, fewer than `size` only at its end."""
        return os.pread(self._file.fileno(), size, at)

    def without(self, row: int) -> Self:
        """A new spool with the covers from `row` on, which this one has no more."""
        rest = type(self)()
        for item in self._covers:
            if item.row >= row:
                body = self.read(item.at, item.cover.size)
                rest.add(item.row, item.creator, item.cover.name, body)
        self._covers = [item for item in self._covers if item.row < row]
        return rest

    def close(self) -> None:
        """Free its disk."""
        self._file.close()

    def _write(self, body: bytes) -> None:
        left, at = memoryview(body), self.bytes
        while left:
            written = os.pwrite(self._file.fileno(), left, at)
            left, at = left[written:], at + written


class SpooledPack:
    """A pack as a file to read, whose covers lie in a spool: the disk holds them once."""

    def __init__(
        self, spool: Spool, covers: Sequence[SpooledCover], headers: Sequence[bytes], end: bytes
    ) -> None:
        """`headers` come before the covers, one before each, and `end` after all of them."""
        self._spool = spool
        self._parts: list[bytes | SpooledCover] = []
        crc = 0
        for header, item in zip(headers, covers, strict=True):
            self._parts += (header, item)
            crc = joined_crc(zlib.crc32(header, crc), item.cover.crc, item.cover.size)
        self._parts.append(end)
        self.crc = zlib.crc32(end, crc)
        """The CRC-32 of all bytes, as they were when the covers came: the disk may lose some."""
        self._starts = [0]
        for part in self._parts:
            self._starts.append(self._starts[-1] + _size(part))
        self._part = 0
        self._at = 0

    @property
    def size(self) -> int:
        """All bytes."""
        return self._starts[-1]

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a byte."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        self._at = max(base + offset, 0)
        self._part = max(bisect_right(self._starts, self._at) - 1, 0)
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, fewer than `size` only at the end."""
        left = self.size - self._at if size < 0 else min(size, self.size - self._at)
        found: list[bytes] = []
        while left > 0:
            part, begin = self._parts[self._part], self._at - self._starts[self._part]
            if isinstance(part, bytes):
                piece = part[begin : begin + left]
            else:
                piece = self._spool.read(part.at + begin, min(left, part.cover.size - begin))
            if not piece:
                raise OSError("covers on disk are gone before they were packed")
            found.append(piece)
            left -= len(piece)
            self._at += len(piece)
            if self._at == self._starts[self._part + 1]:
                self._part += 1
        return b"".join(found)


def _size(part: bytes | SpooledCover) -> int:
    return len(part) if isinstance(part, bytes) else part.cover.size
