"""Stretches of packs: wanted covers that are neighbours, and are read by one request."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from collage_core.contract.pack import Pack
from collage_core.packs.directory import Member

_WIDEST_GAP = 256 * 1024
"""More bytes that nobody wants are worth another request."""


@dataclass(slots=True, eq=False)
class Stretch:
    """Neighbours in a pack that are read together."""

    pack: Pack
    begin: int
    end: int
    """The byte after the last one."""
    unused: set[str] = field(default_factory=set)
    """Stems of covers that were not taken yet. For the one that hands them out."""

    @property
    def bytes(self) -> int:
        return self.end - self.begin


def joined(pack: Pack, members: Sequence[Member], most: int) -> Iterator[tuple[Stretch, Member]]:
    """Each member, in their order, with its stretch: at most `most` bytes, or a single member."""
    stretch: Stretch | None = None
    for member in members:
        if stretch is None or not _is_near(stretch, member, most):
            stretch = Stretch(pack, member.at, member.end)
        stretch.end = member.end
        stretch.unused.add(member.stem)
        yield stretch, member


def _is_near(stretch: Stretch, member: Member, most: int) -> bool:
    return member.at - stretch.end <= _WIDEST_GAP and member.end - stretch.begin <= most
