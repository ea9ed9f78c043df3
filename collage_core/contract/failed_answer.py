"""What a cover that failed after a 2xx was answered with, kept for debugging."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from collage_core.contract.document import Document
from collage_core.contract.fields import Count, Text
from collage_core.contract.identifiers import Identifier
from collage_core.contract.reasons import ReasonName


class FailedAnswer(Document, frozen=True, kw_only=True):
    """An answer without its signatures; its body is the object beside it."""

    run_id: Identifier
    """The run."""
    chunk_id: Identifier
    """The chunk."""
    offset: Count
    """The byte of the run's CSV at which the cover's row begins."""
    creator: str
    """The creator whose cover it is."""
    reason: ReasonName
    """Why it failed."""
    urls: Sequence[str]
    """What was asked for: the cover's URL, and one for each redirect, all without their query."""
    host: str
    """The host of the last one, with its port."""
    status: Annotated[int, Meta(ge=200, le=299)]
    """The status of the answer."""
    headers: Sequence[tuple[str, str]]
    """Each a name and a value, a name as often as it came."""
    received_bytes: Count
    """Of the body as it was sent, until it ended or was given up."""
    kept_bytes: Count
    """In the `.body`, unpacked."""
    redacted_bytes: Count
    """Of those, how many are an `X` in place of a signature."""
    body_key: Text | None
    """Key of the `.body`; null when the body could not be unpacked."""
