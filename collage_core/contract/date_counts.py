"""How many of a CSV's dates were read, and in which format, so that no date is lost silently."""

from collections.abc import Iterable
from typing import Self

from collage_core.contract.document import Whole
from collage_core.contract.fields import Count, Text

ISO = "iso"
"""The format of a canonical CSV's dates."""

_BETWEEN = ", "


class DateCounts(Whole, frozen=True):
    """The dates of usable rows. An empty field is not counted.

    Addition is associative: counts add up, formats are joined.
    """

    read: Count = 0
    """Dates that were read."""
    unread: Count = 0
    """Dates that cannot be read: their covers count as the oldest."""
    format: Text | None = None
    """The formats of those that were read, such as "iso, month/day/year"; None if none was."""

    @property
    def formats(self) -> frozenset[str]:
        """The formats one by one."""
        return frozenset(self.format.split(_BETWEEN) if self.format else ())

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.read + other.read,
            self.unread + other.unread,
            joined(self.formats | other.formats),
        )

    @classmethod
    def total(cls, parts: Iterable[Self | None]) -> Self | None:
        """The sum of any number of counts; None if one of them was not counted."""
        total = cls()
        for part in parts:
            if part is None:
                return None
            total += part
        return total


def joined(formats: Iterable[str]) -> str | None:
    """Formats as one text, for DateCounts.format."""
    return _BETWEEN.join(sorted(formats)) or None
