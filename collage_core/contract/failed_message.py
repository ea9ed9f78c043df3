"""What is written of a message when an attempt at it failed."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from collage_core.contract.document import Document
from collage_core.contract.fields import END, Count, Positive, Text
from collage_core.contract.identifiers import Identifier
from collage_core.contract.run_timestamp import RunTimestamp


class FailedMessage(Document, frozen=True, kw_only=True, omit_defaults=True):
    """Why the last attempt at a message failed.

    If it failed for good, the message itself is in the dead-letter queue, unchanged. Its body is
    not repeated here, because it may contain signed URLs.
    """

    message_id: Text
    """The id of the message in the queue."""
    sent: RunTimestamp
    """When it was sent."""
    body_bytes: Count
    """The size of its body in UTF-8."""
    body_sha256: Annotated[str, Meta(pattern=rf"^[0-9a-f]{{64}}{END}")]
    """The SHA-256 of its body in UTF-8, to find the message by."""
    run_id: Identifier
    """The run of the chunk that it asks for; for any other message, the run that its body is."""
    chunk_id: Identifier | None
    """The chunk that it asks for; null for any other message."""
    error: Text
    """The kind of the error, such as `SourceChangedError`."""
    reason: Text
    """One line: what is wrong, and how to fix it."""
    attempt: Positive | None = None
    """Which delivery of the message failed, from 1; left out by releases before 0.2."""
    final: bool = True
    """Whether no delivery can succeed before something is fixed. Left out: none can."""
    under_way: Sequence[Text] = ()
    """The creators that were begun and not done, by name, at most 20; left out if there were
    none."""
