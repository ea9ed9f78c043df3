"""What a message of the dead-letter queue asks for: a chunk, a CSV, or nothing that is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from collage_core.contract.failed_event import FailedEvent
from collage_core.contract.faults import fits
from collage_core.contract.identifiers import Identifier
from collage_core.contract.message import ChunkMessage, InlineCsvMessage, parse_message
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.ingest import message_run_id


class Kind(StrEnum):
    """What a message asks for, as the table of a redrive calls it."""

    CHUNK = "chunk"
    """One chunk of a run."""
    INLINE_CSV = "csv_data"
    """A CSV in the message itself."""
    NAMED_CSV = "csv_s3"
    """A whole CSV, by its key."""
    EVENT = "S3 event"
    """A CSV that was dropped."""
    UNKNOWN = "unknown"
    """Nothing that this release knows."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a message asks for. Nothing of the body but names is kept."""

    kind: Kind
    run_id: str | None = None
    """The run; None for a CSV whose run has no name before it is looked at."""
    chunk: ChunkMessage | None = None
    """The chunk, if it asks for one."""
    failed: tuple[str, ...] = ()
    """Keys of the temp bucket: where workers write why the message failed."""

    @classmethod
    def of(cls, body: str) -> Self:
        """From the body of a message, or of the event in it that Lambda gave up."""
        message_run = message_run_id(body)
        failed = (keys.failed_message(message_run, None),)
        event = FailedEvent.parse(body)
        if event is None:
            return cls._of_message(body, message_run, failed)
        match event.event:
            case {"Records": [{"eventSource": "aws:s3"}, *_]}:
                return cls(Kind.EVENT, failed=failed)
            case Mapping() as message if "processing_type" in message:
                named = f"manual-{event.invocation_id}"
                is_known = event.invocation_id is not None and fits(named, Identifier)
                return cls._of_message(message, named if is_known else None, failed)
        return cls(Kind.UNKNOWN)

    @classmethod
    def _of_message(
        cls, body: str | Mapping[str, Any], inline_run: str | None, failed: tuple[str, ...]
    ) -> Self:
        try:
            message = parse_message(body)
        except MessageError:
            return cls(Kind.UNKNOWN)
        if isinstance(message, ChunkMessage):
            run_id, chunk_id = message.run_id, message.chunk_id
            return cls(
                Kind.CHUNK, run_id, message, (keys.failed_message(run_id, chunk_id), *failed)
            )
        if isinstance(message, InlineCsvMessage):
            return cls(Kind.INLINE_CSV, inline_run, failed=failed)
        return cls(Kind.NAMED_CSV, failed=failed)
