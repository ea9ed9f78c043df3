"""A worker says that it is at a chunk, and the next one knows when it has died there."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from collage_core.aws.s3_store import S3Error, S3Store
from collage_core.contract.chunk_at_work import ChunkAtWork
from collage_core.contract.document import to_json
from collage_core.layout import keys
from collage_core.run.stop import stop
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from lambda_pkg.heartbeat import Heartbeat
from tests.support.failures import Where, failure
from tests.support.going_on import let_go_on
from tests.support.lambda_world import (
    NOTHING_FAILED,
    FakeContext,
    World,
    chunk_message,
    failed,
    receipt,
    sqs_event,
    sqs_record,
    with_settings,
)

RUN = "monthly-1"
CHUNK = "00000-a"
AT_WORK = keys.chunk_at_work(RUN, CHUNK)
CREATORS = {"ana": 2, "bo": 2, "cy": 2, "dee": 2}
LEFT = ChunkAtWork(
    run_id=RUN, chunk_id=CHUNK, invocation_id="another", deaths=0, under_way=["ana", "bo"]
)


@pytest.fixture
def message(world: World) -> dict[str, Any]:
    return chunk_message(world, world.csv(CREATORS))


@pytest.fixture
def everybody_else_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another worker has left is old enough, as soon as S3's clock has gone on."""
    monkeypatch.setattr(Settings, "stale_seconds", -1.0)


def leave(world: World, document: ChunkAtWork) -> None:
    """As a worker that was killed leaves it."""
    bucket = world.settings.temp_bucket
    world.services.store.put(bucket, AT_WORK, to_document(document), content_type=JSON)


def at_work(world: World) -> dict[str, Any] | None:
    found = world.services.store.get(world.settings.temp_bucket, AT_WORK)
    return None if found is None else json.loads(found.body)


def begun_with(world: World, monkeypatch: pytest.MonkeyPatch, message: dict[str, Any]) -> Any:
    """What a worker writes before it asks for covers, of what it has found."""
    written: list[Any] = []
    put = S3Store.put

    def watching(store: S3Store, bucket: str, key: str, body: Any, **options: Any) -> str:
        etag = put(store, bucket, key, body, **options)
        if key == AT_WORK and not world.covers.requests:
            written.append(world.document(bucket, key))
        return etag

    monkeypatch.setattr(S3Store, "put", watching)
    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    return written[-1]


def creators_of(world: World) -> set[str]:
    """Whose covers were asked for."""
    return {path.split("/")[2] for path in world.covers.requests}


@contextmanager
def in_a_thread(call: Any) -> Iterator[list[Any]]:
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(call()))
    thread.start()
    yield answers
    thread.join()


def until(condition: Any) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_document_is_there_while_the_worker_works_and_not_afterwards(world: World) -> None:
    message = chunk_message(world, world.csv(CREATORS, path="slow"))
    with in_a_thread(lambda: world.invoke(sqs_event(sqs_record(message)))) as answers:
        until(lambda: world.covers.requests)
        found = at_work(world)
    assert answers == [NOTHING_FAILED]
    assert found is not None
    assert found["invocation_id"] == FakeContext.aws_request_id
    assert found["deaths"] == 0
    assert at_work(world) is None


def test_it_is_renewed_and_names_the_creators_under_way(world: World) -> None:
    world = with_settings(world, heartbeat_seconds=0.02)
    message = chunk_message(world, world.csv(CREATORS, path="slow"))
    named: set[str] = set()
    with in_a_thread(lambda: world.invoke(sqs_event(sqs_record(message)))) as answers:
        while not answers:
            named.update((at_work(world) or {"under_way": ()})["under_way"])
    assert named
    assert named <= CREATORS.keys()


