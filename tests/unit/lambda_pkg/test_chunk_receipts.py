"""Chunks that run out of time: how they go on, also when two workers have the same one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from collage_core.aws.s3_store import S3Store
from collage_core.contract.receipt import Receipt
from collage_core.errors import ConditionFailedError
from collage_core.layout import keys
from collage_core.worker.chunk import process_chunk
from tests.support.lambda_world import (
    NOTHING_FAILED,
    World,
    chunk_message,
    failed,
    receipt,
    sqs_event,
    sqs_record,
)

RECEIPT = keys.receipt("monthly-1", "00000-a")
PARTIAL = keys.partial_receipt("monthly-1", "00000-a")
CREATORS = {"ana": 1, "bo": 1, "cy": 1, "dee": 1}
ONE_CREATOR = 1.0
"""Seconds of an invocation that has time for its first creator alone."""


@pytest.fixture
def message(world: World) -> dict[str, Any]:
    return chunk_message(world, world.csv(CREATORS))


def deliver(
    world: World, body: Any, message_id: str = "m-1", *, seconds: float = ONE_CREATOR
) -> dict[str, Any]:
    return world.invoke(sqs_event(sqs_record(body, message_id)), seconds=seconds)


def begun(world: World) -> list[str]:
    return world.keys(world.settings.temp_bucket, PARTIAL)


def done_so_far(world: World) -> list[str]:
    document = world.document(world.settings.temp_bucket, PARTIAL)
    return [result["creator"] for result in document["results"]]


def follow(world: World) -> int:
    """Deliver what is in the queue until it is empty; how many messages it took."""
    taken = 0
    while records := world.receive():
        for record in records:
            assert world.invoke(sqs_event(record), seconds=ONE_CREATOR) == NOTHING_FAILED
            taken += 1
            assert taken < 50, "no end of messages"
    return taken


def overtake(monkeypatch: pytest.MonkeyPatch, other: Any) -> None:
    """The next worker has done its part when `other` happens, and has yet to write of it."""

    def overtaken(*args: Any, **kwargs: Any) -> Receipt:
        monkeypatch.setattr("lambda_pkg.chunk.process_chunk", process_chunk)
        mine = process_chunk(*args, **kwargs)
        other()
        return mine

    monkeypatch.setattr("lambda_pkg.chunk.process_chunk", overtaken)


def test_each_invocation_finishes_at_least_one_creator_so_every_chain_ends(
    world: World,
) -> None:
    creators = {f"c{number:02d}": 1 for number in range(30)}
    deliver(world, chunk_message(world, world.csv(creators)), seconds=0)
    assert 1 + follow(world) == len(creators)
    assert receipt(world)["creators"]["total"] == len(creators)


def test_a_slower_worker_undoes_nothing_and_sends_no_second_message(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def two_others() -> None:
        deliver(world, message, "m-2")
        (sent_on,) = world.receive()
        world.invoke(sqs_event(sent_on), seconds=ONE_CREATOR)

    overtake(monkeypatch, two_others)
    assert deliver(world, message, "m-1") == NOTHING_FAILED
    assert done_so_far(world) == ["ana", "bo"]
    assert follow(world) == 2, "one chain, with a message for each creator that was left"
    assert receipt(world)["rows"]["total"] == len(CREATORS)


def test_two_chains_of_one_chunk_become_one(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(world, message, "m-1")
    (first,) = world.receive()
    second = first | {"messageId": "m-2"}
    overtake(monkeypatch, lambda: world.invoke(sqs_event(second), seconds=ONE_CREATOR))
    assert world.invoke(sqs_event(first), seconds=ONE_CREATOR) == NOTHING_FAILED
    assert follow(world) == 2
    assert [item["creator"] for item in receipt(world)["results"]] == list(CREATORS)


def test_a_message_delivered_twice_at_once_is_kept_until_the_rest_is_sent(
    world: World,
    message: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The faster one dies between its partial receipt and its message."""

    def dies(*_: object) -> None:
        raise ConnectionError

    def other() -> None:
        with monkeypatch.context() as patch:
            patch.setattr("collage_core.aws.chunk_queue.ChunkQueue.send", dies)
            assert deliver(world, message, "m-1") == failed("m-1")

    overtake(monkeypatch, other)
    assert deliver(world, message, "m-1") == failed("m-1")
    assert "worked on twice at once by one message, m-1" in caplog.text
    assert world.receive() == []
    assert deliver(world, message, "m-1") == NOTHING_FAILED
    assert follow(world) == 2
    assert receipt(world)["rows"]["total"] == len(CREATORS)


