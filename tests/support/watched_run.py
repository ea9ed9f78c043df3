"""A run that `wait` watches, on moto: chunks that are done, worked on, failed or left.

moto answers inside this process and only to blocking clients; the integration tests have the
trigger in a real triggerer against a real server.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.hooks.sqs import SqsHook

from collage_airflow.triggers.receipts import ReceiptsTrigger
from collage_airflow.triggers.run_folder import open_run_folder
from collage_core.aws.s3_store import S3Store
from collage_core.contract.chunk_at_work import ChunkAtWork
from collage_core.contract.failed_message import FailedMessage
from collage_core.layout import keys
from collage_core.run.plan import replace_manifest
from collage_core.storage.documents import to_document
from tests.support.airflow_aws import SETTINGS
from tests.support.runs import plan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

MANIFEST = plan([{"ana": 3}, {"ben": 2}, {"cem": 1}])
CHUNKS = [chunk.chunk_id for chunk in MANIFEST.chunks]


class AsyncClient:
    """moto's client behind the calls of aiobotocore's that the trigger makes."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.requests: list[str] = []

    async def get_object(self, **wanted: Any) -> dict[str, Any]:
        self.requests.append(f"GET {wanted['Key']}")
        body = self.client.get_object(**wanted)["Body"].read()

        class Body:
            async def read(self) -> bytes:
                return body

        return {"Body": Body()}

    async def put_object(self, **wanted: Any) -> Any:
        self.requests.append(f"PUT {wanted['Key']}")
        return self.client.put_object(**wanted)

    async def get_queue_attributes(self, **wanted: Any) -> Any:
        self.requests.append("queue")
        return self.client.get_queue_attributes(**wanted)

    def get_paginator(self, name: str) -> "AsyncClient":
        assert name == "list_objects_v2"
        return self

    async def paginate(self, **wanted: Any) -> AsyncIterator[Any]:
        self.requests.append(f"LIST {wanted['Prefix']}")
        for page in self.client.get_paginator("list_objects_v2").paginate(**wanted):
            yield page


def connect(monkeypatch: pytest.MonkeyPatch, hook: type, client: Any) -> AsyncClient:
    """Let a hook of Airflow give this client to the trigger."""
    made = AsyncClient(client)

    @asynccontextmanager
    async def connected() -> AsyncIterator[AsyncClient]:
        yield made

    async def get_async_conn(_hook: Any) -> Any:
        return connected()

    monkeypatch.setattr(hook, "get_async_conn", get_async_conn)
    return made


class WatchedRun:
    """A run that has been dispatched; nothing is done yet."""

    def __init__(self, s3: "S3Client", sqs: "SQSClient", monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = S3Store(s3)
        self.client = connect(monkeypatch, S3Hook, s3)
        self.queue = connect(monkeypatch, SqsHook, sqs)
        replace_manifest(self.store, SETTINGS, MANIFEST)

    def write(self, key: str, document: Any) -> None:
        """Write a document, as a worker does."""
        body = document if isinstance(document, bytes) else to_document(document)
        self.store.put(SETTINGS.temp_bucket, key, body, content_type="application/json")

    def finish(self, *indices: int) -> None:
        """Write the receipts of some chunks."""
        for index in indices:
            self.write(keys.receipt(MANIFEST.run_id, CHUNKS[index]), b"{}")

    def fail(self, *indices: int, attempt: int | None = None, creators: Sequence[str] = ()) -> None:
        """Write why the messages of some chunks failed: for good, or at an attempt."""
        for index in indices:
            chunk_id = CHUNKS[index]
            reason = f"the CSV of {chunk_id} is gone: start the run again"
            failed = FailedMessage(
                message_id="m",
                sent=MANIFEST.run_timestamp,
                body_bytes=2,
                body_sha256="0" * 64,
                run_id=MANIFEST.run_id,
                chunk_id=chunk_id,
                error="SourceChangedError" if attempt is None else "S3Error",
                reason=reason if attempt is None else "S3 says SlowDown; it is busy",
                attempt=attempt,
                final=attempt is None,
                under_way=creators,
            )
            self.write(keys.failed_message(MANIFEST.run_id, chunk_id), failed)

    def work(self, *indices: int, creators: Sequence[str] = ("ana",)) -> None:
        """Write that workers are at some chunks."""
        for index in indices:
            at_work = ChunkAtWork(
                run_id=MANIFEST.run_id,
                chunk_id=CHUNKS[index],
                invocation_id="i-1",
                deaths=0,
                under_way=creators,
            )
            self.write(keys.chunk_at_work(MANIFEST.run_id, CHUNKS[index]), at_work)


def trigger(*, seconds: float = 60, **changes: Any) -> ReceiptsTrigger:
    """A trigger of the run that looks often."""
    return ReceiptsTrigger(
        bucket=SETTINGS.temp_bucket,
        run_id=MANIFEST.run_id,
        deadline=(datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(),
        poke_interval=0.01,
        aws_conn_id="aws_default",
        **changes,
    )


def ago(seconds: float) -> str:
    """A moment, as a trigger has it."""
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def first_event(trigger: ReceiptsTrigger) -> Any:
    """What a trigger fires."""

    async def run_trigger() -> Any:
        return await anext(trigger.run())

    return asyncio.run(run_trigger()).payload


def looks(trigger: ReceiptsTrigger, times: int = 4) -> Any:
    """What a trigger would fire after so many looks; None if it goes on."""

    async def look() -> Any:
        fired = None
        async with open_run_folder("aws_default", trigger.bucket, trigger.run_id) as folder:
            watch = trigger._watch_over(folder, await folder.manifest())
            for _ in range(times):
                fired = await watch.look(folder)
        return fired

    return asyncio.run(look())


class Remembered(dict[str, Any]):
    """What Airflow keeps of a task from try to try, without Airflow."""

    def set(self, key: str, value: Any) -> None:
        self[key] = value


class TaskInstance:
    """What Airflow hands to a task as `ti`: it pushes, and counts DAG runs."""

    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}
        self.dag_runs: set[str] = set()

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value

    def get_dr_count(self, *, dag_id: str, run_ids: list[str]) -> int:
        del dag_id
        return len(self.dag_runs & {*run_ids})


def context(*, cleared: int = 0, remembered: Remembered | None = None) -> Any:
    """The context that Airflow gives to a try of the task."""
    return {
        "dag_run": SimpleNamespace(
            clear_number=cleared, start_date=datetime.now(UTC), run_id="manual__1"
        ),
        "task_state_store": Remembered() if remembered is None else remembered,
        "ti": TaskInstance(),
    }
