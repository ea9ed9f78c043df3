"""The wait for receipts, on Airflow's side and on the triggerer's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow._shared.module_loading import import_string
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
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
from collage_core.aws.s3_store import S3Store
from collage_core.contract.failed_message import FailedMessage
from collage_core.errors import SettingError
from collage_core.layout import keys
from collage_core.run.plan import replace_manifest
from collage_core.storage.documents import to_document
from tests.support.airflow_aws import SETTINGS
from tests.support.runs import plan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MANIFEST = plan([{"ana": 3}, {"ben": 2}, {"cem": 1}])


class AsyncS3:
    """moto's client behind the two calls of aiobotocore's that the trigger makes.

    moto answers inside this process and only to blocking clients; the integration tests have
    the trigger in a real triggerer against a real server.
    """

    def __init__(self, client: "S3Client") -> None:
        self.client = client

    async def get_object(self, **wanted: Any) -> dict[str, Any]:
        body = self.client.get_object(**wanted)["Body"].read()

        class Body:
            async def read(self) -> bytes:
                return body

        return {"Body": Body()}

    def get_paginator(self, name: str) -> "AsyncS3":
        assert name == "list_objects_v2"
        return self

    async def paginate(self, **wanted: Any) -> AsyncIterator[Any]:
        for page in self.client.get_paginator("list_objects_v2").paginate(**wanted):
            yield page


@pytest.fixture
def run(s3: "S3Client", monkeypatch: pytest.MonkeyPatch) -> S3Store:
    """A run that has been dispatched; nothing is done yet."""

    @asynccontextmanager
    async def connected() -> AsyncIterator[AsyncS3]:
        yield AsyncS3(s3)

    async def get_async_conn(_hook: S3Hook) -> Any:
        return connected()

    monkeypatch.setattr(S3Hook, "get_async_conn", get_async_conn)
    store = S3Store(s3)
    replace_manifest(store, SETTINGS, MANIFEST)
    return store


def finish(run: S3Store, *indices: int) -> None:
    """Write the receipts of some chunks."""
    for index in indices:
        run.put(
            SETTINGS.temp_bucket,
            keys.receipt(MANIFEST.run_id, MANIFEST.chunks[index].chunk_id),
            b"{}",
            content_type="application/json",
        )


class Remembered(dict[str, Any]):
    """What Airflow keeps of a task from try to try, without Airflow."""

    def set(self, key: str, value: Any) -> None:
        self[key] = value


def context(*, cleared: int = 0, remembered: Remembered | None = None) -> Any:
    """The context that Airflow gives to a try of the task."""
    return {
        "dag_run": SimpleNamespace(clear_number=cleared, start_date=datetime.now(UTC)),
        "task_state_store": Remembered() if remembered is None else remembered,
    }


def wait(**changes: Any) -> WaitOperator:
    return WaitOperator(task_id="wait", run_id=MANIFEST.run_id, **changes)


def deferral(operator: WaitOperator, context: Any) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as deferred:
        operator.execute(context)
    return deferred.value


def deadline(deferred: TaskDeferred) -> datetime:
    assert isinstance(deferred.trigger, ReceiptsTrigger)
    return datetime.fromisoformat(deferred.trigger.deadline)


def trigger(*, seconds: float = 60, since: str = "") -> ReceiptsTrigger:
    return ReceiptsTrigger(
        bucket=SETTINGS.temp_bucket,
        run_id=MANIFEST.run_id,
        deadline=(datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(),
        poke_interval=0.01,
        aws_conn_id="aws_default",
        since=since,
    )


def fail_for_good(run: S3Store, *indices: int) -> None:
    """Write why the messages of some chunks failed for good."""
    for index in indices:
        chunk_id = MANIFEST.chunks[index].chunk_id
        failed = FailedMessage(
            message_id="m",
            sent=MANIFEST.run_timestamp,
            body_bytes=2,
            body_sha256="0" * 64,
            run_id=MANIFEST.run_id,
            chunk_id=chunk_id,
            error="SourceChangedError",
            reason=f"the CSV of {chunk_id} is gone: start the run again",
        )
        key = keys.failed_message(MANIFEST.run_id, chunk_id)
        run.put(SETTINGS.temp_bucket, key, to_document(failed), content_type="application/json")


def ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def first_event(trigger: ReceiptsTrigger) -> Any:
    async def run_trigger() -> Any:
        return await anext(trigger.run())

    return asyncio.run(run_trigger()).payload


def test_a_run_that_is_done_is_not_deferred(run: S3Store) -> None:
    finish(run, 0, 1, 2)
    wait().execute(context())


def test_a_run_that_is_not_done_is_deferred_to_its_trigger(run: S3Store) -> None:
    finish(run, 0, 2)
    deferred = deferral(wait(timeout=timedelta(hours=2)), context())
    assert isinstance(deferred.trigger, ReceiptsTrigger)
    assert deferred.trigger.poke_interval == 15
    left = deadline(deferred) - datetime.now(UTC)
    assert timedelta(hours=1, minutes=59) < left <= timedelta(hours=2)
    assert callable(getattr(wait(), deferred.method_name))


def test_a_deferral_without_a_triggerer_ends_after_the_trigger_should_have(
    run: S3Store,
) -> None:
    del run
    deferred = deferral(wait(timeout=timedelta(hours=2), poke_interval=60), context())
    late_look = timedelta(hours=2, seconds=60)
    assert late_look < deferred.timeout <= late_look + TRIGGERER_SLACK


def test_another_try_waits_no_longer_than_the_first_would_have(run: S3Store) -> None:
    del run
    remembered = Remembered()
    tries = [
        deferral(wait(timeout=timedelta(hours=hours)), context(remembered=remembered))
        for hours in (2, 3)  # the second timeout must not count, so it differs from the first
    ]
    assert deadline(tries[0]) == deadline(tries[1])
    assert tries[1].timeout < tries[0].timeout


def test_a_task_that_is_cleared_has_all_its_time_again(run: S3Store) -> None:
    del run
    remembered = Remembered()
    first, cleared = (
        deferral(wait(), context(cleared=cleared, remembered=remembered)) for cleared in (0, 1)
    )
    assert deadline(first) < deadline(cleared)


def test_another_try_after_the_time_is_up_looks_once_and_is_the_last(run: S3Store) -> None:
    finish(run, 0)
    late = context(remembered=Remembered({"deadline-0": "2026-10-01T00:00:00+00:00"}))
    with pytest.raises(AirflowSensorTimeout, match="2 chunks of run") as raised:
        wait().execute(late)
    assert "triggerer" not in str(raised.value)
    finish(run, 1, 2)
    wait().execute(late)


def without_a_triggerer(operator: WaitOperator) -> None:
    """The effect of the scheduler's `check_trigger_timeouts` in the worker."""
    operator.resume_execution(
        TRIGGER_FAIL_REPR, {"error": TriggerFailureReason.TRIGGER_TIMEOUT}, context()
    )


