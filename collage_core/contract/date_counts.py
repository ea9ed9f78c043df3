"""How many of a CSV's dates were read, and in which spelling: so that no date is lost silently."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from collage_core.contract import json_fields
from collage_core.contract.json_fields import Json

ISO = "iso"
"""The format of a canonical CSV's dates."""

_BETWEEN = ", "


@dataclass(frozen=True, slots=True)
class DateCounts:
    """The dates of usable rows. An empty field is no date and is not counted.

    Addition is associative: counts add up, formats are joined.
    """

    read: int = 0
    unread: int = 0
    """Dates that cannot be read: their covers count as the oldest."""
    formats: frozenset[str] = frozenset()
    """Spellings of the dates that were read, such as "iso" or "month/day/year"."""

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.read + other.read, self.unread + other.unread, self.formats | other.formats
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

    def to_json(self) -> dict[str, Any]:
        return {
            "read": self.read,
            "unread": self.unread,
            "format": _BETWEEN.join(sorted(self.formats)) or None,
        }

    @classmethod
    def from_json(cls, source: Json) -> Self:
        """Raises MessageError naming the first field that cannot be used."""
        named = source.get("format")
        formats = [] if named is None else json_fields.text(source, "format").split(_BETWEEN)
        return cls(
            read=json_fields.integer(source, "read"),
            unread=json_fields.integer(source, "unread"),
            formats=frozenset(formats),
        )

    @classmethod
    def from_field(cls, source: Json) -> Self | None:
        """The counts in a document's `dates`; None if it has none.

        Documents of releases before 0.2 do not have the field.
        """
        value = source.get("dates")
        return None if value is None else cls.from_json(json_fields.as_object(value, "dates"))
