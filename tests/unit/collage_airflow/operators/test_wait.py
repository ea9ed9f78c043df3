"""The task that waits for receipts, sends again what stands still, and ends when it is stopped."""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR, TriggerFailureReason
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowSensorTimeout,
    TaskDeferralError,
    TaskDeferred,
)

from collage_airflow.operators.deferrable_operator import TRIGGERER_SLACK
from collage_airflow.operators.wait import WaitOperator
from collage_airflow.triggers.receipts import ReceiptsTrigger
from collage_core.errors import SettingError
from collage_core.layout import keys
from collage_core.run.heal import Sending
from collage_core.run.stop import read_stop, stop
from tests.support.airflow_aws import SETTINGS
from tests.support.watched_run import (
    CHUNKS,
    MANIFEST,
    Remembered,
    WatchedRun,
    context,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient


@pytest.fixture
def run(s3: "S3Client", sqs: "SQSClient", monkeypatch: pytest.MonkeyPatch) -> WatchedRun:
    """A run that has been dispatched; nothing is done yet."""
    return WatchedRun(s3, sqs, monkeypatch)


def wait(**changes: Any) -> WaitOperator:
    return WaitOperator(task_id="wait", run_id=MANIFEST.run_id, **changes)


def deferral(operator: WaitOperator, context: Any) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as deferred:
        operator.execute(context)
    return deferred.value


def deadline(deferred: TaskDeferred) -> datetime:
    assert isinstance(deferred.trigger, ReceiptsTrigger)
    return datetime.fromisoformat(deferred.trigger.deadline)


def test_a_run_that_is_done_is_not_deferred(run: WatchedRun) -> None:
    run.finish(0, 1, 2)
    wait().execute(context())


def test_a_run_that_is_not_done_is_deferred_to_its_trigger(run: WatchedRun) -> None:
    run.finish(0, 2)
    deferred = deferral(wait(timeout=timedelta(hours=2)), context())
    assert isinstance(deferred.trigger, ReceiptsTrigger)
    assert deferred.trigger.poke_interval == 15
    left = deadline(deferred) - datetime.now(UTC)
    assert timedelta(hours=1, minutes=59) < left <= timedelta(hours=2)
    assert callable(getattr(wait(), deferred.method_name))


def test_the_trigger_knows_that_chunks_are_invocations(run: WatchedRun) -> None:
    del run
    for params, is_invoked in (({}, False), ({"dispatch_by": "lambda"}, True)):
        deferred = deferral(wait(), context() | {"params": params})
        assert isinstance(deferred.trigger, ReceiptsTrigger)
        assert deferred.trigger.is_invoked is is_invoked


def test_a_deferral_without_a_triggerer_ends_after_the_trigger_should_have(
    run: WatchedRun,
) -> None:
    del run
    deferred = deferral(wait(timeout=timedelta(hours=2), poke_interval=60), context())
    late_look = timedelta(hours=2, seconds=60)
    assert late_look < deferred.timeout <= late_look + TRIGGERER_SLACK


def test_another_try_waits_no_longer_than_the_first_would_have(run: WatchedRun) -> None:
    del run
    remembered = Remembered()
    tries = [
        deferral(wait(timeout=timedelta(hours=hours)), context(remembered=remembered))
        for hours in (2, 3)  # the second timeout must not count, so it differs from the first
    ]
    assert deadline(tries[0]) == deadline(tries[1])
    assert tries[1].timeout < tries[0].timeout


def test_a_task_that_is_cleared_has_all_its_time_again(run: WatchedRun) -> None:
    del run
    remembered = Remembered()
    first, cleared = (
        deferral(wait(), context(cleared=cleared, remembered=remembered)) for cleared in (0, 1)
    )
    assert deadline(first) < deadline(cleared)


def test_another_try_after_the_time_is_up_looks_once_and_is_the_last(run: WatchedRun) -> None:
    run.finish(0)
    late = context(remembered=Remembered({"deadline-0": "2026-10-01T00:00:00+00:00"}))
    with pytest.raises(AirflowSensorTimeout, match="2 chunks of run") as raised:
        wait().execute(late)
    assert "triggerer" not in str(raised.value)
    run.finish(1, 2)
    wait().execute(late)


def without_a_triggerer(operator: WaitOperator) -> None:
    """The effect of the scheduler's `check_trigger_timeouts` in the worker."""
    operator.resume_execution(
        TRIGGER_FAIL_REPR, {"error": TriggerFailureReason.TRIGGER_TIMEOUT}, context()
    )


def test_without_a_triggerer_wait_names_the_missing_chunks_and_the_fix(
    run: WatchedRun,
) -> None:
    run.finish(0, 2)
    with pytest.raises(AirflowSensorTimeout, match="1 chunks of run") as raised:
        without_a_triggerer(wait())
    assert MANIFEST.chunks[1].chunk_id in str(raised.value)
    assert "see that one is alive (`airflow triggerer`" in str(raised.value)


def test_without_a_triggerer_a_run_that_is_done_is_done(run: WatchedRun) -> None:
    run.finish(0, 1, 2)
    without_a_triggerer(wait())


def test_a_trigger_that_broke_is_tried_again(run: WatchedRun) -> None:
    del run
    with pytest.raises(TaskDeferralError) as raised:
        wait().resume_execution(
            TRIGGER_FAIL_REPR, {"error": TriggerFailureReason.TRIGGER_FAILURE}, context()
        )
    assert not isinstance(raised.value, AirflowSensorTimeout)


def test_a_poke_interval_that_is_too_short_is_refused() -> None:
    with pytest.raises(SettingError, match="poke_interval of task wait is 5: it must be at least"):
        wait(poke_interval=5)


def test_a_wait_that_timed_out_says_where_to_look() -> None:
    missing = [f"{number:05d}-abc" for number in range(12)]
    with pytest.raises(AirflowSensorTimeout, match="12 chunks of run") as raised:
        wait().execute_complete(context(), {"missing": missing})
    said = str(raised.value)
    assert "00009-abc and 2 more" in said
    assert "Then clear dispatch" in said


def test_a_wait_in_vain_fails_for_good_and_says_why_once_for_each_reason(run: WatchedRun) -> None:
    run.fail(1)
    missing = [MANIFEST.chunks[1].chunk_id]
    with pytest.raises(AirflowFailException) as raised:
        wait().execute_complete(context(), {"missing": missing, "in_vain": True})
    assert f"the CSV of {missing[0]} is gone: start the run again" in str(raised.value)
    key = keys.failed_message(MANIFEST.run_id, missing[0])
    assert f"s3://{SETTINGS.temp_bucket}/{key}" in str(raised.value)


def test_a_wait_that_timed_out_says_which_messages_failed_for_good(run: WatchedRun) -> None:
    run.fail(1)
    missing = [chunk.chunk_id for chunk in MANIFEST.chunks]
    with pytest.raises(AirflowSensorTimeout, match=f"the CSV of {missing[1]} is gone"):
        wait().execute_complete(context(), {"missing": missing})


def test_the_deferral_counts_messages_from_the_beginning_of_the_dag_run_on(run: WatchedRun) -> None:
    del run
    given = context()
    trigger = deferral(wait(), given).trigger
    assert isinstance(trigger, ReceiptsTrigger)
    assert trigger.since == given["dag_run"].start_date.isoformat()


def test_a_wait_succeeds_when_its_event_names_no_missing_chunk() -> None:
    wait().execute_complete(context(), {"missing": []})


def event(**changes: Any) -> dict[str, Any]:
    """What the trigger fires while all chunks are missing."""
    progress = {"done": 0, "total": 3, "at_work": 0, "failing": 1, "per_minute": 0.0}
    return {"missing": CHUNKS, "in_vain": False, "progress": progress, **changes}


def sent_chunks(sqs: "SQSClient", queue_url: str) -> list[str]:
    """The chunks of the messages in the queue, which are taken out."""
    found: list[str] = []
    while received := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10):
        if "Messages" not in received:
            return sorted(found)
        for each in received["Messages"]:
            found.append(json.loads(each["Body"])["chunk_id"])
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=each["ReceiptHandle"])
    raise AssertionError