@contextmanager
def refused(monkeypatch: pytest.MonkeyPatch, refused_key: str) -> Iterator[None]:
    """S3 reports that another request is writing this key, and that one fails, too."""
    put = S3Store.put

    def met(store: S3Store, bucket: str, key: str, body: bytes, **options: Any) -> str:
        if key == refused_key:
            raise ConditionFailedError("409")
        return put(store, bucket, key, body, **options)

    with monkeypatch.context() as patch:
        patch.setattr(S3Store, "put", met)
        yield


def test_a_message_comes_back_when_s3_reports_a_faster_write_that_is_not_there(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(world, message, "m-1")
    (sent_on,) = world.receive()
    with refused(monkeypatch, PARTIAL):
        answer = world.invoke(sqs_event(sent_on), seconds=ONE_CREATOR)
    assert answer == failed(sent_on["messageId"])
    assert done_so_far(world) == ["ana"]


@pytest.mark.parametrize("is_begun", [False, True])
def test_a_message_comes_back_when_s3_reports_another_receipt_that_is_not_there(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch, *, is_begun: bool
) -> None:
    if is_begun:
        deliver(world, message, "m-1")
    with refused(monkeypatch, RECEIPT):
        assert deliver(world, message, "m-2", seconds=300) == failed("m-2")
    assert deliver(world, message, "m-2", seconds=300) == NOTHING_FAILED
    assert receipt(world)["creators"]["total"] == len(CREATORS)


def test_a_slower_worker_answers_a_direct_invocation_with_the_faster_receipt(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    overtake(monkeypatch, lambda: deliver(world, message, "m-2"))
    answer = world.invoke(message, seconds=ONE_CREATOR)
    assert answer == world.document(world.settings.temp_bucket, PARTIAL)
    assert len(world.receive()) == 1


def test_a_slower_worker_finds_the_chunk_finished(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(world, message, "m-1")
    (sent_on,) = world.receive()
    overtake(monkeypatch, lambda: deliver(world, message, "m-2", seconds=300))
    assert world.invoke(sqs_event(sent_on), seconds=ONE_CREATOR) == NOTHING_FAILED
    assert world.receive() == []
    assert begun(world) == []
    assert receipt(world)["rows"]["total"] == len(CREATORS)


def test_a_chunk_whose_receipt_is_removed_gets_it_again_and_no_cover_is_fetched_twice(
    world: World, message: dict[str, Any]
) -> None:
    deliver(world, message)
    deliver(world, message, seconds=300)
    assert begun(world) == []
    before, temp = receipt(world), world.settings.temp_bucket
    world.services.store.delete_keys(temp, [keys.receipt("monthly-1", "00000-a")])
    world.covers.requests.clear()
    deliver(world, message, seconds=300)
    assert not world.covers.requests
    assert [receipt(world)[name] for name in ("results", "rows", "objects", "creators")] == [
        before[name] for name in ("results", "rows", "objects", "creators")
    ]


def test_a_partial_receipt_left_behind_is_removed_when_the_message_comes_again(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(world, message)
    with monkeypatch.context() as patch:
        patch.setattr(S3Store, "delete_keys", None)
        assert deliver(world, message, seconds=300) == failed("m-1")
    assert len(begun(world)) == 1
    assert deliver(world, message) == NOTHING_FAILED
    assert begun(world) == []


def test_a_partial_receipt_written_after_the_receipt_is_removed_by_its_message(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    overtake(monkeypatch, lambda: deliver(world, message, "m-2", seconds=300))
    assert deliver(world, message, "m-1") == NOTHING_FAILED
    assert len(begun(world)) == 1
    assert follow(world) == 1
    assert begun(world) == []
    # The first worker had time for one creator only, and not for its cover.
    assert receipt(world)["rows"]["placed"] == len(CREATORS) - 1
