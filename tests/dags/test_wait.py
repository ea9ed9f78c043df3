"""The wait for receipts, on Airflow's side and on the triggerer's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from airflow._shared.module_loading import import_string
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.sdk.exceptions import AirflowSensorTimeout, TaskDeferred

from collage_airflow.receipts_trigger import ReceiptsTrigger
from collage_airflow.run_state import replace_manifest
from collage_airflow.wait import ReceiptsSensor
from collage_core import keys
from collage_core.storage.s3_store import S3Store
from tests.dags.conftest import SETTINGS
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


def sensor(**changes: Any) -> ReceiptsSensor:
    return ReceiptsSensor(task_id="wait", run_id=MANIFEST.run_id, **changes)


def trigger(*, seconds: float = 60) -> ReceiptsTrigger:
    return ReceiptsTrigger(
        bucket=SETTINGS.temp_bucket,
        run_id=MANIFEST.run_id,
        deadline=(datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(),
        poll_seconds=0.01,
        aws_conn_id="aws_default",
    )


def first_event(trigger: ReceiptsTrigger) -> Any:
    async def run_trigger() -> Any:
        return await anext(trigger.run())

    return asyncio.run(run_trigger()).payload


def test_a_run_that_is_done_is_not_deferred(run: S3Store) -> None:
    finish(run, 0, 1, 2)
    sensor().execute({})


def test_a_run_that_is_not_done_is_deferred_to_its_trigger(run: S3Store) -> None:
    finish(run, 0, 2)
    with pytest.raises(TaskDeferred) as deferred:
        sensor(timeout=timedelta(hours=2)).execute({})
    found = deferred.value.trigger
    assert isinstance(found, ReceiptsTrigger)
    assert found.poll_seconds == 15
    left = datetime.fromisoformat(found.deadline) - datetime.now(UTC)
    assert timedelta(hours=1, minutes=59) < left <= timedelta(hours=2)
    assert callable(getattr(sensor(), deferred.value.method_name))


def test_a_trigger_comes_out_of_the_database_as_it_went_in() -> None:
    path, fields = trigger().serialize()
    again = import_string(path)(**fields)
    assert again.serialize() == (path, fields)
    assert all(isinstance(value, str | float) for value in fields.values())


def test_a_trigger_fires_once_every_chunk_has_its_receipt(run: S3Store) -> None:
    finish(run, 0, 1, 2)
    assert first_event(trigger()) == {"missing": []}


def test_a_trigger_waits_for_the_last_receipt(run: S3Store) -> None:
    finish(run, 0, 1)

    async def scene() -> Any:
        waiting = asyncio.ensure_future(anext(trigger().run()))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        finish(run, 2)
        return await asyncio.wait_for(waiting, timeout=10)

    assert asyncio.run(scene()).payload == {"missing": []}


def test_a_trigger_whose_time_is_up_names_the_chunks_that_are_missing(run: S3Store) -> None:
    finish(run, 1)
    missing = [MANIFEST.chunks[0].chunk_id, MANIFEST.chunks[2].chunk_id]
    assert first_event(trigger(seconds=-1)) == {"missing": missing}


def test_a_sensor_that_timed_out_says_where_to_look() -> None:
    missing = [f"{number:05d}-abc" for number in range(12)]
    with pytest.raises(AirflowSensorTimeout, match="12 chunks of run") as raised:
        sensor().resume({}, {"missing": missing})
    said = str(raised.value)
    assert "00009-abc and 2 more" in said
    assert "dead-letter queue" in said


def test_a_sensor_that_is_told_that_all_is_done_succeeds() -> None:
    sensor().resume({}, {"missing": []})
