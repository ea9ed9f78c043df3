"""What a worker says of a chunk while it is at it, so that its death is noticed."""

from collections.abc import Sequence

from collage_core.contract.document import Document
from collage_core.contract.fields import Count, Text
from collage_core.contract.identifiers import Identifier

MOST_NAMED = 20
"""Creators under way that are named."""


class ChunkAtWork(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The worker that is at a chunk.

    Its object is deleted when the worker ends, in any way but by being killed.
    """

    run_id: Identifier
    """The run."""
    chunk_id: Identifier
    """The chunk."""
    invocation_id: Text
    """The invocation of the function."""
    deaths: Count
    """Workers that died at this chunk since one last ended its work on it."""
    under_way: Sequence[Text]
    """The creators that are begun and not done, by name; at most 20."""
    alone_at: Count | None = None
    """Of a careful worker: the byte of the chunk at which the only creator under way begins. Left
    out by a worker that has several under way."""
    set_aside: Sequence[Count] = ()
    """The bytes of the chunk at which creators begin that were set aside; left out if there are
    none."""
