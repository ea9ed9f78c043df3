"""What is left of an attempt that failed: a document that says why, and a message that comes back.

A message that no delivery can make succeed fails at once: it becomes visible again right away, so
within seconds it has been received as often as the queue allows, and SQS itself moves it to the
dead-letter queue, unchanged and with its own time of sending. From there it can be redriven when
the cause is fixed (docs/adr/0021).

Any other message comes back after a pause that grows: soon, so that a short fault costs a minute,
and not so often that a long one fills the dead-letter queue.
"""

import hashlib
import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from collage_core.contract.document import Json
from collage_core.contract.failed_message import FailedMessage
from collage_core.contract.message import ChunkMessage, parse_message
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import CollageError, MessageError, PermanentError
from collage_core.layout import keys
from collage_core.storage.documents import JSON, read_document, to_document
from lambda_pkg.error_logs import keep_error_log
from lambda_pkg.invocation import Invocation

log = logging.getLogger(__name__)

_MOST_QUICK_DELIVERIES = 10
"""A queue that does not move its messages away would deliver one for ever, thousands of times an
hour. After so many deliveries a message comes back after the visibility timeout, as any other."""

_PAUSES = (60, 240, 900, 1800)
"""Seconds until the next delivery after the first failure, the second, and so on. With the five
deliveries that the queue allows, a fault may last for 50 minutes."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What is known of an attempt, whichever way its message came."""

    body: str
    message_id: str
    sent: datetime
    number: int

    @classmethod
    def at_record(cls, record: Json) -> Self:
        attributes = record["attributes"]
        sent = datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC)
        number = int(attributes.get("ApproximateReceiveCount", 1))
        return cls(record["body"], record["messageId"], sent, number)

    def document(
        self, run_id: str, chunk_id: str | None, error: Exception, invocation: Invocation
    ) -> FailedMessage:
        body = self.body.encode("utf-8", "surrogatepass")
        return FailedMessage(
            message_id=self.message_id,
            sent=RunTimestamp.of(self.sent),
            body_bytes=len(body),
            body_sha256=hashlib.sha256(body).hexdigest(),
            run_id=run_id,
            chunk_id=chunk_id,
            error=type(error).__name__,
            reason=_in_one_line(error),
            attempt=self.number,
            final=isinstance(error, PermanentError),
            under_way=invocation.under_way.names,
        )


def message_failed(record: Json, run_id: str, error: Exception, invocation: Invocation) -> None:
    """Write why this attempt at a message failed, and say when the message is to come back.

    `run_id` is the run that the body becomes if it asks for no chunk. Nothing is raised: a message
    whose document cannot be written, or that cannot be returned, comes back after the visibility
    timeout.
    """
    queue, attempt = invocation.services.queue, _Attempt.at_record(record)
    is_final = isinstance(error, PermanentError)
    chunk = _chunk(attempt.body)
    try:
        if chunk is not None:
            _put(attempt.document(chunk.run_id, chunk.chunk_id, error, invocation), invocation)
        elif is_final:  # a CSV that may still become a run has no folder yet
            _put(attempt.document(run_id, None, error, invocation), invocation)
        if not is_final:
            pause = _PAUSES[min(attempt.number, len(_PAUSES)) - 1]
            queue.make_visible(record["receiptHandle"], after_seconds=pause)
        elif attempt.number < _MOST_QUICK_DELIVERIES:
            queue.make_visible(record["receiptHandle"], after_seconds=0)
    except CollageError as problem:
        log.warning("Message %s is left to come back later: %s", attempt.message_id, problem)
    # Last: if the bucket stalls, this may take the rest of the time.
    if chunk is None:
        keep_error_log(run_id, None, attempt.number, error, invocation)
    else:
        keep_error_log(chunk.run_id, chunk.chunk_id, attempt.number, error, invocation)


def invocation_failed(event: Json, run_id: str, error: Exception, invocation: Invocation) -> None:
    """Write why this attempt at a chunk failed that was asked for without a queue.

    `run_id` is the run that the event becomes if it asks for no chunk: then there is no document.
    Lambda repeats an asynchronous invocation twice, under the same name. Nothing is raised.
    """
    body = json.dumps(event)
    chunk = _chunk(body)
    if chunk is None:
        keep_error_log(run_id, None, 1, error, invocation)
        return
    services, name = invocation.services, invocation.delivery_id
    key = keys.failed_message(chunk.run_id, chunk.chunk_id)
    try:
        before = read_document(services.store, services.settings.temp_bucket, key, FailedMessage)
        is_repeated = before is not None and before.message_id == name
        number = (before.attempt or 0) + 1 if before is not None and is_repeated else 1
        attempt = _Attempt(body, name, datetime.now(UTC), number)
        _put(attempt.document(chunk.run_id, chunk.chunk_id, error, invocation), invocation)
        keep_error_log(chunk.run_id, chunk.chunk_id, number, error, invocation)
    except CollageError as problem:
        log.warning("Why chunk %s failed is not written: %s", chunk.chunk_id, problem)


def _put(document: FailedMessage, invocation: Invocation) -> None:
    services = invocation.services
    bucket = services.settings.temp_bucket
    key = keys.failed_message(document.run_id, document.chunk_id)
    services.store.put(bucket, key, to_document(document), content_type=JSON)
    name = document.message_id
    if document.final:
        log.info("Message %s is given up: s3://%s/%s", name, bucket, key)
    else:
        log.info("Attempt %s at %s failed: s3://%s/%s", document.attempt, name, bucket, key)


def _in_one_line(error: Exception) -> str:
    if isinstance(error, CollageError):
        return str(error)
    # Its text may have a signed URL in it.
    return "nobody has thought of this error: look for the message's id in the function's log"


def _chunk(body: str) -> ChunkMessage | None:
    try:
        message = parse_message(body)
    except MessageError:
        return None
    return message if isinstance(message, ChunkMessage) else None
