"""What is kept of a run for good, in the output bucket: its manifest, and its creators in order."""

from collections.abc import Sequence

from collage_core.contract.document import Document
from collage_core.contract.fields import Positive
from collage_core.contract.identifiers import Identifier
from collage_core.contract.receipt import CreatorResult

MOST_RECORDED_TOGETHER = 50_000
"""Creators of one document."""


class RecordedCreators(Document, frozen=True, kw_only=True):
    """A page of the creators of a run, by the bytes of their names.

    Together all pages have each creator once.
    """

    run_id: Identifier
    """The run."""
    page: Positive
    """Its place among the pages, from 1."""
    pages: Positive
    """How many pages there are."""
    creators: Sequence[CreatorResult]
    """What became of each creator, with the ETags and sizes of the objects."""
