"""The 2xx answer of a cover that failed after it, kept for debugging."""

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
    """The URLs that were requested: the cover's, and one for each redirect, without their query."""
    host: str
    """The host of the last one, with its port."""
    status: Annotated[int, Meta(ge=200, le=299)]
    """The status of the answer."""
    headers: Sequence[tuple[str, str]]
    """Pairs of name and value; a repeated header is repeated here."""
    received_bytes: Count
    """Bytes of the body as it was sent, until it ended or was given up."""
    kept_bytes: Count
    """Bytes in the `.body`, decompressed."""
    redacted_bytes: Count
    """How many of those are an `X` in place of a signature."""
    body_key: Text | None
    """Key of the `.body`; null when the body could not be decompressed."""
