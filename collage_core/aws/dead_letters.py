"""The messages of a dead-letter queue, over a client that Airflow creates.

A message that was received is hidden from everybody else until it is deleted or released, or until
its time is up. So a process that is killed loses nothing: its messages are visible again by then.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import batched
from typing import TYPE_CHECKING, Final

from collage_core.aws.chunk_queue import BATCH, QueueError
from collage_core.aws.queue_state import QueueState, queue_state
from collage_core.aws.s3_store import error_code

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

HIDDEN_SECONDS: Final = 900
"""How long a message that was received is hidden. Releasing it sooner takes a request for each ten,
so this only counts for a process that was killed."""

POLL_SECONDS: Final = 1
"""A receive that waits asks all servers of the queue. Otherwise it asks a few of them, and may find
nothing although there are messages ("Amazon SQS short and long polling")."""

_TRIES: Final = 3
"""How often messages are deleted or released that SQS did not do at once."""

_IN_FLIGHT_LIMIT: Final = {"OverLimit", "AWS.SimpleQueueService.OverLimit"}


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message as it was received."""

    message_id: str
    handle: str
    """What deletes or releases it, as long as it is hidden."""
    body: str = field(repr=False)
    """It may hold signed URLs: it belongs in no log."""
    sent: datetime
    """When it was first sent, aware. SQS keeps that when it moves a message."""
    receives: int
    """How often it was received, by workers and here."""


class TooManyHiddenError(QueueError):
    """SQS gives out no more messages before some of those that it gave are deleted or released."""


class DeadLetterQueue:
    """The dead-letter queue at `url`."""

    def __init__(self, client: "SQSClient", *, url: str) -> None:
        self._client = client
        self.url = url

    def state(self) -> QueueState:
        """Its attributes. Raises QueueError when they may not be read."""
        with self._naming_errors("sqs:GetQueueAttributes"):
            return queue_state(self._client, self.url)

    def receive(self) -> list[DeadLetter]:
        """Some messages, at most ten; none may mean that there are some all the same.

        Raises TooManyHiddenError, and QueueError when the queue does not allow it.
        """
        with self._naming_errors("sqs:ReceiveMessage"):
            answer = self._client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=BATCH,
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=POLL_SECONDS,
                MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
            )
        return [
            DeadLetter(
                message_id=message["MessageId"],
                handle=message["ReceiptHandle"],
                body=message["Body"],
                sent=datetime.fromtimestamp(
                    int(message["Attributes"]["SentTimestamp"]) / 1000, UTC
                ),
                receives=int(message["Attributes"]["ApproximateReceiveCount"]),
            )
            for message in answer.get("Messages", ())
        ]

    def delete(self, handles: Iterable[str]) -> int:
        """Delete messages, and return how many SQS did not delete: they will be visible again.

        Raises QueueError when the queue does not allow it.
        """

        def delete(entries: Sequence[tuple[str, str]]) -> Iterable[str]:
            with self._naming_errors("sqs:DeleteMessage"):
                answer = self._client.delete_message_batch(
                    QueueUrl=self.url,
                    Entries=[{"Id": name, "ReceiptHandle": handle} for name, handle in entries],
                )
            return (refused["Id"] for refused in answer.get("Failed", ()))

        return _in_batches(delete, handles)

    def release(self, handles: Iterable[str]) -> int:
        """Make messages visible at once, and return of how many SQS did not: their time passes.

        Raises QueueError when the queue does not allow it.
        """

        def release(entries: Sequence[tuple[str, str]]) -> Iterable[str]:
            with self._naming_errors("sqs:ChangeMessageVisibility"):
                answer = self._client.change_message_visibility_batch(
                    QueueUrl=self.url,
                    Entries=[
                        {"Id": name, "ReceiptHandle": handle, "VisibilityTimeout": 0}
                        for name, handle in entries
                    ],
                )
            return (refused["Id"] for refused in answer.get("Failed", ()))

        return _in_batches(release, handles)

    @contextmanager
    def _naming_errors(self, permission: str) -> Iterator[None]:
        """Turn an error of SQS, which does not name the queue, into a QueueError that does."""
        try:
            yield
        except self._client.exceptions.ClientError as error:
            code = error_code(error)
            if code in _IN_FLIGHT_LIMIT:
                raise TooManyHiddenError(
                    f"dead-letter queue {self.url} gives out no more messages at once: run this "
                    "again"
                ) from error
            raise QueueError(
                f"dead-letter queue {self.url} cannot be used: SQS says {code}; see that it "
                f"exists, and allow {permission} on it in the policy of the role or user"
            ) from error


def _in_batches(
    request: Callable[[Sequence[tuple[str, str]]], Iterable[str]], handles: Iterable[str]
) -> int:
    """A request for each ten handles, again for those that were refused; how many still are."""
    refused = 0
    for batch in batched(handles, BATCH):
        waiting = {str(index): handle for index, handle in enumerate(batch)}
        for _ in range(_TRIES):
            waiting = {name: waiting[name] for name in request(list(waiting.items()))}
            if not waiting:
                break
        refused += len(waiting)
    return refused
