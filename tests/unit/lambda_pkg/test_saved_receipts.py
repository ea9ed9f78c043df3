"""What a worker saves while it works, and what becomes of receipts that cannot be used."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from collage_core.aws.s3_store import S3Error, S3Store
from collage_core.layout import keys
from collage_core.worker import engine
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
CREATORS = dict.fromkeys(("ana", "bo", "cy", "dee", "eve"), 1)


class Dies(BaseException):
    """Lambda kills the worker."""


@pytest.fixture
def message(world: World) -> dict[str, Any]:
    return chunk_message(world, world.csv(CREATORS))


@pytest.fixture
def saves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker saves after each creator, as a slow one does."""
    monkeypatch.setattr(engine, "_SAVE_SECONDS", 0.0)


def deliver(
    world: World, body: Any, message_id: str = "m-1", *, seconds: float = 300
) -> dict[str, Any]:
    return world.invoke(sqs_event(sqs_record(body, message_id)), seconds=seconds)


def saved(world: World) -> list[str] | None:
    """The creators in the partial receipt."""
    if not world.keys(world.settings.temp_bucket, PARTIAL):
        return None
    document = world.document(world.settings.temp_bucket, PARTIAL)
    return [result["creator"] for result in document["results"]]


@contextmanager
def killed_before(monkeypatch: pytest.MonkeyPatch, key_part: str) -> Iterator[None]:
    """The worker dies when it is about to write such a key."""
    put = S3Store.put

    def dying(store: S3Store, bucket: str, key: str, body: bytes, **options: Any) -> str:
        if key_part in key and body:
            raise Dies(key)
        return put(store, bucket, key, body, **options)

    with monkeypatch.context() as patch:
        patch.setattr(S3Store, "put", dying)
        yield


@pytest.mark.usefixtures("saves_at_once")
def test_what_was_saved_is_not_done_again_after_a_kill(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Dies), killed_before(monkeypatch, "/dee_"):
        deliver(world, message)
    assert saved(world) in (["ana", "bo"], ["ana", "bo", "cy"])
    world.covers.requests.clear()
    assert deliver(world, message) == NOTHING_FAILED
    assert {path.split("/")[2] for path in world.covers.requests} == {"dee", "eve"}
    assert saved(world) is None
    assert [result["creator"] for result in receipt(world)["results"]] == list(CREATORS)
    assert receipt(world)["rows"]["placed"] == len(CREATORS)


def test_what_was_written_but_not_saved_is_not_fetched_again_after_a_kill(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Dies), killed_before(monkeypatch, "metadata/2026/10/01/dee"):
        deliver(world, message)
    assert saved(world) is None
    world.covers.requests.clear()
    assert deliver(world, message) == NOTHING_FAILED
    assert {path.split("/")[2] for path in world.covers.requests} == {"dee", "eve"}
    written = receipt(world)
    assert written["rows"]["placed"] == len(CREATORS)
    for result in written["results"]:
        head = world.services.store.head(world.settings.output_bucket, result["collage_key"])
        assert head is not None
        assert result["objects"]["collage"] == {"etag": head.etag, "bytes": head.bytes}