def test_it_is_deleted_when_the_work_fails(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    put = S3Store.put

    def refusing(store: S3Store, bucket: str, key: str, body: Any, **options: Any) -> str:
        if bucket == world.settings.output_bucket and body:
            raise S3Error("S3 refuses it")
        return put(store, bucket, key, body, **options)

    monkeypatch.setattr(S3Store, "put", refusing)
    assert world.invoke(sqs_event(sqs_record(message))) == failed("m-1")
    assert at_work(world) is None


def test_one_that_cannot_be_deleted_is_logged_and_costs_no_more(
    world: World,
    message: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    delete = S3Store.delete_keys

    def refusing(store: S3Store, bucket: str, deleted: Any) -> None:
        deleted = list(deleted)
        if AT_WORK in deleted:
            raise S3Error("S3 refuses it")
        delete(store, bucket, deleted)

    monkeypatch.setattr(S3Store, "delete_keys", refusing)
    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    assert receipt(world)["rows"]["placed"] == 8
    assert "S3 refuses it" in caplog.text


@pytest.mark.usefixtures("everybody_else_is_dead")
def test_a_worker_that_finds_what_a_dead_one_has_left_counts_it(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(world, LEFT)
    assert begun_with(world, monkeypatch, message)["deaths"] == 1


def test_one_that_is_still_renewed_is_not_counted(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(world, replace(LEFT, deaths=1))
    assert begun_with(world, monkeypatch, message)["deaths"] == 1


def test_an_invocation_that_lambda_repeats_has_died_however_new_it_is(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(world, replace(LEFT, invocation_id=FakeContext.aws_request_id))
    assert begun_with(world, monkeypatch, message)["deaths"] == 1


def test_one_that_cannot_be_read_is_written_again(
    world: World, message: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    world.put(world.settings.temp_bucket, AT_WORK, "no json")
    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    assert "is written again" in caplog.text
    assert at_work(world) is None


@pytest.mark.usefixtures("everybody_else_is_dead")
def test_after_two_deaths_one_creator_is_done_at_a_time_each_named_before(
    world: World, message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(world, replace(LEFT, deaths=1))
    named, saved = [], []
    put = S3Store.put

    def watching(store: S3Store, bucket: str, key: str, body: Any, **options: Any) -> str:
        etag = put(store, bucket, key, body, **options)
        if key == AT_WORK and "alone_at" in (document := world.document(bucket, key)):
            named.append((document["under_way"], creators_of(world)))
        if "/partial/" in key and body:
            saved.append(len(world.document(bucket, key)["results"]))
        return etag

    monkeypatch.setattr(S3Store, "put", watching)
    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    names = list(CREATORS)
    assert [under_way for under_way, _ in named] == [[name] for name in names]
    assert [asked for _, asked in named] == [set(names[:count]) for count in range(4)]
    assert saved == [1, 2, 3], "each is saved before the next one begins"


@failure(
    Where.QUEUE,
    fault="A cover kills each worker that works on it",
    happens=(
        "After two deaths a worker does one creator at a time; the one at which it dies is set "
        "aside by the next worker, and the rest of the chunk is done"
    ),
    sees=(
        "`wait` names the chunk and the creators; in the end the creator's covers are counted as "
        "`worker_died`, and the books balance"
    ),
    fix="look for the creator in the function's log, give the function more memory, fill the run",
)
@pytest.mark.usefixtures("everybody_else_is_dead")
def test_a_creator_at_which_a_careful_worker_died_is_set_aside_and_the_rest_is_done(
    world: World, message: dict[str, Any]
) -> None:
    place = world.csv(CREATORS).index("bo,") - message["byte_range"][0]
    leave(world, replace(LEFT, deaths=2, under_way=["bo"], alone_at=place))
    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    assert creators_of(world) == CREATORS.keys() - {"bo"}
    found = receipt(world)
    assert found["reasons"] == {"worker_died": 2}
    assert found["rows"]["placed"] == 6
    outcomes = {result["creator"]: result["outcome"] for result in found["results"]}
    assert outcomes == {"ana": "complete", "bo": "failed", "cy": "complete", "dee": "complete"}


@pytest.mark.usefixtures("everybody_else_is_dead")
def test_a_creator_stays_set_aside_when_a_later_worker_dies_too(
    world: World, message: dict[str, Any]
) -> None:
    text = world.csv(CREATORS)
    bo, dee = (text.index(f"{name},") - message["byte_range"][0] for name in ("bo", "dee"))
    leave(world, replace(LEFT, deaths=3, under_way=["dee"], alone_at=dee, set_aside=(bo,)))
    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    assert creators_of(world) == {"ana", "cy"}
    assert receipt(world)["reasons"] == {"worker_died": 4}


@pytest.mark.usefixtures("everybody_else_is_dead")
def test_a_creator_that_was_written_before_its_worker_died_counts_as_written(
    world: World, message: dict[str, Any]
) -> None:
    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    before = receipt(world)
    world.services.store.delete_keys(world.settings.temp_bucket, [keys.receipt(RUN, CHUNK)])
    leave(world, replace(LEFT, deaths=2, under_way=["ana"], alone_at=0))
    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    assert receipt(world)["rows"] == before["rows"]


def test_a_run_that_is_stopped_is_not_begun_and_its_message_counts_as_done(
    world: World, message: dict[str, Any]
) -> None:
    stop(world.services.store, world.settings, RUN, "ana stopped it: clear dispatch")
    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    assert not world.covers.requests
    assert world.invoke(message) == {
        "schema_version": 1,
        "run_id": RUN,
        "status": "stopped",
        "detail": "ana stopped it: clear dispatch",
    }
    let_go_on(world.services.store, world.settings, RUN)
    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    assert receipt(world)["rows"]["placed"] == 8


def test_all_runs_are_stopped_by_one_document(world: World, message: dict[str, Any]) -> None:
    stop(world.services.store, world.settings, None, "the bucket moves")
    assert world.invoke(message)["status"] == "stopped"
    assert not world.covers.requests


@failure(
    Where.QUEUE,
    fault="A run is stopped while its workers are at work",
    happens=(
        "They end within half a minute: what is done is in partial receipts, messages count as "
        "done, and nothing goes to the dead-letter queue"
    ),
    sees="the function's log: who stopped the run",
    fix="clear `dispatch` to go on: no creator that is done is done again",
)
def test_a_run_that_is_stopped_meanwhile_ends_with_what_is_done_and_goes_on_from_there(
    world: World,
) -> None:
    world = with_settings(world, heartbeat_seconds=1)
    creators = {f"c{number:02d}": 3 for number in range(40)}
    message = chunk_message(world, world.csv(creators, path="slow"))
    message["processing_config"]["max_workers"] = 2
    event = sqs_event(sqs_record(message))
    with in_a_thread(lambda: world.invoke(event)) as answers:
        until(lambda: world.covers.requests)
        stop(world.services.store, world.settings, RUN, "ana stopped it")
    assert answers == [NOTHING_FAILED]
    assert world.receive() == [], "no message for the rest"
    asked = set(world.covers.requests)
    time.sleep(0.5)
    assert set(world.covers.requests) == asked
    (partial,) = world.keys(world.settings.temp_bucket, keys.partial_receipts(RUN))
    done = world.document(world.settings.temp_bucket, partial)
    assert 0 < len(done["results"]) < len(creators)
    assert done["reasons"] == {}, "what was stopped has not failed"
    world.covers.requests.clear()
    let_go_on(world.services.store, world.settings, RUN)
    assert world.invoke(event) == NOTHING_FAILED
    assert creators_of(world).isdisjoint(result["creator"] for result in done["results"])
    assert receipt(world)["rows"]["placed"] == 120


def test_a_stop_before_the_first_creator_is_done_leaves_nothing_and_fails_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = chunk_message(world, world.csv({"ana": 3}, path="slow"))
    write = Heartbeat.begin

    def stopping(heartbeat: Heartbeat, place: int, creator: str) -> None:
        write(heartbeat, place, creator)
        stop(world.services.store, world.settings, RUN, "ana stopped it")
        heartbeat._look()

    with monkeypatch.context() as patch:
        patch.setattr(Heartbeat, "begin", stopping)
        assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    assert world.keys(world.settings.temp_bucket, keys.run_folder(RUN)) == [keys.stop(RUN)]
    let_go_on(world.services.store, world.settings, RUN)
    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    assert receipt(world)["rows"]["placed"] == 3


def test_a_dropped_csv_of_stopped_runs_waits_in_its_place(world: World) -> None:
    stop(world.services.store, world.settings, None, "the bucket moves")
    event = world.upload("csv-files/2026/10/05/mine.csv", world.csv({"ana": 2}))
    (answer,) = world.invoke(event)["files"]
    assert (answer["status"], answer["detail"]) == ("stopped", "the bucket moves")
    assert not world.covers.requests
    let_go_on(world.services.store, world.settings, None)
    (answer,) = world.invoke(event)["files"]
    assert answer["rows"]["placed"] == 2


def test_the_document_is_that_of_the_contract() -> None:
    assert list(to_json(LEFT)) == [
        "schema_version",
        "run_id",
        "chunk_id",
        "invocation_id",
        "deaths",
        "under_way",
    ]
