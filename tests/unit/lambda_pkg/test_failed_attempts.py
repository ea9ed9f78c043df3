"""Each failed attempt at a chunk leaves a document, and its message comes back soon."""

import json
from typing import Any

import pytest

from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.aws.s3_store import S3Error, S3Store
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

RUN = "monthly-1"
CHUNK = "00000-a"
FAILED = keys.failed_message(RUN, CHUNK)


@pytest.fixture
def message(world: World) -> dict[str, Any]:
    return chunk_message(world, world.csv({"ana": 1, "bo": 1}))


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """After how many seconds messages are to come back."""
    asked: list[int] = []
    monkeypatch.setattr(
        ChunkQueue, "make_visible", lambda _, __, *, after_seconds: asked.append(after_seconds)
    )
    return asked


@pytest.fixture
def bo_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    put = S3Store.put

    def refusing(store: S3Store, bucket: str, key: str, body: Any, **options: Any) -> str:
        if "/bo_collage" in key and body:
            raise S3Error("S3 refuses it: try again")
        return put(store, bucket, key, body, **options)

    monkeypatch.setattr(S3Store, "put", refusing)
    return monkeypatch


def deliver(world: World, message: dict[str, Any], attempt: int) -> dict[str, Any]:
    record = sqs_record(message)
    record["attributes"]["ApproximateReceiveCount"] = str(attempt)
    return world.invoke(sqs_event(record))


def document(world: World) -> dict[str, Any]:
    return world.document(world.settings.temp_bucket, FAILED)


@failure(
    Where.QUEUE,
    fault="An attempt at a chunk fails, and the next one may succeed",
    happens="The message comes back after 1 minute, then after 4, 15 and 30",
    sees=(
        "`processing/{run_id}/failed/{chunk_id}.json` in the temp bucket: which attempt, why, and "
        "the creators under way"
    ),
    fix="nothing; if it fails again and again, what the document says",
)
@pytest.mark.usefixtures("bo_cannot_be_written")
def test_a_failed_attempt_leaves_a_document_and_its_message_comes_back_soon(
    world: World, message: dict[str, Any], pauses: list[int]
) -> None:
    for attempt in range(1, 7):
        assert deliver(world, message, attempt) == failed("m-1")
        found = document(world)
        assert (found["attempt"], found["final"], found["error"]) == (attempt, False, "S3Error")
        assert found["reason"] == "S3 refuses it: try again"
        assert found["under_way"] == ["bo"]
    assert pauses == [60, 240, 900, 1800, 1800, 1800]


def test_the_document_is_gone_when_the_chunk_is_done(
    world: World,
    message: dict[str, Any],
    pauses: list[int],
    bo_cannot_be_written: pytest.MonkeyPatch,
) -> None:
    deliver(world, message, 1)
    assert document(world)
    bo_cannot_be_written.undo()
    assert deliver(world, message, 2) == NOTHING_FAILED
    assert world.keys(world.settings.temp_bucket, FAILED) == []
    del pauses


def test_an_error_that_nobody_has_thought_of_shows_no_text_of_its_own(
    world: World, message: dict[str, Any], pauses: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("https://cdn.example/1.jpg?x-signature=SECRET")

    monkeypatch.setattr("lambda_pkg.chunk.process_chunk", broken)
    assert deliver(world, message, 2) == failed("m-1")
    found = document(world)
    assert (found["error"], found["final"], found["attempt"]) == ("KeyError", False, 2)
    assert "SECRET" not in json.dumps(found)
    assert pauses == [240]


@pytest.mark.usefixtures("bo_cannot_be_written")
def test_an_asynchronous_invocation_that_is_repeated_counts_its_attempts(
    world: World, message: dict[str, Any]
) -> None:
    for attempt in (1, 2):
        with pytest.raises(S3Error):
            world.invoke(message)
        assert document(world)["attempt"] == attempt


def test_a_failed_message_that_asks_for_no_chunk_leaves_nothing_until_it_is_hopeless(
    world: World, pauses: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(*_: object, **__: object) -> None:
        raise S3Error("S3 refuses it: try again")

    monkeypatch.setattr("lambda_pkg.messages.start_run", refusing)
    body = {"processing_type": "csv_data", "csv_data": world.csv({"ana": 1})}
    assert deliver(world, body, 1) == failed("m-1")
    assert world.keys(world.settings.temp_bucket) == []
    assert pauses == [60]
