"""The metadata of one creator's collage: which cover is in which cell, and why others are not.

URLs are without their query: the query is a signature, and readers of the metadata may not be
allowed to fetch the cover.
"""

from collections.abc import Sequence

from msgspec import Struct, field

from collage_core.contract.document import FLAT, Document
from collage_core.contract.fields import Count, Positive, Text
from collage_core.contract.identifiers import Identifier
from collage_core.contract.receipt import CreatorResult
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.contract.window import Window


class Canvas(Struct, frozen=True, kw_only=True):
    """Where the cells are on the picture.

    The cell in row r and column c begins at x = left + c * (cell_width + gutter) and
    y = top + r * (cell_height + gutter).
    """

    width: Positive
    """Pixels of the picture, unless `max_bytes` made it smaller: then all of this is to be scaled
    to it."""
    height: Positive
    """The same for its height."""
    rows: Positive
    """Rows that are drawn; rows without covers may be cut off."""
    cols: Positive
    """Columns that are drawn."""
    left: Count
    """Pixels to the left of the first cell."""
    top: Count
    """Pixels above the first cell."""
    gutter: Count
    """Pixels between cells."""


class Grid(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The grid of a collage."""

    rows: Positive
    """Rows of the grid."""
    cols: Positive
    """Columns of the grid."""
    cell_width: Positive
    """Pixels."""
    cell_height: Positive
    """Pixels."""
    canvas: Canvas | None = None
    """Where the cells are on the picture; left out if there is none, and by release 0.1."""


class ShownCover(Struct, frozen=True, kw_only=True):
    """A cover, without its signature."""

    url: str
    """The URL without its query."""
    updated_at: str | None
    """In ISO 8601; null when it could not be read."""


class Cell(Struct, frozen=True, kw_only=True):
    """A cover that was placed."""

    row: Count
    """Counts from 0 at the top."""
    col: Count
    """Counts from 0 at the left."""
    cover: ShownCover = field(name=FLAT)
    """The cover in this cell."""


class NotPlaced(Struct, frozen=True, kw_only=True):
    """A usable row that was not placed."""

    cover: ShownCover = field(name=FLAT)
    """The cover of that row."""
    reason: Text
    """The word `duplicate` or `not_selected`, or the reason why it failed."""


class CollageMetadata(Document, frozen=True, kw_only=True, omit_defaults=True):
    """One creator's document, also for creators without a collage."""

    run_id: Identifier
    """The run."""
    run_timestamp: RunTimestamp
    """The run's second, in the keys of all that it wrote."""
    trigger: Trigger
    """What asked for the run."""
    result: CreatorResult = field(name=FLAT)
    """What became of the creator, as in the receipt."""
    grid: Grid
    """The collage's grid."""
    cells: Sequence[Cell]
    """The covers that were placed, in the order of their cells, row by row from the top left."""
    not_placed: Sequence[NotPlaced]
    """All other usable rows."""
    window: Window | None = None
    """The window of the run's covers; left out for a CSV from outside."""
    chunk_id: Identifier | None = None
    """The chunk that the creator is in; release 0.1 did not say it. With it, the document is the
    record that the creator is done, and `objects` are the pictures that belong to it."""
