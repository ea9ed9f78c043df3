"""The queue as a client of boto3 shows it, its dead-letter queue, and the service between it and
the function: it delivers late, out of order and twice, and kills what takes too long.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from tests.simulation.network import Network
from tests.simulation.scheduler import Process

URL = "https://sqs.test/000000000000/chunks"
DEAD_URL = f"{URL}-dlq"
_BEGIN = 1_790_812_800_000
"""2026-10-01, where the clock of a schedule begins."""

_MOST_RECEIVES = 5
_AT_ONCE = 3
"""Invocations at the same time."""


@dataclass
class Message:
    message_id: str
    body: str
    sent: float
    visible_at: float
    received: int = 0

    @property
    def record(self) -> dict[str, Any]:
        """As the service gives it to the function."""
        return {
            "eventSource": "aws:sqs",
            "messageId": self.message_id,
            "receiptHandle": self.message_id,
            "body": self.body,
            "attributes": {
                "SentTimestamp": str(_BEGIN + int(self.sent * 1000)),
                "ApproximateReceiveCount": str(self.received),
            },
        }

    @property
    def answer(self) -> dict[str, Any]:
        """As a client that receives it gets it."""
        return {
            "MessageId": self.message_id,
            "ReceiptHandle": self.message_id,
            "Body": self.body,
            "Attributes": self.record["attributes"],
        }


type Invoke = Callable[[dict[str, Any], Process], dict[str, Any]]
"""Runs the function with an event, in a process."""


class SimulatedSqs:
    """One queue and its dead-letter queue, both a client of boto3 and a source of deliveries."""

    exceptions = SimpleNamespace(ClientError=ClientError)

    def __init__(self, network: Network, invoke: Invoke) -> None:
        self.waiting: list[Message] = []
        self.dead: list[Message] = []
        self.deliveries = 0
        self.errors: list[BaseException] = []
        """What the function raised: nothing, unless the code is wrong."""
        self._network = network
        self._scheduler = network.scheduler
        self._invoke = invoke
        self._numbers = itertools.count(1)
        self._under_way = 0

    # The client.

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        def effect() -> dict[str, Any]:
            now = self._scheduler.now
            for entry in Entries:
                name = f"m{next(self._numbers)}"
                self.waiting.append(Message(name, entry["MessageBody"], now, now))
            return {}

        return self._network.request("SendMessage", "queue", QueueUrl[-6:], effect, writes=True)

    def change_message_visibility(self, **asked: Any) -> dict[str, Any]:
        def effect() -> dict[str, Any]:
            for message in self.waiting:
                if message.message_id == asked["ReceiptHandle"]:
                    message.visible_at = self._scheduler.now + asked["VisibilityTimeout"]
            return {}

        return self._network.request("ChangeVisibility", "queue", asked["QueueUrl"][-6:], effect)

    def get_queue_attributes(self, *, QueueUrl: str, **_: object) -> dict[str, Any]:  # noqa: N803
        def effect() -> dict[str, Any]:
            now = self._scheduler.now
            visible = sum(message.visible_at <= now for message in self.waiting)
            attributes = {
                "QueueArn": "arn:aws:sqs:eu-central-1:000000000000:chunks",
                "VisibilityTimeout": "1800",
                "ApproximateNumberOfMessages": str(visible),
                "ApproximateNumberOfMessagesNotVisible": str(len(self.waiting) - visible),
            }
            return {"Attributes": attributes}

        return self._network.request("GetQueueAttributes", "queue", QueueUrl[-6:], effect)

    # The client of whoever redrives, for the dead-letter queue alone.

    def receive_message(self, **asked: Any) -> dict[str, Any]:
        def effect() -> dict[str, Any]:
            now = self._scheduler.now
            visible = [message for message in self.dead if message.visible_at <= now]
            for message in visible[: asked["MaxNumberOfMessages"]]:
                message.visible_at = now + asked["VisibilityTimeout"]
                message.received += 1
            found = [message.answer for message in visible[: asked["MaxNumberOfMessages"]]]
            return {"Messages": found} if found else {}

        return self._network.request("ReceiveMessage", "queue", "dead", effect, writes=True)

    def delete_message_batch(self, **asked: Any) -> dict[str, Any]:
        def effect() -> dict[str, Any]:
            gone = {entry["ReceiptHandle"] for entry in asked["Entries"]}
            self.dead = [message for message in self.dead if message.message_id not in gone]
            return {}

        return self._network.request("DeleteMessage", "queue", "dead", effect, writes=True)

    def change_message_visibility_batch(self, **asked: Any) -> dict[str, Any]:
        def effect() -> dict[str, Any]:
            released = {entry["ReceiptHandle"] for entry in asked["Entries"]}
            for message in self.dead:
                if message.message_id in released:
                    message.visible_at = self._scheduler.now
            return {}

        return self._network.request("ChangeVisibility", "queue", "dead", effect, writes=True)

    # The service.

    def due(self) -> float:
        if self._under_way >= _AT_ONCE or not self.waiting:
            return float("inf")
        return min(message.visible_at for message in self.waiting)

    def fire(self) -> None:
        scheduler, chances = self._scheduler, self._network.chances
        now = scheduler.now
        visible = [message for message in self.waiting if message.visible_at <= now]
        message = visible[scheduler.random.randrange(len(visible))]
        if message.received >= _MOST_RECEIVES:
            self.waiting.remove(message)
            message.visible_at = now
            self.dead.append(message)
            self._network.say(f"{message.message_id} goes to the dead-letter queue")
            return
        message.received += 1
        is_twice = not self._network.is_calm and scheduler.random.random() < chances.delivered_twice
        if not is_twice:
            message.visible_at = now + 6 * chances.function_seconds
        self._deliver(message)

    def bury(self, body: str) -> None:
        """Put a message into the dead-letter queue, as the service does with events."""
        now = self._scheduler.now
        self.dead.append(Message(f"m{next(self._numbers)}", body, now, now))

    def redrive(self) -> int:
        """Move the messages of the dead-letter queue back, as a person does; how many there are."""
        count = len(self.dead)
        now = self._scheduler.now
        for message in self.dead:
            name = f"m{next(self._numbers)}"
            self.waiting.append(Message(name, message.body, message.sent, now))
        self.dead = []
        return count

    def _deliver(self, message: Message) -> None:
        self.deliveries += 1
        self._under_way += 1
        process = Process(f"{message.message_id}.{self.deliveries}", began=self._scheduler.now)
        process.ends_at = self._scheduler.now + self._network.chances.function_seconds
        event = {"Records": [message.record]}

        def invocation() -> None:
            try:
                answer = self._invoke(event, process)
                if not answer["batchItemFailures"]:
                    self._delete(message)
            except Exception as error:  # noqa: BLE001  the judge wants it
                self.errors.append(error)
            finally:
                self._under_way -= 1

        self._scheduler.spawn(process, invocation)
        if self._network.trace:
            self._network.say(f"deliver {message.message_id} (received {message.received})")

    def _delete(self, message: Message) -> None:
        if message in self.waiting:
            self.waiting.remove(message)
