"""Messages of a dead-letter queue are hidden while somebody looks at them, and no longer."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from collage_core.aws.chunk_queue import QueueError
from collage_core.aws.dead_letters import DeadLetterQueue, TooManyHiddenError
from tests.support.dead_letters import Queues, poll_quickly

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@pytest.fixture
def queues(sqs: "SQSClient", queue_url: str, monkeypatch: pytest.MonkeyPatch) -> Queues:
    poll_quickly(monkeypatch)
    return Queues(sqs, queue_url)


def test_a_message_says_what_is_known_of_it_and_hides_its_body(queues: Queues) -> None:
    (message_id,) = queues.fail("https://covers/?signature=secret")
    (letter,) = queues.dead.receive()
    assert letter.message_id == message_id
    assert letter.body == "https://covers/?signature=secret"
    assert datetime.now(UTC) - letter.sent < timedelta(minutes=1)
    assert letter.receives == 1
    assert "secret" not in repr(letter)


def test_what_was_received_is_hidden_until_it_is_released(queues: Queues) -> None:
    queues.fail(*(f"message {number}" for number in range(25)))
    letters = [letter for _ in range(3) for letter in queues.dead.receive()]
    assert len(letters) == 25
    assert queues.dead.receive() == []
    assert queues.dead.release(letter.handle for letter in letters) == 0
    assert queues.counts() == (25, 0)


def test_what_is_deleted_is_gone(queues: Queues) -> None:
    queues.fail(*map(str, range(12)))
    letters = [letter for _ in range(2) for letter in queues.dead.receive()]
    assert queues.dead.delete(letter.handle for letter in letters[:11]) == 0
    assert queues.counts() == (0, 1)


class RefusingSqs:
    """A client whose batches refuse their first entry, so often in a row."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.done: list[str] = []
        self.exceptions = boto3.client("sqs", "us-east-1").exceptions

    def _batch(self, handles: list[Any]) -> dict[str, Any]:
        refused = handles[:1] if self.refusals else []
        self.refusals -= len(refused)
        self.done += [entry["ReceiptHandle"] for entry in handles[len(refused) :]]
        return {"Failed": [{"Id": entry["Id"], "SenderFault": False} for entry in refused]}

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803
        assert QueueUrl == "http://dead"
        return self._batch(Entries)

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803
        assert {entry["VisibilityTimeout"] for entry in Entries} == {0}
        return self.delete_message_batch(QueueUrl=QueueUrl, Entries=Entries)


@pytest.mark.parametrize("method", ["delete", "release"])
@pytest.mark.parametrize(("refusals", "not_done"), [(2, 0), (3, 1)])
def test_what_sqs_refuses_is_asked_again_some_times_and_then_counted(
    method: str, refusals: int, not_done: int
) -> None:
    client = RefusingSqs(refusals)
    dead = DeadLetterQueue(client, url="http://dead")  # type: ignore[arg-type]
    assert getattr(dead, method)(["a", "b", "c"]) == not_done
    assert sorted(client.done) == ["a", "b", "c"][not_done:]


def answers(client: Any, operation: str, code: str) -> None:
    """Have SQS answer with an error."""

    def error(**_: Any) -> Any:
        status: Any = type("Response", (), {"status_code": 400})
        return status, {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {}}

    client.meta.events.register(f"before-call.sqs.{operation}", error)


@pytest.mark.parametrize(
    ("operation", "method", "right"),
    [
        ("ReceiveMessage", "receive", "sqs:ReceiveMessage"),
        ("DeleteMessageBatch", "delete", "sqs:DeleteMessage"),
        ("ChangeMessageVisibilityBatch", "release", "sqs:ChangeMessageVisibility"),
        ("GetQueueAttributes", "state", "sqs:GetQueueAttributes"),
    ],
)
def test_a_right_that_is_missing_is_named_with_the_queue(
    queues: Queues, operation: str, method: str, right: str
) -> None:
    answers(queues.sqs, operation, "AccessDenied")
    handles = [["a"]] if method in {"delete", "release"} else []
    with pytest.raises(QueueError, match=f"-dlq cannot be used: .*AccessDenied.* allow {right} on"):
        getattr(queues.dead, method)(*handles)


def test_the_limit_of_hidden_messages_is_an_error_of_its_own(queues: Queues) -> None:
    answers(queues.sqs, "ReceiveMessage", "OverLimit")
    with pytest.raises(TooManyHiddenError, match="run this again"):
        queues.dead.receive()