def times_again(trigger: ReceiptsTrigger) -> dict[str, int]:
    """How often each chunk was sent again, as the trigger knows it."""
    sending = Sending.of_json(datetime.now(UTC), 5, trigger.sent_again)
    return {chunk_id: sent.times for chunk_id, sent in sending.again.items()}


def resumed(event: dict[str, Any], given: Any) -> ReceiptsTrigger:
    """The trigger to which the task is deferred again after an event."""
    with pytest.raises(TaskDeferred) as deferred:
        wait().execute_complete(given, event)
    assert isinstance(deferred.value.trigger, ReceiptsTrigger)
    return deferred.value.trigger


def test_chunks_that_stand_still_are_sent_again_and_waited_for_until_the_same_deadline(
    run: WatchedRun, sqs: "SQSClient", queue_url: str
) -> None:
    run.finish(2)
    remembered = Remembered()
    first = deadline(deferral(wait(), context(remembered=remembered)))
    given = context(remembered=remembered)
    again = resumed(event(again=dict.fromkeys(CHUNKS, "its worker was killed")), given)
    # The third has got its receipt since the trigger looked.
    assert sent_chunks(sqs, queue_url) == sorted(CHUNKS[:2])
    assert datetime.fromisoformat(again.deadline) == first
    assert times_again(again) == {CHUNKS[0]: 1, CHUNKS[1]: 1}


