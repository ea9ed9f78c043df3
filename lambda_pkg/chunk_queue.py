"""Sending chunk messages to SQS, so that each one is known to have arrived there."""

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import batched
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from collage_core.contract import ChunkMessage
from collage_core.errors import CollageError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

log = logging.getLogger(__name__)

_BATCH = 10  # the most that SQS takes at once
_PAUSES = (0.0, 0.2, 0.4, 0.8)  # seconds before each try


class QueueError(CollageError):
    """The queue cannot be used, or did not take a message."""


class ChunkQueue:
    """The queue at `url`, which feeds the workers."""

    def __init__(
        self, client: "SQSClient", *, url: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._url = url
        self._sleep = sleep

    def send(self, messages: Iterable[ChunkMessage]) -> None:
        """Send all messages; raises QueueError when one is refused after several tries.

        A message may then be in the queue twice when all are sent again: a chunk that has
        its receipt is skipped, so that costs nothing.
        """
        for batch in batched(messages, _BATCH):
            self._send_batch([json.dumps(message.to_json()) for message in batch])

    def check(self) -> None:
        """Raise QueueError unless the queue is there and may be asked about."""
        with self._naming("sqs:GetQueueAttributes"):
            self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])

    def _send_batch(self, bodies: Sequence[str]) -> None:
        waiting = {str(index): body for index, body in enumerate(bodies)}
        for seconds in _PAUSES:
            self._sleep(seconds)
            with self._naming("sqs:SendMessage"):
                answer = self._client.send_message_batch(
                    QueueUrl=self._url,
                    Entries=[{"Id": name, "MessageBody": body} for name, body in waiting.items()],
                )
            refused = answer.get("Failed", [])
            if not refused:
                return
            # A batch succeeds in parts: sending all of it again would double the rest.
            waiting = {entry["Id"]: waiting[entry["Id"]] for entry in refused}
            log.warning("The queue refused %d of %d messages", len(refused), len(bodies))
        raise QueueError(
            f"queue {self._url} refused {len(refused)} messages {len(_PAUSES)} times, the first "
            f"with {refused[0]['Code']}: nothing is lost, what asked for them will be repeated"
        )

    @contextmanager
    def _naming(self, permission: str) -> Iterator[None]:
        """Turn an error of SQS, which names no queue, into ours, which does."""
        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            raise QueueError(
                f"queue {self._url} cannot be used: SQS says {code}; check CHUNK_QUEUE_URL "
                f"and that the worker's role is allowed {permission}"
            ) from error
