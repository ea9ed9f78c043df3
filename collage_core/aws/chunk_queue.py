"""Sends chunk messages to SQS, over a client that Airflow or Lambda creates.

Every message is known to have arrived: SQS may refuse some messages of a batch, and only those are
sent again.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import batched
from typing import TYPE_CHECKING, Final

from collage_core.aws.queue_state import Depth, QueueState, queue_state
from collage_core.aws.s3_store import error_code
from collage_core.contract.message import ChunkMessage, message_body
from collage_core.errors import TransientError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

log = logging.getLogger(__name__)

BATCH = 10
"""Most messages of one SendMessageBatch."""

BATCH_BYTES = 256 * 1024
"""Most bytes of one SendMessageBatch, all messages together, and of a message. SQS takes 1 MB by
now ("Amazon SQS message quotas"), other servers may not."""

PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds before each retry of refused messages: SQS throttles for seconds."""


class QueueError(TransientError):
    """The queue cannot be used, or did not take a message."""


class ChunkQueue:
    """The queue at `url`, which feeds the workers."""

    bounds_workers: Final = True
    """Its event source mapping has a maximum concurrency."""

    def __init__(
        self, client: "SQSClient", *, url: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._url = url
        self._sleep = sleep

    def send(self, messages: Iterable[ChunkMessage]) -> int:
        """Send all messages and return their number.

        Raises QueueError when a message is refused after all retries. Earlier messages stay sent;
        sending all of them again is harmless, because a chunk that has its receipt is skipped.
        """
        sent = 0
        for batch in batched(messages, BATCH):
            self._send_batch([message_body(message) for message in batch])
            sent += len(batch)
        return sent

    def send_bodies(self, bodies: Iterable[str]) -> None:
        """Send messages that were in a queue before, byte for byte.

        Raises QueueError as `send` does.
        """
        for batch in _batches(bodies):
            self._send_batch(batch)

    def check(self) -> None:
        """Raise QueueError unless the queue exists and its attributes may be read."""
        with self._naming_errors("sqs:GetQueueAttributes"):
            self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])

    def depth(self) -> Depth:
        """How many messages it has. Raises QueueError when its attributes may not be read."""
        return self._look(self._url).depth

    def state(self) -> QueueState:
        """Its attributes. Raises QueueError as `depth` does."""
        return self._look(self._url)

    def dead_letters(self, state: QueueState) -> QueueState | None:
        """Its dead-letter queue; None if it has none. Raises QueueError as `depth` does."""
        policy = state.redrive_policy
        return None if policy is None else self._look(policy.url_beside(self._url))

    def _look(self, url: str) -> QueueState:
        with self._naming_errors("sqs:GetQueueAttributes", url):
            return queue_state(self._client, url)

    def make_visible(self, receipt_handle: str, *, after_seconds: int) -> None:
        """Let a message that was received be delivered again after so many seconds.

        Raises QueueError when the queue does not allow it.
        """
        with self._naming_errors("sqs:ChangeMessageVisibility"):
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=after_seconds
            )

    def _send_batch(self, bodies: Sequence[str]) -> None:
        waiting = {str(index): body for index, body in enumerate(bodies)}
        for pause in (*PAUSES, None):
            with self._naming_errors("sqs:SendMessage"):
                answer = self._client.send_message_batch(
                    QueueUrl=self._url,
                    Entries=[{"Id": name, "MessageBody": body} for name, body in waiting.items()],
                )
            refused = answer.get("Failed", [])
            if not refused:
                return
            if pause is None or any(entry["SenderFault"] for entry in refused):
                raise QueueError(
                    f"queue {self._url} refused {len(refused)} messages, the first with "
                    f"{refused[0]['Code']}: nothing is lost, run this again once it takes messages"
                )
            waiting = {entry["Id"]: waiting[entry["Id"]] for entry in refused}
            log.warning("The queue refused %d of %d messages", len(refused), len(bodies))
            self._sleep(pause)

    @contextmanager
    def _naming_errors(self, permission: str, url: str = "") -> Iterator[None]:
        """Turn an error of SQS, which does not name the queue, into a QueueError that does."""
        try:
            yield
        except self._client.exceptions.ClientError as error:
            raise QueueError(
                f"queue {url or self._url} cannot be used: SQS says {error_code(error)}; check "
                f"CHUNK_QUEUE_URL, and that {permission} is allowed on it"
            ) from error


def _batches(bodies: Iterable[str]) -> Iterator[list[str]]:
    """As many as a request may have; one that is too large for any comes alone."""
    batch: list[str] = []
    size = 0
    for body in bodies:
        length = len(body.encode("utf-8", "surrogatepass"))
        if batch and (len(batch) == BATCH or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += length
    if batch:
        yield batch