def test_what_was_sent_again_is_remembered_by_the_next_try_and_forgotten_when_cleared(
    run: WatchedRun, queue_url: str
) -> None:
    del queue_url
    remembered = Remembered()
    resumed(event(again={CHUNKS[0]: "lost"}), context(remembered=remembered))
    again = resumed(event(again={CHUNKS[0]: "lost"}), context(remembered=remembered))
    assert times_again(again) == {CHUNKS[0]: 2}
    for cleared, expected in ((0, {CHUNKS[0]: 2}), (1, {})):
        trigger = deferral(wait(), context(cleared=cleared, remembered=remembered)).trigger
        assert isinstance(trigger, ReceiptsTrigger)
        assert times_again(trigger) == expected
    del run


def test_each_time_the_task_works_it_says_how_far_the_run_is(
    run: WatchedRun, queue_url: str
) -> None:
    del run, queue_url
    given = context()
    resumed(event(again={CHUNKS[0]: "lost"}, named={CHUNKS[0]: "a line"}), given)
    told = given["ti"].pushed["progress"]
    assert told["done"] == 0
    assert told["named"] == {CHUNKS[0]: "a line"}
    assert told["sent_again"] == 1


def test_chunks_that_failed_in_every_round_are_named_with_the_fix(run: WatchedRun) -> None:
    run.fail(1)
    why = "its worker was killed although it was sent again 5 times; give it memory, ana"
    with pytest.raises(AirflowFailException) as raised:
        wait().execute_complete(
            context(), event(missing=CHUNKS[:2], in_vain=True, given_up={CHUNKS[0]: why})
        )
    said = str(raised.value)
    assert f"chunk {CHUNKS[0]}: {why}" in said
    assert f"the CSV of {CHUNKS[1]} is gone" in said
    assert "clear dispatch, which sends these chunks again" in said


def test_a_run_that_is_stopped_ends_its_wait_with_the_way_to_go_on(run: WatchedRun) -> None:
    run.finish(0)
    stop(run.store, SETTINGS, MANIFEST.run_id, "somebody; to go on, clear dispatch")
    with pytest.raises(AirflowFailException, match="2 of its chunks have no receipt") as raised:
        wait().execute(context())
    assert "somebody; to go on, clear dispatch" in str(raised.value)


def test_an_event_of_a_run_that_is_stopped_ends_the_wait(run: WatchedRun) -> None:
    del run
    with pytest.raises(AirflowFailException, match=r"is stopped.*: because"):
        wait().execute_complete(context(), event(stopped="because"))


def test_nothing_is_sent_again_once_the_run_is_stopped(
    run: WatchedRun, sqs: "SQSClient", queue_url: str
) -> None:
    stop(run.store, SETTINGS, None, "all")
    with pytest.raises(AirflowFailException, match="is stopped"):
        wait().execute_complete(context(), event(again={CHUNKS[0]: "lost"}))
    assert sent_chunks(sqs, queue_url) == []


@pytest.mark.parametrize("name", [MANIFEST.run_id, "manual__1"])
def test_the_variable_stops_a_run_by_either_of_its_names(
    run: WatchedRun, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_COVER_COLLAGE_STOP", f"other-run, {name}")
    with pytest.raises(AirflowFailException, match=f"remove {name} from it and clear dispatch"):
        wait().execute(context())
    assert read_stop(run.store, SETTINGS, MANIFEST.run_id) is not None
    assert read_stop(run.store, SETTINGS, None) is None


def test_a_stop_of_somebody_else_keeps_its_reason_and_is_not_lifted_with_the_variable(
    run: WatchedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop(run.store, SETTINGS, None, "the account moves")
    monkeypatch.setenv("AIRFLOW_VAR_COVER_COLLAGE_STOP", "all")
    with pytest.raises(AirflowFailException, match="is stopped"):
        wait().execute(context())
    found = read_stop(run.store, SETTINGS, None)
    assert found is not None
    assert found.reason == "the account moves"
    assert found.renewed is not None


def test_the_variable_stops_all_runs(run: WatchedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_COVER_COLLAGE_STOP", "all")
    with pytest.raises(AirflowFailException, match="remove all from it and clear dispatch"):
        wait().execute(context())
    assert read_stop(run.store, SETTINGS, None) is not None
