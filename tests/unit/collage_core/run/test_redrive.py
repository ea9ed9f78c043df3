"""A redrive sends before it deletes, leaves the rest as it is, and goes on when repeated."""

import json
import logging
import tracemalloc
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from collage_core.aws.chunk_queue import ChunkQueue, QueueError
from collage_core.aws.dead_letters import DeadLetterQueue, TooManyHiddenError
from collage_core.aws.s3_store import S3Store
from collage_core.layout import keys
from collage_core.run import redrive as redrive_module
from collage_core.run.plan import replace_manifest
from collage_core.run.redrive import Redrive
from collage_core.run.redrive_judge import Action
from collage_core.run.redrive_report import Report
from collage_core.storage.documents import JSON, to_document
from tests.support.airflow_aws import SETTINGS
from tests.support.dead_letters import Queues, as_text, poll_quickly
from tests.support.runs import plan, run

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

CREATORS = [{f"creator-{number:02d}": 2} for number in range(12)]
A, RECEIPTS = run(CREATORS, run_id="run-a")
B = plan([{"ana": 1}], run_id="run-b")
MESSAGES = [A.message(chunk) for chunk in A.chunks]
OF_B = B.message(B.chunks[0])


@pytest.fixture
def store(s3: "S3Client") -> S3Store:
    store = S3Store(s3)
    for manifest in (A, B):
        replace_manifest(store, SETTINGS, manifest)
    return store


@pytest.fixture
def queues(sqs: "SQSClient", queue_url: str, monkeypatch: pytest.MonkeyPatch) -> Queues:
    poll_quickly(monkeypatch)
    return Queues(sqs, queue_url)


def redrive(
    store: S3Store,
    queues: Queues,
    *,
    run_id: str | None = None,
    dry_run: bool = False,
    **changes: Any,
) -> Report:
    settings = SETTINGS
    return Redrive(store, settings, queues.dead, queues.chunks, run_id, dry_run, **changes).run()


def write_receipt(store: S3Store, index: int = 0) -> None:
    key = keys.receipt(A.run_id, A.chunks[index].chunk_id)
    store.put(SETTINGS.temp_bucket, key, to_document(RECEIPTS[index]), content_type=JSON)


def test_messages_are_sent_again_byte_for_byte_and_are_gone(store: S3Store, queues: Queues) -> None:
    bodies = [f" {as_text(message)}\n" for message in MESSAGES]
    queues.fail(*bodies)
    report = redrive(store, queues)
    assert report.actions == {Action.SEND: 12}
    assert report.is_complete
    assert sorted(queues.sent()) == sorted(bodies)
    assert queues.counts() == (0, 0)


def test_a_dry_run_changes_nothing(store: S3Store, queues: Queues) -> None:
    write_receipt(store)
    failed = keys.failed_message(A.run_id, A.chunks[1].chunk_id)
    store.put(SETTINGS.temp_bucket, failed, b"{}", content_type=JSON)
    before = list(store.list_etags(SETTINGS.temp_bucket, ""))
    queues.fail(*MESSAGES, "rubbish")
    report = redrive(store, queues, dry_run=True)
    assert report.actions == {Action.SEND: 11, Action.DROP: 1, Action.LEAVE: 1}
    assert queues.counts() == (13, 0)
    assert queues.sent() == []
    assert list(store.list_etags(SETTINGS.temp_bucket, "")) == before
    assert sorted(queues.left()) == sorted([*map(as_text, MESSAGES), "rubbish"])


def test_what_asks_for_nothing_any_more_is_deleted_and_rubbish_stays(
    store: S3Store, queues: Queues
) -> None:
    for index in range(11):
        write_receipt(store, index)
    queues.fail(*MESSAGES, "rubbish")
    report = redrive(store, queues)
    assert report.actions == {Action.SEND: 1, Action.DROP: 11, Action.LEAVE: 1}
    assert queues.sent() == [as_text(MESSAGES[11])]
    assert queues.counts() == (1, 0)
    assert queues.left() == ["rubbish"]


