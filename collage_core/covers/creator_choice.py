"""Some creators out of many: those that are named, or the first so many of them.

Names are compared byte for byte, here and nowhere else. In SQL a collation could take `Ana`, `ana`
and `aná` for one, and names would have to be made safe for a statement.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from collage_core.contract.selection import Selection
from collage_core.covers.cover_csv import is_blank
from collage_core.layout.creator_names import name_bytes


@dataclass(frozen=True, slots=True)
class CreatorChoice:
    """Which creators a run is about. At least one of the two is given."""

    creators: Sequence[str] = ()
    """Their names; empty: any creator."""
    limit: int | None = None
    """The most creators, the first by the bytes of their names."""

    def missing(self, found: Iterable[bytes]) -> list[str]:
        """The named creators that are not among those that were found."""
        there = set(found)
        return [name for name in dict.fromkeys(self.creators) if name_bytes(name) not in there]

    def selection(self, *, rows_left_out: int) -> Selection:
        """What the documents of the run say of this choice."""
        creators = tuple(dict.fromkeys(self.creators))
        return Selection(creators=creators, limit=self.limit, rows_left_out=rows_left_out)


class Chooser:
    """Says of one creator after the other whether it is chosen.

    Creators must come in the order of the bytes of their names, each any number of times in a row.
    A blank name is no creator and never chosen.
    """

    def __init__(self, choice: CreatorChoice) -> None:
        # A conf may hold half of a surrogate pair: no creator's name, and reported as missing.
        self._names = frozenset(map(name_bytes, choice.creators))
        self._limit = choice.limit
        self._taken = 0
        self._last: bytes | None = None
        self._takes_last = False

    def takes(self, creator: bytes) -> bool:
        """Whether the rows of this creator, whose name is in UTF-8, belong to the run."""
        if creator != self._last:
            self._last = creator
            self._takes_last = self._decide(creator)
            self._taken += self._takes_last
        return self._takes_last

    def _decide(self, creator: bytes) -> bool:
        if self._limit is not None and self._taken >= self._limit:
            return False
        if self._names:
            return creator in self._names
        return not is_blank(creator.decode(errors="replace"))
