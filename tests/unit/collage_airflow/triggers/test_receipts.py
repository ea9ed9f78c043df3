"""The trigger that waits for receipts: what it fires, what it says, what it asks for."""

import asyncio
import json
import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event
from time import sleep
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow._shared.module_loading import import_string
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from collage_airflow.stop_variable import MARKED_AS_FAILED
from collage_airflow.triggers.receipts import ReceiptsTrigger
from collage_core.errors import RaceError
from collage_core.layout import keys
from collage_core.run.heal import Sending
from collage_core.run.stop import go_on, read_stop, see_stop, stop
from collage_core.settings import Settings
from tests.support.airflow_aws import SETTINGS
from tests.support.watched_run import CHUNKS, MANIFEST, WatchedRun, ago, first_event, looks, trigger

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

AT_ONCE = -5.0
"""Seconds after which a worker counts as dead: before it has written anything."""


@pytest.fixture
def run(s3: "S3Client", sqs: "SQSClient", monkeypatch: pytest.MonkeyPatch) -> WatchedRun:
    """A run that has been dispatched; nothing is done yet."""
    return WatchedRun(s3, sqs, monkeypatch)


@pytest.fixture(autouse=True)
def queue(queue_url: str) -> str:
    """The queue that the trigger asks, which is empty."""
    return queue_url


def done(fired: Any) -> bool:
    """Whether an event says that all chunks are done."""
    return fired["missing"] == [] and not fired["in_vain"] and not fired["again"]


def healing(*, seconds: float = 60, **changes: Any) -> ReceiptsTrigger:
    """A trigger of a run whose chunks were sent five minutes ago."""
    queue_url = Settings.from_env(os.environ).chunk_queue_url
    given = {"since": ago(600), "began": ago(300), "rounds": 5, "queue_url": queue_url}
    return trigger(seconds=seconds, **(given | changes))


def test_a_trigger_comes_out_of_the_database_as_it_went_in() -> None:
    sent = Sending(datetime.now(UTC), 5).with_again(CHUNKS, datetime.now(UTC)).to_json()
    path, fields = trigger(began=ago(60), rounds=5, sent_again=sent).serialize()
    again = import_string(path)(**json.loads(json.dumps(fields)))
    assert again.serialize() == (path, fields)


def test_a_trigger_fires_once_every_chunk_has_its_receipt(run: WatchedRun) -> None:
    run.finish(0, 1, 2)
    assert done(first_event(trigger()))


def test_a_trigger_waits_for_the_last_receipt(run: WatchedRun) -> None:
    run.finish(0, 1)

    async def scene() -> Any:
        waiting = asyncio.ensure_future(anext(trigger().run()))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        run.finish(2)
        return await asyncio.wait_for(waiting, timeout=10)

    assert done(asyncio.run(scene()).payload)


def test_a_trigger_whose_time_is_up_names_the_chunks_that_are_missing(run: WatchedRun) -> None:
    run.finish(1)
    fired = first_event(trigger(seconds=-1))
    assert fired["missing"] == [CHUNKS[0], CHUNKS[2]]
    assert not fired["in_vain"]


def test_a_trigger_does_not_wait_for_messages_that_have_failed_for_good(run: WatchedRun) -> None:
    run.finish(0)
    run.fail(1, 2)
    fired = first_event(trigger(since=ago(60)))
    assert fired["missing"] == CHUNKS[1:]
    assert fired["in_vain"]


def test_a_trigger_waits_as_long_as_one_chunk_can_still_get_its_receipt(run: WatchedRun) -> None:
    run.finish(0)
    run.fail(1)
    assert first_event(trigger(seconds=0.2, since=ago(60)))["in_vain"] is False


def test_a_message_that_failed_before_the_run_was_cleared_is_waited_for(run: WatchedRun) -> None:
    run.fail(0, 1, 2)
    assert first_event(trigger(seconds=0.2, since=ago(-5)))["in_vain"] is False


def test_a_trigger_of_a_release_without_failed_messages_waits_as_before(run: WatchedRun) -> None:
    run.fail(0, 1, 2)
    fields = trigger(seconds=0.2).serialize()[1]
    old = ("bucket", "run_id", "deadline", "poke_interval", "aws_conn_id")
    fields = {name: fields[name] for name in old}
    assert first_event(ReceiptsTrigger(**fields))["in_vain"] is False


def test_a_chunk_whose_worker_was_killed_is_named_and_sent_again(
    run: WatchedRun, capsys: pytest.CaptureFixture[str]
) -> None:
    run.finish(0)
    run.work(1, creators=("ben", "cem"))
    fired = first_event(healing(stale_seconds=AT_ONCE))
    assert fired["again"] == {CHUNKS[1]: "its worker was killed"}
    line = (
        f"The worker at chunk {CHUNKS[1]} was killed (invocation i-1), while it worked on ben, "
        "cem. The chunk is sent again (round 1 of 5); what is done of it stays done"
    )
    assert fired["named"] == {CHUNKS[1]: line}
    assert line in capsys.readouterr().out
    assert fired["progress"]["done"] == 1


