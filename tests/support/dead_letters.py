"""A dead-letter queue in the account inside this process, and messages in it."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

from collage_core.aws import dead_letters
from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.aws.dead_letters import DeadLetterQueue
from collage_core.contract.document import to_json
from collage_core.contract.message import ChunkMessage

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def poll_quickly(patch: pytest.MonkeyPatch) -> None:
    """Nobody else is at the queue of a test: what is not there at once will not come."""
    patch.setattr(dead_letters, "POLL_SECONDS", 0)


class Queues:
    """The queue of chunk messages, and its dead-letter queue."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self.sqs = sqs
        self.url, self.dead_url = url, f"{url}-dlq"
        self.chunks = ChunkQueue(sqs, url=url)
        self.dead = DeadLetterQueue(sqs, url=self.dead_url)

    def fail(self, *bodies: "str | ChunkMessage | dict[str, Any]") -> list[str]:
        """Put messages into the dead-letter queue; their ids."""
        return [
            self.sqs.send_message(QueueUrl=self.dead_url, MessageBody=as_text(body))["MessageId"]
            for body in bodies
        ]

    def sent(self) -> list[str]:
        """The bodies in the queue of chunk messages, which is empty then."""
        return [*take(self.sqs, self.url)]

    def left(self) -> list[str]:
        """The bodies in the dead-letter queue that are visible, which is empty then."""
        return [*take(self.sqs, self.dead_url)]

    def counts(self) -> tuple[int, int]:
        """How many messages of the dead-letter queue are visible, and how many are hidden."""
        depth = self.dead.state().depth
        return depth.waiting, depth.in_flight


def as_text(body: "str | ChunkMessage | dict[str, Any]") -> str:
    """The body of a message as it is sent."""
    if isinstance(body, ChunkMessage):
        body = dict(to_json(body))
    return body if isinstance(body, str) else json.dumps(body)


def take(sqs: "SQSClient", url: str) -> Iterable[str]:
    """The bodies of all visible messages of a queue, which are deleted."""
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            yield message["Body"]
