"""Reads the names of the files that belong to one creator: the way back from a key."""

import re
from dataclasses import dataclass
from typing import Self

from collage_core.layout.creator_names import decode_creator

_NAME = re.compile(r"(?P<creator>.+)_(?P<kind>collage|thumb|metadata)_(?P<ts>\d{8}_\d{6})\.\w+")


@dataclass(frozen=True, slots=True)
class CreatorFile:
    """A collage, thumbnail or metadata, as its key says it."""

    encoded: str
    """The creator's name as in keys."""
    kind: str
    """The word `collage`, `thumb` or `metadata`."""
    timestamp: str
    """The run's `TS`."""

    @classmethod
    def of(cls, key: str) -> Self | None:
        """From a key or a path with slashes; None for an object that belongs to no creator."""
        found = _NAME.fullmatch(key.rpartition("/")[2])
        return cls(found["creator"], found["kind"], found["ts"]) if found else None

    @property
    def creator(self) -> str | None:
        """The creator's name; None for a long one that was cut, which its metadata has."""
        try:
            return decode_creator(self.encoded)
        except ValueError:
            return None

    @property
    def shown(self) -> str:
        """The creator's name, or a long one as far as it is in the key."""
        return self.encoded if self.creator is None else self.creator