def test_without_a_triggerer_wait_names_the_missing_chunks_and_the_fix(
    run: S3Store,
) -> None:
    finish(run, 0, 2)
    with pytest.raises(AirflowSensorTimeout, match="1 chunks of run") as raised:
        without_a_triggerer(wait())
    assert MANIFEST.chunks[1].chunk_id in str(raised.value)
    assert "see that one is alive (`airflow triggerer`" in str(raised.value)


def test_without_a_triggerer_a_run_that_is_done_is_done(run: S3Store) -> None:
    finish(run, 0, 1, 2)
    without_a_triggerer(wait())


def test_a_trigger_that_broke_is_tried_again(run: S3Store) -> None:
    del run
    with pytest.raises(TaskDeferralError) as raised:
        wait().resume_execution(
            TRIGGER_FAIL_REPR, {"error": TriggerFailureReason.TRIGGER_FAILURE}, context()
        )
    assert not isinstance(raised.value, AirflowSensorTimeout)


def test_a_poke_interval_that_is_too_short_is_refused() -> None:
    with pytest.raises(SettingError, match="poke_interval of task wait is 5: it must be at least"):
        wait(poke_interval=5)


def test_a_trigger_comes_out_of_the_database_as_it_went_in() -> None:
    path, fields = trigger().serialize()
    again = import_string(path)(**fields)
    assert again.serialize() == (path, fields)
    assert all(isinstance(value, str | float) for value in fields.values())


