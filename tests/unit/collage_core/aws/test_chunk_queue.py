"""Sending messages: what SQS refuses in passing is sent again, and nothing else."""

import json
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from collage_core.aws.chunk_queue import BATCH_BYTES, PAUSES, ChunkQueue, QueueError
from collage_core.contract.message import ChunkMessage
from tests.support.failures import Where, failure
from tests.support.runs import plan

MESSAGES = [
    message
    for manifest in [plan([{f"creator-{number:02d}": 2} for number in range(45)])]
    for message in map(manifest.message, manifest.chunks)
]


class RefusingQueue:
    """An SQS client that refuses the nth entry offered to it, for each n in `refused`."""

    def __init__(self, refused: set[int], *, sender_fault: bool = False) -> None:
        self.refused = refused
        self.sender_fault = sender_fault
        self.offered = 0
        self.taken: list[str] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> Any:  # noqa: N803
        assert QueueUrl == "http://queue"
        assert 1 <= len(Entries) <= 10
        failed = []
        for entry in Entries:
            if self.offered in self.refused:
                refusal = {"Code": "ServiceUnavailable", "SenderFault": self.sender_fault}
                failed.append({"Id": entry["Id"], **refusal})
            else:
                self.taken.append(json.loads(entry["MessageBody"])["chunk_id"])
            self.offered += 1
        return {"Failed": failed} if failed else {}


def send(client: RefusingQueue, messages: list[ChunkMessage]) -> list[float]:
    """Send, and return the pauses that were made."""
    pauses: list[float] = []
    queue = ChunkQueue(client, url="http://queue", sleep=pauses.append)  # type: ignore[arg-type]
    assert queue.send(messages) == len(messages)
    return pauses


@failure(
    Where.QUEUE,
    fault="SQS refuses some messages of a batch for a moment",
    happens="Only those are sent again, after a pause",
    sees="a warning in the log of `dispatch`",
    fix="nothing",
)
@given(st.integers(0, 45), st.sets(st.integers(0, 60), max_size=len(PAUSES)))
def test_temporarily_refused_messages_are_accepted_exactly_once(
    count: int, refused: set[int]
) -> None:
    client = RefusingQueue(refused)
    pauses = send(client, MESSAGES[:count])
    assert sorted(client.taken) == sorted(message.chunk_id for message in MESSAGES[:count])
    assert len(pauses) <= len(refused)


def test_a_message_that_is_refused_for_good_is_given_up_after_growing_pauses() -> None:
    client, pauses = RefusingQueue(set(range(100))), list[float]()
    queue = ChunkQueue(client, url="http://queue", sleep=pauses.append)  # type: ignore[arg-type]
    with pytest.raises(QueueError, match=r"queue http://queue refused 1 messages"):
        queue.send(MESSAGES[:1])
    assert pauses == list(PAUSES)


def test_a_message_that_is_itself_at_fault_is_not_sent_again() -> None:
    client = RefusingQueue({0}, sender_fault=True)
    with pytest.raises(QueueError, match="refused"):
        send(client, MESSAGES[:1])
    assert client.offered == 1


def test_a_missing_queue_is_one_error_with_the_fix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        client = boto3.client("sqs", region_name="us-east-1")
        queue = ChunkQueue(client, url="https://sqs.us-east-1.amazonaws.com/123456789012/gone")
        with pytest.raises(QueueError, match=r"NonExistentQueue; check CHUNK_QUEUE_URL"):
            queue.send(MESSAGES[:1])
        with pytest.raises(QueueError, match=r"NonExistentQueue; check CHUNK_QUEUE_URL"):
            queue.check()


class CountingQueue:
    """An SQS client that takes everything, and remembers the bytes of each batch."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> Any:  # noqa: N803
        assert QueueUrl == "http://queue"
        self.batches.append([entry["MessageBody"] for entry in Entries])
        return {}


@given(st.lists(st.integers(1, BATCH_BYTES), max_size=40))
def test_messages_that_were_in_a_queue_are_sent_unchanged_in_batches_that_sqs_takes(
    sizes: list[int],
) -> None:
    client = CountingQueue()
    bodies = ["x" * size for size in sizes]
    ChunkQueue(client, url="http://queue").send_bodies(bodies)  # type: ignore[arg-type]
    assert [body for batch in client.batches for body in batch] == bodies
    for batch in client.batches:
        assert 1 <= len(batch) <= 10
        assert sum(map(len, batch)) <= BATCH_BYTES


def test_the_size_of_a_batch_is_counted_in_bytes() -> None:
    client = CountingQueue()
    half = "ä" * (BATCH_BYTES // 4 + 1)
    ChunkQueue(client, url="http://queue").send_bodies([half, half])  # type: ignore[arg-type]
    assert [len(batch) for batch in client.batches] == [1, 1]
