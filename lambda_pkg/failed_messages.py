"""A message that no delivery can make succeed fails at once, with a document that says why.

Its next deliveries are not waited for: the message becomes visible again right away. So within
seconds it has been received as often as the queue allows, and SQS itself moves it to the
dead-letter queue, unchanged and with its own time of sending. From there it can be redriven when
the cause is fixed (docs/adr/0021).
"""

import hashlib
import logging
from datetime import UTC, datetime

from collage_core.contract.document import Json
from collage_core.contract.failed_message import FailedMessage
from collage_core.contract.message import ChunkMessage, parse_message
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import CollageError, MessageError, PermanentError
from collage_core.layout import keys
from collage_core.storage.documents import JSON, to_document
from lambda_pkg.services import Services

log = logging.getLogger(__name__)

_MOST_QUICK_DELIVERIES = 10
"""A queue that does not move its messages away would deliver one for ever, thousands of times an
hour. After so many deliveries a message comes back after the visibility timeout, as any other."""


def fail_for_good(record: Json, run_id: str, error: PermanentError, services: Services) -> None:
    """Write why the message of this record failed, and let SQS move it away at once.

    `run_id` is the run that the body becomes if it asks for no chunk. Nothing is raised: a message
    whose document cannot be written, or that cannot be returned, comes back as any other.
    """
    document = _document(record, run_id, error)
    key = keys.failed_message(document.run_id, document.chunk_id)
    bucket = services.settings.temp_bucket
    try:
        services.store.put(bucket, key, to_document(document), content_type=JSON)
        log.info("Message %s is given up: s3://%s/%s", document.message_id, bucket, key)
        if int(record["attributes"].get("ApproximateReceiveCount", 1)) < _MOST_QUICK_DELIVERIES:
            services.queue.make_visible(record["receiptHandle"], after_seconds=0)
    except CollageError as problem:
        log.warning("Message %s is left to come back later: %s", document.message_id, problem)


def _document(record: Json, run_id: str, error: PermanentError) -> FailedMessage:
    body = record["body"].encode("utf-8", "surrogatepass")
    chunk = _chunk(record["body"])
    sent = int(record["attributes"]["SentTimestamp"]) / 1000
    return FailedMessage(
        message_id=record["messageId"],
        sent=RunTimestamp.of(datetime.fromtimestamp(sent, UTC)),
        body_bytes=len(body),
        body_sha256=hashlib.sha256(body).hexdigest(),
        run_id=chunk.run_id if chunk else run_id,
        chunk_id=chunk.chunk_id if chunk else None,
        error=type(error).__name__,
        reason=str(error),
    )


def _chunk(body: str) -> ChunkMessage | None:
    try:
        message = parse_message(body)
    except MessageError:
        return None
    return message if isinstance(message, ChunkMessage) else None