def test_only_the_messages_of_the_run_that_is_named_are_touched(
    store: S3Store, queues: Queues
) -> None:
    queues.fail(*MESSAGES, OF_B, "rubbish")
    report = redrive(store, queues, run_id="run-b")
    assert report.actions == {Action.SEND: 1}
    assert report.not_chosen == 13
    assert queues.sent() == [as_text(OF_B)]
    assert queues.counts() == (13, 0)


def test_what_is_known_of_a_failure_is_removed_before_the_message_is_sent(
    store: S3Store, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_sent, other = (keys.failed_message(A.run_id, chunk.chunk_id) for chunk in A.chunks[:2])
    for key in (of_sent, other):
        store.put(SETTINGS.temp_bucket, key, b"{}", content_type=JSON)
    queues.fail(MESSAGES[0])
    present: list[list[str]] = []
    send = ChunkQueue.send_bodies

    def watched(queue: ChunkQueue, bodies: Iterator[str]) -> None:
        prefix = keys.failed_messages(A.run_id)
        present.append(list(store.list_keys(SETTINGS.temp_bucket, prefix)))
        send(queue, bodies)

    monkeypatch.setattr(ChunkQueue, "send_bodies", watched)
    redrive(store, queues)
    assert present == [[other]]


class Killed(BaseException):
    """The task was killed."""


@pytest.mark.parametrize("dies_in", ["send_bodies", "delete"])
def test_killed_before_it_sends_or_deletes_loses_nothing_and_can_be_repeated(
    store: S3Store, queues: Queues, monkeypatch: pytest.MonkeyPatch, dies_in: str
) -> None:
    queues.fail(*MESSAGES)

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(ChunkQueue if dies_in == "send_bodies" else DeadLetterQueue, dies_in, die)
        with pytest.raises(Killed):
            redrive(store, queues)
    assert queues.counts() == (12, 0)
    redrive(store, queues)
    assert {json.loads(body)["chunk_id"] for body in queues.sent()} == {
        message.chunk_id for message in MESSAGES
    }
    assert queues.counts() == (0, 0)


def test_a_queue_that_takes_no_messages_loses_none(
    store: S3Store, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues.fail(*MESSAGES)

    def refuse(*_: object) -> None:
        raise QueueError("queue cannot be used: SQS says AccessDenied")

    monkeypatch.setattr(ChunkQueue, "send_bodies", refuse)
    with pytest.raises(QueueError):
        redrive(store, queues)
    assert queues.counts() == (12, 0)


def test_a_queue_that_does_not_delete_is_counted(
    store: S3Store, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues.fail(MESSAGES[0])
    monkeypatch.setattr(DeadLetterQueue, "delete", lambda _, handles: len([*handles]))
    assert redrive(store, queues).not_deleted == 1


def test_it_stops_when_its_time_is_over_and_the_next_one_goes_on(
    store: S3Store, queues: Queues
) -> None:
    queues.fail(*MESSAGES)
    ticks = count()
    report = redrive(store, queues, longest_seconds=2, clock=lambda: next(ticks))
    assert not report.is_complete
    assert report.actions == {Action.SEND: 10}
    report = redrive(store, queues)
    assert report.is_complete
    assert report.actions == {Action.SEND: 2}
    assert len(queues.sent()) == 12


def test_it_stops_when_sqs_hides_no_more_messages(
    store: S3Store, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise TooManyHiddenError("no more at once")

    queues.fail(MESSAGES[0])
    monkeypatch.setattr(DeadLetterQueue, "receive", refuse)
    assert not redrive(store, queues).is_complete


def test_an_empty_answer_alone_does_not_end_it(
    store: S3Store, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive, answers = DeadLetterQueue.receive, count()

    def sometimes(queue: DeadLetterQueue) -> Any:
        return receive(queue) if next(answers) % 3 == 2 else []

    monkeypatch.setattr(DeadLetterQueue, "receive", sometimes)
    queues.fail(*MESSAGES)
    report = redrive(store, queues)
    assert report.actions == {Action.SEND: 12}
    assert report.is_complete


def test_a_message_that_sqs_delivers_twice_is_counted_once(
    store: S3Store, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive = DeadLetterQueue.receive

    def twice(queue: DeadLetterQueue) -> Any:
        letters = receive(queue)
        queue.release(letter.handle for letter in letters)
        return [*letters, *receive(queue)]

    monkeypatch.setattr(DeadLetterQueue, "receive", twice)
    queues.fail("rubbish")
    ticks = count()
    report = redrive(store, queues, longest_seconds=3, clock=lambda: next(ticks))
    assert report.messages == 1
    assert queues.counts() == (1, 0)


def test_it_logs_its_progress_and_no_body(
    store: S3Store, queues: Queues, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger=redrive_module.__name__)
    queues.fail(*MESSAGES)
    ticks = count(step=40)
    redrive(store, queues, clock=lambda: next(ticks))
    assert "10 messages so far" in caplog.text
    assert A.source.etag not in caplog.text


class EndlessQueue:
    """An SQS client whose dead-letter queue has so many messages, none of which is kept here."""

    def __init__(self, messages: int) -> None:
        self.numbers = iter(range(messages))
        self.sent = 0
        self.deleted = 0
        self.released = 0
        self.exceptions = boto3.client("sqs", "us-east-1").exceptions

    def receive_message(self, **_: Any) -> Any:
        found = [number for _, number in zip(range(10), self.numbers, strict=False)]
        return {"Messages": [self._message(number) for number in found]}

    @staticmethod
    def _message(number: int) -> dict[str, Any]:
        # A receipt handle of AWS has some hundred characters.
        handle = f"{number:08d}" + "h" * 400
        told = {"processing_type": "csv_data", "csv_data": f"creator_name\n{number}\n" + "x" * 2000}
        body = json.dumps(told) if number % 2 else "rubbish" * 300
        attributes = {"SentTimestamp": "1791180428123", "ApproximateReceiveCount": "6"}
        return {
            "MessageId": f"{number:08d}-1234-1234-1234-123456789012",
            "ReceiptHandle": handle,
            "Body": body,
            "Attributes": attributes,
        }

    def send_message_batch(self, *, Entries: list[Any], **_: Any) -> Any:  # noqa: N803
        self.sent += len(Entries)
        return {}

    def delete_message_batch(self, *, Entries: list[Any], **_: Any) -> Any:  # noqa: N803
        self.deleted += len(Entries)
        return {}

    def change_message_visibility_batch(self, *, Entries: list[Any], **_: Any) -> Any:  # noqa: N803
        self.released += len(Entries)
        return {}


class EmptyStore:
    """A store in which every run is unknown."""

    def get(self, *_: Any, **__: Any) -> None:
        return None

    def list_keys(self, *_: Any) -> Iterator[str]:
        return iter(())

    def delete_keys(self, _: str, found: Any) -> None:
        assert len(found) <= 10


@pytest.mark.thorough
def test_a_large_queue_takes_bounded_memory() -> None:
    client: Any = EndlessQueue(6000)
    store: Any = EmptyStore()
    dead, chunks = DeadLetterQueue(client, url="dead"), ChunkQueue(client, url="chunks")
    tracemalloc.start()
    try:
        report = Redrive(store, SETTINGS, dead, chunks, None, dry_run=False).run()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert report.actions == {Action.SEND: 3000, Action.LEAVE: 3000}
    assert (client.sent, client.deleted, client.released) == (3000, 3000, 3000)
    # Handles and ids of those that are left, about 0.6 KB each, and a table of bounded length.
    assert peak < 3000 * 1000
