"""The seam between the engine and the place where covers are kept from one run to the next."""

from typing import Protocol

from collage_core.covers.rows import CoverRow
from collage_core.sources.result import Fetched


class CoverKeeper(Protocol):
    """Finds covers that are kept, and keeps those that were fetched. Serves all threads of a chunk.

    What it raises ends the chunk.
    """

    def find(self, row: CoverRow, *, seconds_left: float) -> Fetched | None:
        """A cover that is kept; None for one that must be fetched.

        The engine closes the room of what it gets, as it does with a source.
        """
        ...

    def keep(self, row: CoverRow, fetched: Fetched) -> None:
        """Keep a cover that could be decoded, whether it was fetched or found."""
        ...