def test_a_chunk_that_a_worker_is_at_is_left_alone(run: WatchedRun) -> None:
    run.work(0, 1, 2)
    assert looks(healing()) is None


def test_a_chunk_is_named_at_its_second_failed_attempt_and_not_before(
    run: WatchedRun, capsys: pytest.CaptureFixture[str]
) -> None:
    run.fail(0, attempt=1, creators=("ana",))
    run.fail(1, attempt=2, creators=("ben",))
    run.fail(2, attempt=2)
    run.finish(2)
    assert looks(healing()) is None
    log = capsys.readouterr().out
    assert log.count(f"Chunk {CHUNKS[1]} failed 2 times, last with S3Error: S3 says SlowDown") == 1
    assert log.count("while it worked on ben") == 1
    assert CHUNKS[0] not in log
    assert CHUNKS[2] not in log


def test_a_message_that_failed_as_often_as_it_is_delivered_is_sent_again(run: WatchedRun) -> None:
    run.fail(0, attempt=5)
    again = first_event(healing())["again"]
    assert "its message failed 5 times, last with S3Error" in again[CHUNKS[0]]
    assert len(again) == 1


def test_messages_that_are_lost_are_sent_again_when_the_queue_is_empty(
    run: WatchedRun,
) -> None:
    del run
    again = first_event(healing())["again"]
    assert list(again) == CHUNKS
    assert "nothing is new for 5 min, and the queue has no message" in again[CHUNKS[0]]


