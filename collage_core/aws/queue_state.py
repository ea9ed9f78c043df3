"""The attributes of a queue: how many messages it has, and its dead-letter queue."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True)
class RedrivePolicy:
    """Where SQS moves a message that was received too often."""

    dead_letter_arn: str
    """The ARN of the dead-letter queue."""
    most_receives: int
    """How often a message is received before it is moved."""

    @classmethod
    def of(cls, attributes: Mapping[str, str]) -> Self | None:
        """From the attributes of a queue; None when messages are never moved."""
        text = attributes.get("RedrivePolicy")
        if not text:
            return None
        policy = json.loads(text)
        return cls(policy["deadLetterTargetArn"], int(policy["maxReceiveCount"]))

    def url_beside(self, queue_url: str) -> str:
        """The URL of the dead-letter queue of the queue at `queue_url`.

        SQS asks for both in the same account and region, so only the names differ.
        """
        name = self.dead_letter_arn.rpartition(":")[2]
        return f"{queue_url.rpartition('/')[0]}/{name}"


@dataclass(frozen=True, slots=True)
class Depth:
    """How many messages a queue has, as SQS approximates it."""

    waiting: int
    """Messages that can be received, now or after their delay."""
    in_flight: int
    """Messages that were received and not yet deleted."""

    @property
    def total(self) -> int:
        """All of its messages."""
        return self.waiting + self.in_flight


@dataclass(frozen=True, slots=True)
class QueueState:
    """The attributes of a queue."""

    url: str
    arn: str
    visibility_timeout: int
    """Seconds for which a message that was received is invisible."""
    depth: Depth
    redrive_policy: RedrivePolicy | None
    """None: messages that fail are never moved."""

    @classmethod
    def of(cls, url: str, attributes: Mapping[str, str]) -> Self:
        """From all attributes of the queue at `url`, as SQS has them."""

        def number(name: str) -> int:
            return int(attributes.get(f"ApproximateNumberOfMessages{name}", 0))

        return cls(
            url=url,
            arn=attributes["QueueArn"],
            visibility_timeout=int(attributes["VisibilityTimeout"]),
            depth=Depth(waiting=number("") + number("Delayed"), in_flight=number("NotVisible")),
            redrive_policy=RedrivePolicy.of(attributes),
        )


def queue_state(client: "SQSClient", url: str) -> QueueState:
    """Ask for the attributes of a queue. Raises boto's ClientError."""
    answer = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return QueueState.of(url, {str(name): value for name, value in answer["Attributes"].items()})
