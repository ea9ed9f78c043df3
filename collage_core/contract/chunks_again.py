"""Which chunks of a run are to be done again, and why."""

from collections.abc import Sequence

from msgspec import Struct

from collage_core.contract.document import Document
from collage_core.contract.fields import Text
from collage_core.contract.identifiers import Identifier


class ChunkAgain(Struct, frozen=True):
    """A chunk whose receipt does not count any more."""

    chunk_id: Identifier
    """The chunk, by the id that it has in the manifest now."""
    reason: Text
    """Why it is done again."""


class ChunksAgain(Document, frozen=True, kw_only=True):
    """Written by `reconcile`. `dispatch` does as it says, and removes it."""

    run_id: Identifier
    """The run."""
    chunks: Sequence[ChunkAgain]
    """The chunks."""
