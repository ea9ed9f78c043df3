"""Workers that meet, die, come too often, or may not write. Requests for covers are counted."""

import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from collage_core.aws.s3_store import S3Store
from collage_core.contract.chunk import Chunk
from collage_core.contract.chunk_at_work import ChunkAtWork
from collage_core.contract.document import to_json
from collage_core.layout import keys
from collage_core.run import heal
from collage_core.run.archive import archived_key
from collage_core.storage.documents import read_document
from local.provision import DLQ
from local.settings import INPUT_BUCKET, OUTPUT_BUCKET, TEMP_BUCKET
from local.twin import Twin
from tests.support.cover_host import Answer, response
from tests.support.failures import Where, failure
from tests.support.s3_proxy import s3_proxy
from tests.support.task_by_task import FaultWorld, TaskByTask, picture
from tests.support.waiting import eventually
from tests.support.workers import function_denied, function_with, invoke, kill_workers, no_work

NAMES = [f"creator.{number:02d}" for number in range(1, 13)]
GONE = response(b"gone", 410)


def message(run: TaskByTask, chunk: Chunk) -> Any:
    return to_json(run.run.manifest.message(chunk))


@failure(
    Where.QUEUE,
    fault="Two workers have one chunk at once, and each cover answers only one of them",
    happens="The first to write a creator decides; the other adopts what is there",
    sees="books that equal the bucket, with the failed covers of whoever was first",
    fix="nothing",
)
def test_two_workers_on_one_chunk_agree_though_each_cover_answers_once(
    fault_world: FaultWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHUNK_ROWS", "1000")
    monkeypatch.setenv("FAIL_ABOVE_PERCENT", "100")  # each worker misses about half of them
    fault_world.insert(NAMES, covers=6)
    for index, name in enumerate(NAMES):
        for number in range(1, 7):
            fault_world.answer(name, number, response(picture(index, number)), GONE)
    run = fault_world.run(max_retries=0, max_workers=2)
    run.extract()
    (chunk,) = run.run.manifest.chunks
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda _: invoke(fault_world.twin, message(run, chunk)), range(2)))
    assert answers[0] == answers[1]
    assert sum(fault_world.requests().values()) > 72, "they did not meet"
    run.clear("wait")
    run.judge()


@failure(
    Where.QUEUE,
    fault="SQS delivers every message twice and in any order",
    happens="A chunk that has its receipt is not done again",
    sees="nothing",
    fix="nothing",
)
def test_messages_that_come_twice_and_in_any_order_are_done_once(fault_world: FaultWorld) -> None:
    fault_world.insert(NAMES, covers=3)
    run = fault_world.run()
    run.extract()
    twice = [message(run, chunk) for chunk in run.run.manifest.chunks] * 2
    random.Random(5).shuffle(twice)  # noqa: S311 - any order will do
    fault_world.send(twice)
    eventually(lambda: fault_world.depth() == 0)
    run.clear("wait")
    assert run.summary["rows"]["placed"] == 36
    assert max(fault_world.requests().values()) <= 2
    assert fault_world.depth(DLQ) == 0
    run.judge()