def test_messages_that_wait_in_the_queue_are_not_sent_again_but_spoken_of(
    run: WatchedRun, sqs: "SQSClient", queue_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del run
    sqs.send_message(QueueUrl=queue_url, MessageBody="{}")
    assert looks(healing()) is None
    assert capsys.readouterr().out.count("1 messages wait in the queue, and nobody takes them") == 1


def test_a_look_costs_a_listing_of_each_kind_and_reads_only_what_is_new(run: WatchedRun) -> None:
    run.finish(0)
    run.fail(1, attempt=2)
    run.work(2)
    assert looks(healing(), 4) is None
    asked = run.client.requests[1:]  # without the manifest
    stops = (f"GET {keys.stop(None)}", f"GET {keys.stop(MANIFEST.run_id)}")
    failed = f"GET {keys.failed_message(MANIFEST.run_id, CHUNKS[1])}"
    assert asked.count(failed) == 1
    listed = (keys.receipts, keys.failed_messages, keys.chunks_at_work)
    each_look = {*stops, *(f"LIST {prefix(MANIFEST.run_id)}" for prefix in listed)}
    assert {*asked} == {failed, *each_look}
    assert all(asked.count(request) == 4 for request in each_look)
    assert run.queue.requests == ["queue"] * 4  # because one has failed


def test_how_far_the_run_is_is_said_when_it_changes_and_not_at_each_look(
    run: WatchedRun, capsys: pytest.CaptureFixture[str]
) -> None:
    run.finish(0)
    assert looks(healing()) is None
    assert capsys.readouterr().out.count("1 of 3 chunks are done, 0 at work") == 1


def test_what_was_named_before_is_not_named_again(run: WatchedRun) -> None:
    run.fail(1, attempt=2)
    assert first_event(healing(seconds=0.2, named_until=ago(-5)))["named"] == {}


def test_a_chunk_whose_rounds_are_used_up_is_given_up(
    run: WatchedRun, capsys: pytest.CaptureFixture[str]
) -> None:
    run.finish(1)
    run.work(2)
    run.fail(0, attempt=5, creators=("ana",))
    sent = Sending(datetime.now(UTC), 2)
    for _ in range(2):
        sent = sent.with_again(CHUNKS[:1], datetime.now(UTC) - timedelta(minutes=1))
    assert looks(healing(rounds=2, sent_again=sent.to_json())) is None, "the other goes on"
    assert capsys.readouterr().out.count(f"Chunk {CHUNKS[0]} is given up: its message failed") == 1
    run.finish(2)
    fired = first_event(healing(rounds=2, sent_again=sent.to_json()))
    assert fired["in_vain"]
    assert "although it was sent again 2 times (HEAL_ROUNDS)" in fired["given_up"][CHUNKS[0]]
    assert fired["given_up"][CHUNKS[0]].endswith("while it worked on ana")


def test_a_run_that_the_variable_names_is_stopped(
    run: WatchedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_COVER_COLLAGE_STOP", "manual__1")
    fired = first_event(healing(dag_run_id="manual__1"))
    assert "remove manual__1 from it and clear dispatch" in fired["stopped"]
    found = read_stop(run.store, SETTINGS, MANIFEST.run_id)
    assert found is not None
    assert found.reason == fired["stopped"]


def test_all_runs_are_stopped_by_one_document(
    run: WatchedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_COVER_COLLAGE_STOP", "all")
    first_event(healing())
    assert read_stop(run.store, SETTINGS, None) is not None
    assert read_stop(run.store, SETTINGS, MANIFEST.run_id) is None


@pytest.mark.parametrize(("name", "which"), [("all", None), (MANIFEST.run_id, MANIFEST.run_id)])
def test_what_is_stopped_already_keeps_its_reason_and_is_not_lifted_by_whoever_saw_it_before(
    run: WatchedRun, monkeypatch: pytest.MonkeyPatch, name: str, which: str | None
) -> None:
    stop(run.store, SETTINGS, which, "somebody")
    seen = see_stop(run.store, SETTINGS, which)
    assert seen is not None
    monkeypatch.setenv("AIRFLOW_VAR_COVER_COLLAGE_STOP", name)
    first_event(healing())
    with pytest.raises(RaceError):
        go_on(run.store, SETTINGS, seen)
    found = read_stop(run.store, SETTINGS, which)
    assert found is not None
    assert found.reason == "somebody"


def test_a_stop_that_cannot_be_read_is_one(run: WatchedRun) -> None:
    key = keys.stop(MANIFEST.run_id)
    run.store.put(SETTINGS.temp_bucket, key, b"{", content_type="application/json")
    assert f"{key} in bucket" in first_event(healing())["stopped"]


@pytest.mark.parametrize("which", [None, MANIFEST.run_id])
def test_a_run_that_is_stopped_by_a_document_is_not_waited_for(
    run: WatchedRun, which: str | None
) -> None:
    stop(run.store, SETTINGS, which, "somebody")
    assert first_event(healing())["stopped"] == "somebody"


def killed_by_a_user(
    monkeypatch: pytest.MonkeyPatch, state: str | None, *, by: str = "on_kill"
) -> None:
    """Call what Airflow calls when the task's state became this one while it was deferred."""
    killed = healing()
    killed.task_instance = SimpleNamespace(dag_id="d", run_id="manual__1", task_id="wait")  # type: ignore[assignment]

    def get_task_states(**asked: Any) -> Any:
        assert asked == {"dag_id": "d", "task_ids": ["wait"], "run_ids": ["manual__1"]}
        return {} if state is None else {"manual__1": {"wait": state}}

    monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", staticmethod(get_task_states))
    asyncio.run(getattr(killed, by)())


def test_a_task_that_is_marked_as_failed_stops_its_run(
    run: WatchedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_by_a_user(monkeypatch, "failed")
    found = read_stop(run.store, SETTINGS, MANIFEST.run_id)
    assert found is not None
    assert found.reason == MARKED_AS_FAILED


def test_it_does_so_even_if_airflow_takes_it_for_the_end_of_the_triggerer(
    run: WatchedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_by_a_user(monkeypatch, "failed", by="cleanup")
    assert read_stop(run.store, SETTINGS, MANIFEST.run_id) is not None


def test_it_does_so_even_if_airflow_cancels_it_again_meanwhile(
    run: WatchedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Event()

    def get_task_states(**_: Any) -> Any:
        asked.set()
        sleep(0.3)
        return {"manual__1": {"wait": "failed"}}

    async def scene() -> None:
        killed = healing()
        killed.task_instance = SimpleNamespace(dag_id="d", run_id="manual__1", task_id="wait")  # type: ignore[assignment]
        for end in (killed.on_kill, killed.cleanup):
            ending = asyncio.create_task(end())
            await asyncio.to_thread(asked.wait)
            ending.cancel()
            with suppress(asyncio.CancelledError):
                await ending

    monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", staticmethod(get_task_states))
    asyncio.run(scene())
    assert read_stop(run.store, SETTINGS, MANIFEST.run_id) is not None


def test_a_trigger_that_has_fired_asks_for_no_state(
    run: WatchedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.finish(0, 1, 2)

    def asked(**_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", staticmethod(asked))
    fired = healing()
    fired.task_instance = SimpleNamespace(dag_id="d", run_id="manual__1", task_id="wait")  # type: ignore[assignment]
    assert done(first_event(fired))
    asyncio.run(fired.cleanup())


@pytest.mark.parametrize("by", ["on_kill", "cleanup"])
@pytest.mark.parametrize("state", [None, "scheduled", "deferred", "success", "running"])
def test_a_task_that_is_cleared_or_moved_to_another_triggerer_does_not(
    run: WatchedRun, monkeypatch: pytest.MonkeyPatch, state: str | None, by: str
) -> None:
    killed_by_a_user(monkeypatch, state, by=by)
    assert read_stop(run.store, SETTINGS, MANIFEST.run_id) is None


def test_a_moment_without_s3_is_waited_out(
    run: WatchedRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from botocore.exceptions import EndpointConnectionError  # noqa: PLC0415

    run.finish(0, 1, 2)
    paginate, calls = run.client.paginate, iter(range(9))

    def often_broken(**wanted: Any) -> Any:
        if next(calls, 9) < 3:
            raise EndpointConnectionError(endpoint_url="https://s3")
        return paginate(**wanted)

    monkeypatch.setattr(run.client, "paginate", often_broken)
    assert done(first_event(healing()))
    assert capsys.readouterr().out.count("AWS was not to be asked") == 3
