"""Waits for a run's receipts in Airflow's triggerer, which takes no worker slot."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from collage_core.contract.manifest import Manifest
from collage_core.contract.reading import read
from collage_core.layout import keys
from collage_core.run.run import missing_chunks


class ReceiptsTrigger(BaseTrigger):
    """Fires when there is nothing left to wait for, or when the time is up.

    That is, when every chunk of a run has its receipt, or its message has failed for good. The
    event is `{"missing": [chunk_id, ...], "in_vain": bool}`: the chunks without a receipt, and
    whether none of them can get one. Reads the manifest and lists keys, and writes nothing.

    Args:
        bucket: the temp bucket.
        run_id: the run.
        deadline: ISO 8601 with a time zone. A time and not a duration, because a triggerer that
            restarts must not begin the wait again.
        poke_interval: seconds before each look. Also before the first one, because a trigger that
            fires as soon as it is created may fire before the task is deferred.
        aws_conn_id: Airflow connection for S3.
        since: ISO 8601 with a time zone: messages that failed before were sent again since then.
            Without it, no message counts as failed.
    """

    def __init__(
        self,
        *,
        bucket: str,
        run_id: str,
        deadline: str,
        poke_interval: float,
        aws_conn_id: str,
        since: str = "",
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.bucket = bucket
        self.run_id = run_id
        self.deadline = deadline
        self.poke_interval = poke_interval
        self.aws_conn_id = aws_conn_id
        self.since = since

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "bucket": self.bucket,
                "run_id": self.run_id,
                "deadline": self.deadline,
                "poke_interval": self.poke_interval,
                "aws_conn_id": self.aws_conn_id,
                "since": self.since,
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
                listed = await self._list(client, keys.receipts(self.run_id))
                missing = [chunk.chunk_id for chunk in missing_chunks(manifest, listed)]
                done = len(manifest.chunks) - len(missing)
                self.log.info("%s of %s chunks have their receipt", done, len(manifest.chunks))
                in_vain = bool(missing) and await self._is_in_vain(client, missing)
                if not missing or in_vain or datetime.now(UTC) >= deadline:
                    event = {"missing": missing, "in_vain": in_vain}
                    yield TriggerEvent(event)  # type: ignore[no-untyped-call]
                    return

    async def _manifest(self, client: Any) -> Manifest:
        answer = await client.get_object(Bucket=self.bucket, Key=keys.manifest(self.run_id))
        return read(await answer["Body"].read(), Manifest)

    async def _is_in_vain(self, client: Any, missing: Sequence[str]) -> bool:
        """Whether the messages of all missing chunks have failed for good since they were sent."""
        if not self.since:
            return False
        since = datetime.fromisoformat(self.since)
        listed = await self._list(client, keys.failed_messages(self.run_id))
        failed = {key for key, modified in listed.items() if modified >= since}
        return failed >= {keys.failed_message(self.run_id, chunk_id) for chunk_id in missing}

    async def _list(self, client: Any, prefix: str) -> dict[str, datetime]:
        """When each object below `prefix` was written, by key."""
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return {
            item["Key"]: item["LastModified"]
            async for page in pages
            for item in page.get("Contents", ())
        }