def test_a_trigger_fires_once_every_chunk_has_its_receipt(run: S3Store) -> None:
    finish(run, 0, 1, 2)
    assert first_event(trigger()) == {"missing": [], "in_vain": False}


def test_a_trigger_waits_for_the_last_receipt(run: S3Store) -> None:
    finish(run, 0, 1)

    async def scene() -> Any:
        waiting = asyncio.ensure_future(anext(trigger().run()))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        finish(run, 2)
        return await asyncio.wait_for(waiting, timeout=10)

    assert asyncio.run(scene()).payload == {"missing": [], "in_vain": False}


def test_a_trigger_whose_time_is_up_names_the_chunks_that_are_missing(run: S3Store) -> None:
    finish(run, 1)
    missing = [MANIFEST.chunks[0].chunk_id, MANIFEST.chunks[2].chunk_id]
    assert first_event(trigger(seconds=-1)) == {"missing": missing, "in_vain": False}


def test_a_wait_that_timed_out_says_where_to_look() -> None:
    missing = [f"{number:05d}-abc" for number in range(12)]
    with pytest.raises(AirflowSensorTimeout, match="12 chunks of run") as raised:
        wait().execute_complete(context(), {"missing": missing})
    said = str(raised.value)
    assert "00009-abc and 2 more" in said
    assert "Then clear dispatch" in said


def test_a_trigger_does_not_wait_for_messages_that_have_failed_for_good(run: S3Store) -> None:
    finish(run, 0)
    fail_for_good(run, 1, 2)
    missing = [MANIFEST.chunks[1].chunk_id, MANIFEST.chunks[2].chunk_id]
    assert first_event(trigger(since=ago(60))) == {"missing": missing, "in_vain": True}


def test_a_trigger_waits_as_long_as_one_chunk_can_still_get_its_receipt(run: S3Store) -> None:
    finish(run, 0)
    fail_for_good(run, 1)
    assert first_event(trigger(seconds=0.2, since=ago(60)))["in_vain"] is False


def test_a_message_that_failed_before_the_run_was_cleared_is_waited_for(run: S3Store) -> None:
    fail_for_good(run, 0, 1, 2)
    assert first_event(trigger(seconds=0.2, since=ago(-5)))["in_vain"] is False


def test_a_trigger_of_a_release_without_failed_messages_waits_as_before(run: S3Store) -> None:
    fail_for_good(run, 0, 1, 2)
    fields = trigger(seconds=0.2).serialize()[1]
    del fields["since"]
    assert first_event(ReceiptsTrigger(**fields))["in_vain"] is False


def test_a_wait_in_vain_fails_for_good_and_says_why_once_for_each_reason(run: S3Store) -> None:
    fail_for_good(run, 1)
    missing = [MANIFEST.chunks[1].chunk_id]
    with pytest.raises(AirflowFailException) as raised:
        wait().execute_complete(context(), {"missing": missing, "in_vain": True})
    assert f"the CSV of {missing[0]} is gone: start the run again" in str(raised.value)
    key = keys.failed_message(MANIFEST.run_id, missing[0])
    assert f"s3://{SETTINGS.temp_bucket}/{key}" in str(raised.value)


def test_a_wait_that_timed_out_says_which_messages_failed_for_good(run: S3Store) -> None:
    fail_for_good(run, 1)
    missing = [chunk.chunk_id for chunk in MANIFEST.chunks]
    with pytest.raises(AirflowSensorTimeout, match=f"the CSV of {missing[1]} is gone"):
        wait().execute_complete(context(), {"missing": missing})


def test_the_deferral_counts_messages_from_the_beginning_of_the_dag_run_on(run: S3Store) -> None:
    del run
    given = context()
    trigger = deferral(wait(), given).trigger
    assert isinstance(trigger, ReceiptsTrigger)
    assert trigger.since == given["dag_run"].start_date.isoformat()


def test_a_wait_succeeds_when_its_event_names_no_missing_chunk() -> None:
    wait().execute_complete(context(), {"missing": []})
