"""What became of the rows of a run, in parts that add up to all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from msgspec import UnsetType

from collage_core.contract.books import Books

ROWS_SHOWN: Final[Mapping[str, str]] = {
    "total": "rows of the CSV",
    "placed": "on a collage",
    "duplicate": "a newer row has the same cover",
    "not_selected": "newer covers fill the collage",
    "rejected": "the row cannot be used",
    "failed": "the cover could not be fetched or decoded",
}
"""What became of the rows, in the words of a person."""

_LOOKS = {"duplicate": "quiet-part", "not_selected": "pale", "rejected": "warn", "failed": "bad"}


@dataclass(frozen=True, slots=True)
class RowPart:
    """Some of the rows, in the words of a person."""

    name: str
    """As in the books."""
    label: str
    meaning: str
    count: int
    look: str
    """Colour and pattern: a class of `style.css`."""


def row_parts(books: Books) -> list[RowPart]:
    """Placed, kept before and fetched now, and then all others; also those of which there are none.

    Where the covers came from is a measure of work: it may count a cover twice, or a kept cover
    that another one has replaced. So there are never more kept ones here than placed ones.
    """
    rows = books.rows
    placed, on_collage = rows.placed, ROWS_SHOWN["placed"]
    parts = [RowPart("placed", "placed", on_collage, placed, "good")]
    if not isinstance(books.downloads, UnsetType):
        kept = min(books.downloads.kept, placed)
        before, now = f"{on_collage}; kept, not fetched", f"{on_collage}; fetched now"
        parts = [
            RowPart("placed", "placed, kept before", before, kept, "kept"),
            RowPart("placed", "placed, fetched", now, placed - kept, "good"),
        ]
    return parts + [
        RowPart(name, name.replace("_", " "), ROWS_SHOWN[name], getattr(rows, name), look)
        for name, look in _LOOKS.items()
    ]
