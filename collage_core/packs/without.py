"""A pack without the covers of one creator, who is to be forgotten.

It is read by `zipfile`, which knows more ZIPs than `directory`: also a pack in which nobody looks
for covers may have some of the creator.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO, Self
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from collage_core.errors import MessageError
from collage_core.layout.creator_names import encode_creator
from collage_core.packs.archive import write_pack
from collage_core.packs.members import creator_of, greatest_creator, least_creator

_BROKEN = (BadZipFile, EOFError, NotImplementedError, OverflowError, ValueError)
"""What `zipfile` raises for a file that is no ZIP, or an odd one."""


@dataclass(frozen=True, slots=True)
class PackWithout:
    """A pack, as it is without the covers of a creator."""

    removed: Sequence[ZipInfo]
    """The members that are the creator's."""
    left: Sequence[ZipInfo]
    """All others, in their order."""

    @classmethod
    def of(cls, pack: ZipFile, creator: str) -> Self:
        """Look into the directory of a pack."""
        folder = f"{encode_creator(creator)}/"
        members = pack.infolist()
        return cls(
            [member for member in members if member.filename.startswith(folder)],
            [member for member in members if not member.filename.startswith(folder)],
        )

    @property
    def removed_bytes(self) -> int:
        """The size of the creator's covers."""
        return sum(member.file_size for member in self.removed)

    @property
    def first_creator(self) -> str:
        """The creator of the first cover that is left, or a name before it if theirs was cut."""
        return least_creator(creator_of(self.left[0].filename))

    @property
    def last_creator(self) -> str:
        """The creator of the last cover that is left, or a name after it if theirs was cut."""
        return greatest_creator(creator_of(self.left[-1].filename))

    def write(self, out: BinaryIO, pack: ZipFile) -> int:
        """Write what is left; the byte where the directory begins.

        The bytes are those of a pack that never had the others.
        """
        moment = datetime(*self.left[0].date_time, tzinfo=UTC)
        return write_pack(
            out, ((member.filename, pack.read(member)) for member in self.left), moment
        )


@contextmanager
def opened_pack(file: BinaryIO) -> Iterator[ZipFile]:
    """A pack, open for reading. Raises MessageError for what is no pack, also in the block."""
    try:
        with ZipFile(file) as pack:
            if any(member.compress_type != ZIP_STORED for member in pack.infolist()):
                raise MessageError("it has compressed members")
            yield pack
    except _BROKEN as error:
        raise MessageError(f"it is no pack: {error}") from error