@pytest.mark.usefixtures("saves_at_once")
def test_each_save_replaces_the_one_before_and_the_receipt_removes_the_last(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    put = S3Store.put

    def watching(store: S3Store, bucket: str, key: str, body: bytes, **options: Any) -> str:
        if key == PARTIAL:
            seen.append([result["creator"] for result in json.loads(body)["results"]])
        return put(store, bucket, key, body, **options)

    monkeypatch.setattr(S3Store, "put", watching)
    deliver(world, message)
    names = list(CREATORS)
    assert seen == [names[:count] for count in range(1, len(names))]
    assert saved(world) is None


@pytest.mark.usefixtures("saves_at_once")
def test_a_second_worker_leaves_the_saves_of_the_first_one_alone(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Dies), killed_before(monkeypatch, "/cy_"):
        deliver(world, message, "m-1")
    first = world.document(world.settings.temp_bucket, PARTIAL)
    world.services.store.delete_keys(world.settings.temp_bucket, [PARTIAL])
    put, is_back = S3Store.put, []

    def overtaken(store: S3Store, bucket: str, key: str, body: bytes, **options: Any) -> str:
        """The first worker saves just before the second one does."""
        if key == PARTIAL and not is_back:
            is_back.append(put(store, bucket, key, json.dumps(first).encode(), **options))
        return put(store, bucket, key, body, **options)

    monkeypatch.setattr(S3Store, "put", overtaken)
    assert deliver(world, message, "m-2") == NOTHING_FAILED
    assert saved(world) == [result["creator"] for result in first["results"]]
    assert receipt(world)["rows"]["total"] == len(CREATORS)
    # The message of the first one comes back, finds the receipt, and removes what it has saved.
    assert deliver(world, message, "m-1") == NOTHING_FAILED
    assert saved(world) is None


type Spoil = Callable[[dict[str, Any]], bytes | dict[str, Any]]

UNUSABLE: dict[str, Spoil] = {
    "no JSON": lambda _: b"{",
    "empty": lambda _: b"",
    "another schema": lambda receipt: receipt | {"schema_version": 2},
    "another run": lambda receipt: receipt | {"run_id": "monthly-2"},
    "another chunk": lambda receipt: receipt | {"chunk_id": "00001-b"},
    "another second": lambda receipt: receipt | {"run_timestamp": "20261001_000001"},
    "other rows": lambda receipt: receipt | {"rows": receipt["rows"] | {"total": 9, "placed": 9}},
    "another size": lambda receipt: receipt | {"byte_range": [0, 5]},
    "unfinished": lambda receipt: receipt | {"resume_at": receipt["byte_range"][0] + 40},
}


def spoil(world: World, key: str, how: str) -> None:
    bucket = world.settings.temp_bucket
    spoiled = UNUSABLE[how](world.document(bucket, key))
    body = spoiled if isinstance(spoiled, bytes) else json.dumps(spoiled).encode()
    world.s3.put_object(Bucket=bucket, Key=key, Body=body)


@pytest.mark.parametrize("how", UNUSABLE)
def test_a_receipt_that_cannot_be_used_is_replaced_and_no_cover_is_fetched_for_it(
    world: World, message: dict[str, Any], how: str
) -> None:
    deliver(world, message)
    before = receipt(world)
    spoil(world, RECEIPT, how)
    world.covers.requests.clear()
    assert deliver(world, message) == NOTHING_FAILED
    assert not world.covers.requests
    names = ("run_id", "chunk_id", "byte_range", "results", "rows", "resume_at", "objects")
    assert [receipt(world)[name] for name in names] == [before[name] for name in names]


@pytest.mark.parametrize("how", sorted(UNUSABLE.keys() - {"unfinished", "other rows"}))
def test_a_partial_receipt_that_cannot_be_used_is_replaced(
    world: World, message: dict[str, Any], how: str
) -> None:
    deliver(world, message, seconds=1)
    assert saved(world) == ["ana"]
    spoil(world, PARTIAL, how)
    (sent_on,) = world.receive()
    assert world.invoke(sqs_event(sent_on), seconds=1) == NOTHING_FAILED
    assert saved(world) == ["ana"]
    (sent_on,) = world.receive()
    assert world.invoke(sqs_event(sent_on)) == NOTHING_FAILED
    assert [result["creator"] for result in receipt(world)["results"]] == list(CREATORS)


@pytest.mark.parametrize("resume_at", ["the first byte", "behind the last byte"])
def test_a_partial_receipt_that_ends_outside_of_the_chunk_cannot_be_used(
    world: World, message: dict[str, Any], resume_at: str
) -> None:
    deliver(world, message, seconds=1)
    document = world.document(world.settings.temp_bucket, PARTIAL)
    first, last = message["byte_range"]
    document["resume_at"] = first if resume_at == "the first byte" else last + 1
    body = json.dumps(document).encode()
    world.s3.put_object(Bucket=world.settings.temp_bucket, Key=PARTIAL, Body=body)
    assert deliver(world, message) == NOTHING_FAILED
    assert [result["creator"] for result in receipt(world)["results"]] == list(CREATORS)


def test_a_partial_receipt_of_release_0_1_is_continued(
    world: World, message: dict[str, Any]
) -> None:
    """It says neither with which objects, nor of what pictures, nor for what reasons."""
    deliver(world, message, seconds=1)
    document = world.document(world.settings.temp_bucket, PARTIAL)
    for result in document["results"]:
        for name in ("objects", "pictures", "reasons"):
            result.pop(name, None)
    body = json.dumps(document).encode()
    world.s3.put_object(Bucket=world.settings.temp_bucket, Key=PARTIAL, Body=body)
    world.covers.requests.clear()
    assert deliver(world, message) == NOTHING_FAILED
    assert "ana" not in {path.split("/")[2] for path in world.covers.requests}
    written = receipt(world)
    assert [result["creator"] for result in written["results"]] == list(CREATORS)
    assert "objects" not in written["results"][0]
    assert written["rows"]["total"] == len(CREATORS)


@pytest.mark.parametrize("refused", [RECEIPT, "collages/2026/10/01", "metadata/2026/10/01"])
def test_no_cover_is_fetched_by_a_worker_that_may_not_write(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    put = S3Store.put

    def refusing(store: S3Store, bucket: str, key: str, body: bytes, **options: Any) -> str:
        if key.startswith(refused):
            raise S3Error(f"cannot write s3://{bucket}/{key}: S3 says AccessDenied")
        return put(store, bucket, key, body, **options)

    with monkeypatch.context() as patch:
        patch.setattr(S3Store, "put", refusing)
        assert deliver(world, message) == failed("m-1")
    assert not world.covers.requests
    assert world.keys(world.settings.output_bucket) == []
    assert deliver(world, message) == NOTHING_FAILED
    assert receipt(world)["rows"]["placed"] == len(CREATORS)


def test_a_worker_that_cannot_save_fails_and_its_message_comes_back(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_SAVE_SECONDS", 0.0)
    put = S3Store.put

    def refusing(store: S3Store, bucket: str, key: str, body: bytes, **options: Any) -> str:
        if key == PARTIAL:
            raise S3Error("503")
        return put(store, bucket, key, body, **options)

    with monkeypatch.context() as patch:
        patch.setattr(S3Store, "put", refusing)
        assert deliver(world, message) == failed("m-1")
    world.covers.requests.clear()
    assert deliver(world, message) == NOTHING_FAILED
    assert "ana" not in {path.split("/")[2] for path in world.covers.requests}


def test_the_rest_is_handed_over_when_a_stretch_ends_with_the_time(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first creator of a stretch is always done: without time its covers would fail."""
    first, last = message["byte_range"]
    rows = world.csv(CREATORS).encode()[first : last + 1]
    asked = {**message, "rows_sha256": hashlib.sha256(rows).hexdigest()}
    deliver(world, asked, seconds=1)
    (sent_on,) = world.receive()
    monkeypatch.setattr("lambda_pkg.chunk_rows._STRETCH_BYTES", 10)
    monkeypatch.setattr("lambda_pkg.chunk_rows._last_creator", lambda body: body.find(b"cy,"))
    assert world.invoke(sqs_event(sent_on), seconds=12) == NOTHING_FAILED
    assert saved(world) == ["ana", "bo"]
    (sent_on,) = world.receive()
    assert world.invoke(sqs_event(sent_on)) == NOTHING_FAILED
    assert receipt(world)["byte_range"] == message["byte_range"]
    assert [result["creator"] for result in receipt(world)["results"]] == list(CREATORS)
    assert receipt(world)["reasons"] == {"out_of_time": 1}, "of the first creator alone"


def test_a_chunk_that_is_in_no_plan_any_more_ends_quietly_with_a_document(
    world: World, message: dict[str, Any]
) -> None:
    asked = {**message, "rows_sha256": "0" * 64}
    assert deliver(world, asked) == NOTHING_FAILED
    temp = world.settings.temp_bucket
    key = keys.dropped_message("monthly-1", "00000-a")
    assert world.keys(temp) == [key]
    dropped = world.document(temp, key)
    assert dropped["status"] == "dropped"
    assert (dropped["run_id"], dropped["chunk_id"]) == ("monthly-1", "00000-a")
    assert "was planned again" in dropped["detail"]
    assert not world.covers.requests
    assert world.keys(world.settings.output_bucket) == []


def test_whoever_invokes_the_function_for_such_a_chunk_is_told(
    world: World, message: dict[str, Any]
) -> None:
    answer = world.invoke({**message, "rows_sha256": "0" * 64})
    assert (answer["status"], answer["schema_version"]) == ("dropped", 1)
