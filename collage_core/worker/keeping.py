"""The seam between the engine and the place where covers are kept from one run to the next."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from collage_core.contract.books import DownloadCounts
from collage_core.contract.pack import Pack
from collage_core.covers.grouping import CreatorRows
from collage_core.covers.rows import CoverRow
from collage_core.sources.result import Fetched
from collage_core.worker.recipe import Recipe


class CoverKeeper(Protocol):
    """Finds covers that are kept, and keeps those that are fetched. Serves all threads of a chunk.

    What it raises ends the chunk.
    """

    def look_up(self, rows: Iterable[CoverRow]) -> None:
        """Find out which of these covers are kept. Called once, before anything else."""
        ...

    def find(self, row: CoverRow, *, seconds_left: float) -> Fetched | None:
        """A cover that is kept; None for one that must be fetched.

        The engine closes the room of what it gets, as it does with a source.
        """
        ...

    def keep(self, row: CoverRow, fetched: Fetched) -> None:
        """Keep a cover that could be decoded, whether it was fetched or found."""
        ...

    def flush(self, until: int | None) -> None:
        """Make all covers safe whose rows begin before byte `until`; None: all.

        Called before a receipt accounts for them.
        """
        ...

    @property
    def packs(self) -> Sequence[Pack]:
        """The packs with what is safe."""
        ...

    @property
    def counts(self) -> DownloadCounts:
        """What was fetched, found and packed so far."""
        ...


def may_be_asked_for(groups: Iterable[CreatorRows], recipe: Recipe[Any]) -> Iterator[CoverRow]:
    """The covers that a recipe may want of these creators."""
    for group in groups:
        selection = recipe.select(group.rows)
        yield from selection.selected
        yield from selection.reserves
