"""Waits for a run's receipts in Airflow's triggerer, which takes no worker slot."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from collage_core.contract.manifest import Manifest
from collage_core.contract.reading import read
from collage_core.layout import keys
from collage_core.run.run import missing_chunks


class ReceiptsTrigger(BaseTrigger):
    """Fires when every chunk of a run has its receipt, or when the time is up.

    The event is `{"missing": [chunk_id, ...]}`; the list is empty when all chunks are done. Reads
    the manifest and lists keys, and writes nothing.

    Args:
        bucket: the temp bucket.
        run_id: the run.
        deadline: ISO 8601 with a time zone. A time and not a duration, because a triggerer that
            restarts must not begin the wait again.
        poke_interval: seconds before each look. Also before the first one, because a trigger that
            fires as soon as it is created may fire before the task is deferred.
        aws_conn_id: Airflow connection for S3.
    """

    def __init__(
        self, *, bucket: str, run_id: str, deadline: str, poke_interval: float, aws_conn_id: str
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.bucket = bucket
        self.run_id = run_id
        self.deadline = deadline
        self.poke_interval = poke_interval
        self.aws_conn_id = aws_conn_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "bucket": self.bucket,
                "run_id": self.run_id,
                "deadline": self.deadline,
                "poke_interval": self.poke_interval,
                "aws_conn_id": self.aws_conn_id,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook

        deadline = datetime.fromisoformat(self.deadline)
        hook = S3Hook(aws_conn_id=self.aws_conn_id)
        async with await hook.get_async_conn() as client:  # type: ignore[no-untyped-call]
            manifest = await self._manifest(client)
            while True:
                await asyncio.sleep(self.poke_interval)
                missing = missing_chunks(manifest, await self._receipt_keys(client))
                done = len(manifest.chunks) - len(missing)
                self.log.info("%s of %s chunks have their receipt", done, len(manifest.chunks))
                if not missing or datetime.now(UTC) >= deadline:
                    event = {"missing": [chunk.chunk_id for chunk in missing]}
                    yield TriggerEvent(event)  # type: ignore[no-untyped-call]
                    return

    async def _manifest(self, client: Any) -> Manifest:
        answer = await client.get_object(Bucket=self.bucket, Key=keys.manifest(self.run_id))
        return read(await answer["Body"].read(), Manifest)

    async def _receipt_keys(self, client: Any) -> set[str]:
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=keys.receipts(self.run_id)
        )
        return {item["Key"] async for page in pages for item in page.get("Contents", ())}
