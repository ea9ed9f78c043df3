"""Covers that wait on disk until they are packed: they would take too much memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Self


@dataclass(frozen=True, slots=True, order=True)
class SpooledCover:
    """A cover in a spool. Covers are in the order of their rows."""

    row: int
    """The byte of the chunk at which its row begins."""
    creator: str
    name: str
    """Its name in a pack."""
    at: int
    size: int


class Spool:
    """Bodies one after the other in a temporary file that has no name, so it cannot be left behind.

    Not safe to use from several threads at once.
    """

    def __init__(self) -> None:
        self._file = TemporaryFile(prefix="collage-covers-")  # noqa: SIM115 - closed by `close`
        self._covers: list[SpooledCover] = []
        self.bytes = 0
        """The size of all bodies."""

    def __len__(self) -> int:
        return len(self._covers)

    def add(self, row: int, creator: str, name: str, body: bytes) -> None:
        """Put a cover into the spool."""
        self._file.seek(self.bytes)
        self._file.write(body)
        self._covers.append(SpooledCover(row, creator, name, self.bytes, len(body)))
        self.bytes += len(body)

    def sorted(self) -> list[SpooledCover]:
        """All covers in the order of their rows."""
        return sorted(self._covers)

    def read(self, covers: Sequence[SpooledCover]) -> Iterator[tuple[str, bytes]]:
        """These covers, by name; one body in memory at a time."""
        for cover in covers:
            self._file.seek(cover.at)
            yield cover.name, self._file.read(cover.size)

    def without(self, row: int) -> Self:
        """A new spool with the covers from `row` on, which this one has no more."""
        rest = type(self)()
        for cover in self._covers:
            if cover.row >= row:
                ((name, body),) = self.read([cover])
                rest.add(cover.row, cover.creator, name, body)
        self._covers = [cover for cover in self._covers if cover.row < row]
        return rest

    def close(self) -> None:
        """Free its disk."""
        self._file.close()