@failure(
    Where.QUEUE,
    fault="Messages of a run are lost: the queue was purged, or kept them for too long",
    happens="If nothing is new for three minutes, and the queue is empty, `wait` sends them again",
    sees='`wait`: "Chunk … is sent again, round 1 of 5: nothing is new for 3 min, and the queue …"',
    fix="nothing",
)
def test_chunks_whose_messages_are_lost_are_sent_again(
    fault_world: FaultWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(heal, "QUIET", timedelta(seconds=3))
    fault_world.insert(NAMES, covers=2)
    run = fault_world.run()
    run.extract()
    first, *lost = run.run.manifest.chunks
    with no_work(fault_world.twin):
        run.dispatch()
        fault_world.empty_queues()
    fault_world.send([message(run, first)])
    eventually(lambda: len(run.run.unfinished()) == len(lost))
    run.wait()
    log = capsys.readouterr().out
    for chunk in lost:
        assert f"Chunk {chunk.chunk_id} is sent again, round 1 of 5: nothing is new for" in log
    run.clear("reconcile")
    assert {*fault_world.requests().values()} == {1}
    run.judge()


@failure(
    Where.QUEUE,
    fault="A worker is killed in the middle of a chunk",
    happens="Creators up to its last partial receipt, at most 20 s old, are not fetched again",
    sees="`wait` names the chunk and the creators within two minutes, and sends the chunk again",
    fix="nothing; to go on at once, clear `dispatch`",
)
def test_a_worker_that_is_killed_costs_only_the_creators_since_its_partial_receipt(
    fault_world: FaultWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHUNK_ROWS", "1000")
    names = [f"slow.{number:02d}" for number in range(1, 46)]
    fault_world.insert(names)
    for index, name in enumerate(names):
        fault_world.answer(name, 1, after(0.7, response(picture(index, 1))))
    run = fault_world.run(max_workers=1)
    run.extract()
    run.dispatch()
    (chunk_id,) = run.chunk_ids
    partial = keys.partial_receipt(run.run_id, chunk_id)
    eventually(lambda: fault_world.store.head(TEMP_BUCKET, partial), seconds=60)
    time.sleep(2)
    before = fault_world.requests()
    assert kill_workers(fault_world.twin)
    found = fault_world.store.get(TEMP_BUCKET, partial)
    assert found is not None
    done = {
        name for name in names if f'"creator":"{name}"' in found.body.decode().replace(": ", ":")
    }
    assert len(done) > 15
    for index, name in enumerate(names):
        fault_world.answer(name, 1, response(picture(index, 1)))
    run.clear("dispatch")
    assert run.summary["rows"]["placed"] == len(names)
    after_all = fault_world.requests()
    again = {path.split("/")[1] for path in before if after_all[path] > before[path]}
    assert again.isdisjoint(done)
    assert len(again) < 12
    run.judge()


@failure(
    Where.QUEUE,
    fault="All workers are killed, and their messages are held back by the queue",
    happens="`wait` notices within two minutes, sends their chunks again, and the run ends",
    sees='`wait`: "The worker at chunk … was killed …, while it worked on …"',
    fix="nothing; if it happens again and again, give the function more memory",
)
def test_chunks_of_workers_that_were_killed_are_sent_again_by_the_wait(
    fault_world: FaultWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEARTBEAT_SECONDS", "1")
    twin, names = fault_world.twin, [f"killed.{number:02d}" for number in range(1, 21)]
    fault_world.insert(names)
    for index, name in enumerate(names):
        fault_world.answer(name, 1, after(1.5, response(picture(index, 1))))
    run = fault_world.run(max_workers=1)
    run.extract()
    with function_with(twin, HEARTBEAT_SECONDS="1"):
        run.dispatch()
        first, second = run.chunk_ids
        begun = {f"/{names[0]}/1.jpg", f"/{names[10]}/1.jpg"}
        eventually(lambda: begun <= fault_world.requests().keys(), seconds=60)
        eventually(lambda: all(under_way(twin, run.run_id, chunk) for chunk in (first, second)))
        assert kill_workers(twin)
        fault_world.answer_all(names, covers=1)
        run.wait()
        log = capsys.readouterr().out
    for chunk_id in (first, second):
        assert f"The worker at chunk {chunk_id} was killed" in log
        assert f"Chunk {chunk_id} is sent again, round 1 of 5: its worker was killed" in log
    assert ", while it worked on killed." in log
    run.clear("reconcile")
    assert run.summary["rows"]["placed"] == 20
    run.judge()


def test_a_cover_that_kills_its_workers_is_set_aside_and_the_run_ends_by_itself(
    fault_world: FaultWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEARTBEAT_SECONDS", "1")
    monkeypatch.setenv("CHUNK_ROWS", "1000")
    monkeypatch.setattr("collage_core.run.heal._AFTER_KILLS", timedelta(seconds=1))
    twin, deaths = fault_world.twin, []
    fault_world.insert(NAMES, covers=2)
    poisoned = NAMES[6]
    fault_world.answer(poisoned, 1, lambda _: deaths.append(kill_workers(twin)))
    run = fault_world.run()
    run.extract()
    with function_with(twin, HEARTBEAT_SECONDS="1"):
        run.dispatch()
        run.wait(seconds=900)  # longer than a message of a dead worker is invisible
    run.clear("reconcile")
    log = capsys.readouterr().out
    (chunk_id,) = run.chunk_ids
    assert log.count(f"Chunk {chunk_id} is sent again") == len(deaths) == 3
    assert f"while it worked on {poisoned}" in log, "the last one worked on nothing else"
    assert run.summary["rows"]["placed"] == 22
    (failed,) = (one for one in run.receipts()[0].results if one.reasons)
    assert (failed.creator, failed.reasons) == (poisoned, {"worker_died": 2})
    run.judge()


def under_way(twin: Twin, run_id: str, chunk_id: str) -> Sequence[str]:
    """The creators that the worker at a chunk has named; none before its first heartbeat."""
    key = keys.chunk_at_work(run_id, chunk_id)
    at_work = read_document(S3Store(twin.aws.s3()), TEMP_BUCKET, key, ChunkAtWork)
    return () if at_work is None else at_work.under_way


def after(seconds: float, answer: bytes) -> Answer:
    """An answer that takes its time."""

    def send_late(connection: Any) -> None:
        time.sleep(seconds)
        connection.sendall(answer)

    return send_late


@failure(
    Where.S3,
    fault="The function may not write to the output bucket",
    happens="Its worker finds out before it asks for any cover; the message comes back",
    sees="the function's log: the bucket, the key and `s3:PutObject`",
    fix="allow it; the messages come back by themselves, or clear `dispatch`",
)
def test_a_worker_that_may_not_write_asks_for_no_cover(fault_world: FaultWorld) -> None:
    fault_world.insert(NAMES, covers=2)
    run = fault_world.run()
    run.extract()
    twin = fault_world.twin
    with function_denied(twin, "s3:PutObject", f"arn:aws:s3:::{OUTPUT_BUCKET}/*"):
        answers = [invoke(twin, message(run, chunk)) for chunk in run.run.manifest.chunks]
    for answer in answers:
        assert answer["errorMessage"].startswith(f"cannot write s3://{OUTPUT_BUCKET}/"), answer
        assert "a policy denies s3:PutObject, whatever others allow" in answer["errorMessage"]
    assert fault_world.requests() == {}
    run.clear("dispatch")
    assert {*fault_world.requests().values()} == {1}
    assert run.summary["rows"]["placed"] == 24
    run.judge()


@failure(
    Where.S3,
    fault="S3 answers one of eleven requests with 503",
    happens="They are tried again",
    sees="nothing, unless all tries of a request fail: then the message comes back",
    fix="nothing",
)
def test_503s_of_s3_change_nothing_of_the_books(fault_world: FaultWorld) -> None:
    fault_world.insert(NAMES, covers=2)
    run = fault_world.run()
    run.extract()
    twin = fault_world.twin
    with s3_proxy(twin.aws.endpoint_url) as proxy:
        proxy.slow_down_every = 11
        with function_with(twin, AWS_ENDPOINT_URL=proxy.url):
            run.dispatch()
            run.wait()
        assert proxy.seen.total() > 70
    run.clear("reconcile")
    assert {*fault_world.requests().values()} == {1}
    assert run.summary["rows"]["placed"] == 24
    run.judge()


@failure(
    Where.COVERS,
    fault="More covers of a run fail than `FAIL_ABOVE_PERCENT` allows",
    happens="Collages, summary and results are kept; the CSV is not archived; `reconcile` fails",
    sees="`reconcile`: the share, the reasons, the setting, and both fixes",
    fix="raise the setting and clear `reconcile`; or, when covers can be had, clear `dispatch`",
)
@pytest.mark.parametrize("is_accepted", [False, True], ids=["done again", "accepted"])
def test_a_run_most_of_whose_covers_failed_is_not_green(
    fault_world: FaultWorld, monkeypatch: pytest.MonkeyPatch, *, is_accepted: bool
) -> None:
    fault_world.insert(NAMES, covers=2)
    for name in NAMES:
        for number in (1, 2):
            fault_world.answer(name, number, GONE)
    run = fault_world.run(max_retries=0)
    csv = run.extract()["csv_key"]
    run.dispatch()
    run.wait()
    with pytest.raises(AirflowFailException) as told:
        run.reconcile()
    assert "24" in str(told.value)
    assert "FAIL_ABOVE_PERCENT" in str(told.value)
    assert "clear dispatch" in str(told.value)
    second = run.run.manifest.run_timestamp
    for key in (keys.processing_summary(second), keys.batch_results(second)):
        assert fault_world.store.head(OUTPUT_BUCKET, key), key
    assert fault_world.store.head(INPUT_BUCKET, csv)
    if is_accepted:
        monkeypatch.setenv("FAIL_ABOVE_PERCENT", "100")
        run.clear("reconcile")
        assert run.summary["rows"]["failed"] == 24
    else:
        fault_world.answer_all(NAMES, covers=2)
        run.clear("dispatch")
        assert run.summary["rows"]["placed"] == 24
    assert fault_world.store.head(INPUT_BUCKET, archived_key(csv, second, is_upload=False))
    run.judge()
