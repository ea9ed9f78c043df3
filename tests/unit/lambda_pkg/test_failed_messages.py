"""A message that cannot succeed fails at once, says why, and is not lost."""

import hashlib
import json
from typing import Any

import pytest

from collage_core.contract.failed_message import FailedMessage
from collage_core.contract.reading import read
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import RaceError
from collage_core.layout import keys
from tests.support.failures import Where, failure
from tests.support.lambda_world import (
    NOTHING_FAILED,
    World,
    chunk_message,
    failed,
    sqs_event,
    sqs_record,
)

MOST_RECEIVES = 3
SECRET_CSV = "creator_name,cover_url\nana,https://h/a.jpg?sign=SECRET\n"


@pytest.fixture
def dead_letters(world: World) -> str:
    """The URL of a dead-letter queue, to which the chunk queue moves messages as SQS does."""
    url = world.sqs.create_queue(QueueName="chunks-dlq")["QueueUrl"]
    found = world.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    redrive = {
        "deadLetterTargetArn": found["Attributes"]["QueueArn"],
        "maxReceiveCount": MOST_RECEIVES,
    }
    world.sqs.set_queue_attributes(
        QueueUrl=world.settings.chunk_queue_url,
        Attributes={"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": "720"},
    )
    return url


def send(world: World, body: str | dict[str, Any]) -> str:
    text = body if isinstance(body, str) else json.dumps(body)
    world.sqs.send_message(QueueUrl=world.settings.chunk_queue_url, MessageBody=text)
    return text


def deliver(world: World) -> dict[str, Any] | None:
    """What SQS and Lambda do once: take a message and call the function with it; its answer."""
    received = world.sqs.receive_message(
        QueueUrl=world.settings.chunk_queue_url,
        MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
    ).get("Messages")
    if not received:
        return None
    (message,) = received
    attributes = message["Attributes"]
    record = sqs_record(
        message["Body"], "m", sent=attributes["SentTimestamp"], handle=message["ReceiptHandle"]
    )
    record["attributes"]["ApproximateReceiveCount"] = attributes["ApproximateReceiveCount"]
    return world.invoke(sqs_event(record))


def bodies(world: World, url: str) -> list[str]:
    received = world.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [message["Body"] for message in received]


def document(world: World) -> FailedMessage:
    """The only document about a failed message."""
    bucket = world.settings.temp_bucket
    (key,) = (key for key in world.keys(bucket, keys.PROCESSING) if "/failed/" in key)
    found = read(json.dumps(world.document(bucket, key)), FailedMessage)
    assert key == keys.failed_message(found.run_id, found.chunk_id)
    return found


@pytest.mark.parametrize(
    "body",
    [
        "no json",
        {"processing_type": "video"},
        {"processing_type": "csv_s3", "schema_version": 2},
        {"processing_type": "csv_data", "csv_data": "creator_name,when\na,b\n"},
    ],
)
def test_a_hopeless_message_is_in_the_dead_letter_queue_at_once_and_unchanged(
    world: World, dead_letters: str, body: Any
) -> None:
    text = send(world, body)
    for _ in range(MOST_RECEIVES):
        assert deliver(world) == failed("m")
    assert deliver(world) is None
    assert bodies(world, dead_letters) == [text]


def test_its_document_says_what_is_wrong_and_by_what_to_find_it(
    world: World, dead_letters: str
) -> None:
    del dead_letters
    text = send(world, "no json")
    deliver(world)
    found = document(world)
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert (found.body_sha256, found.body_bytes) == (digest, len(text))
    assert (found.run_id, found.chunk_id) == (f"sqs-{digest[:32]}", None)
    assert found.error == "MessageError"
    assert "message body is not JSON" in found.reason
    assert found.sent == RunTimestamp.parse(str(found.sent))


def test_its_document_is_beside_the_receipts_of_the_run_of_its_chunk(
    world: World, dead_letters: str
) -> None:
    del dead_letters
    message = chunk_message(world, world.csv({"ana": 1}))
    world.put(message["bucket"], message["key"], world.csv({"bo": 1}))
    send(world, message)
    deliver(world)
    found = document(world)
    assert (found.run_id, found.chunk_id) == ("monthly-1", "00000-a")
    assert found.error == "SourceChangedError"


@pytest.mark.parametrize(
    "body",
    [
        {"processing_type": "csv_data", "csv_data": SECRET_CSV},
        {"processing_type": "csv_data", "csv_data": [SECRET_CSV]},
        SECRET_CSV,
    ],
)
def test_its_document_shows_no_signature(world: World, dead_letters: str, body: Any) -> None:
    del dead_letters
    send(world, body)
    assert deliver(world) == failed("m")
    assert "SECRET" not in json.dumps(document(world).reason)


def test_when_the_cause_is_fixed_the_message_of_the_dead_letter_queue_succeeds(
    world: World, dead_letters: str
) -> None:
    csv = world.csv({"ana": 1})
    message = chunk_message(world, csv)
    world.put(message["bucket"], message["key"], world.csv({"bo": 1}))
    send(world, message)
    while deliver(world) is not None:
        pass
    world.put(message["bucket"], message["key"], csv)
    (text,) = bodies(world, dead_letters)
    send(world, text)
    assert deliver(world) == NOTHING_FAILED


def test_a_message_that_may_succeed_later_comes_back_later_and_leaves_no_document(
    world: World, dead_letters: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raced(*_: object) -> None:
        raise RaceError("two workers met: try again")

    monkeypatch.setattr("lambda_pkg.sqs.handle_message", raced)
    send(world, "anything")
    assert deliver(world) == failed("m")
    assert deliver(world) is None, "it is invisible until the visibility timeout is over"
    assert bodies(world, dead_letters) == []
    assert world.keys(world.settings.temp_bucket) == []


@failure(
    Where.QUEUE,
    fault="The queue has no dead-letter queue",
    happens=(
        "After ten quick deliveries a hopeless message comes back only after the visibility timeout"
    ),
    sees="`check` and housekeeping name the queue",
    fix="run the command in the line of `check`",
)
def test_without_a_dead_letter_queue_a_message_does_not_come_back_at_once_for_ever(
    world: World,
) -> None:
    send(world, "no json")
    deliveries = 0
    while deliver(world) is not None:
        deliveries += 1
    assert deliveries == 10


@failure(
    Where.QUEUE,
    fault="The document about a failed message cannot be written",
    happens=(
        "The message comes back after the visibility timeout, and ends in the dead-letter queue"
    ),
    sees='the function\'s log: "is left to come back later"',
    fix="make the temp bucket writable; nothing is lost",
)
def test_a_message_is_left_to_come_back_when_its_document_cannot_be_written(
    world: World, dead_letters: str, caplog: pytest.LogCaptureFixture
) -> None:
    del dead_letters
    good = chunk_message(world, world.csv({"ana": 1}))
    world.s3.delete_bucket(Bucket=world.settings.temp_bucket)
    answer = world.invoke(sqs_event(sqs_record("no json", "bad"), sqs_record(good, "good")))
    assert {"itemIdentifier": "bad"} in answer["batchItemFailures"]
    assert "Message bad is left to come back later: cannot write" in caplog.text
