"""A run's folder in the temp bucket, and its queue, over clients that do not block the triggerer.

A look costs a request for each 1000 objects of three kinds, and none of them is read. Documents are
read by their chunks, so that whoever asks decides how many.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from msgspec import Struct

from collage_core.aws.queue_state import QueueState
from collage_core.contract.chunk_at_work import ChunkAtWork
from collage_core.contract.failed_message import FailedMessage
from collage_core.contract.manifest import Manifest
from collage_core.contract.reading import read
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.progress import Look
from collage_core.run.stop import as_stop, new_stop, renewed
from collage_core.storage.documents import JSON, to_document

_MISSING = {"NoSuchKey", "404"}


class RunFolder:
    """What a triggerer reads and writes of a run.

    Args:
        client: an aiobotocore client of S3.
        bucket: the temp bucket.
        run_id: the run.
    """

    def __init__(self, client: Any, bucket: str, run_id: str) -> None:
        self._client = client
        self._bucket = bucket
        self._run_id = run_id

    async def manifest(self) -> Manifest:
        """The run's plan."""
        body = await self._body(keys.manifest(self._run_id))
        if body is None:
            raise MessageError(
                f"{keys.manifest(self._run_id)} is not in bucket {self._bucket}: it has expired; "
                "start the run again from its first step"
            )
        return read(body, Manifest)

    async def look(self, manifest: Manifest) -> Look:
        """What is there now."""
        listed: dict[str, datetime] = {}
        at = None
        for prefix in (keys.receipts, keys.failed_messages, keys.chunks_at_work):
            async for page in self._pages(prefix(self._run_id)):
                at = _said_at(page)
                listed |= {item["Key"]: item["LastModified"] for item in page.get("Contents", ())}
        return Look.of(manifest, listed, at or datetime.now(UTC))

    async def failed_messages(self, chunk_ids: Iterable[str]) -> dict[str, FailedMessage]:
        """Why the last attempts at these chunks failed, if that is there and can be read."""
        run_id = self._run_id
        return await self._documents(
            {each: keys.failed_message(run_id, each) for each in chunk_ids}, FailedMessage
        )

    async def chunks_at_work(self, chunk_ids: Iterable[str]) -> dict[str, ChunkAtWork]:
        """What the workers at these chunks have said, if that is there and can be read."""
        run_id = self._run_id
        return await self._documents(
            {each: keys.chunk_at_work(run_id, each) for each in chunk_ids}, ChunkAtWork
        )

    async def stop_reason(self) -> str | None:
        """Why the run is stopped, or all runs are; None if neither.

        As `collage_core.run.stop.stopped` says it: what cannot be read stops, too.
        """
        for which in (None, self._run_id):
            body = await self._body(keys.stop(which))
            if body is not None:
                return as_stop(body, self._bucket, which).reason
        return None

    async def keep_stopped(self, run_id: str | None, reason: str) -> None:
        """Stop the run, or all runs (None), as `collage_core.run.stop.keep_stopped` does."""
        key = keys.stop(run_id)
        body = await self._body(key)
        found = None if body is None else as_stop(body, self._bucket, run_id)
        written = to_document(new_stop(run_id, reason) if found is None else renewed(found))
        await self._client.put_object(Bucket=self._bucket, Key=key, Body=written, ContentType=JSON)

    async def _documents[T: Struct](self, wanted: dict[str, str], kind: type[T]) -> dict[str, T]:
        bodies = await asyncio.gather(*map(self._body, wanted.values()))
        found = {}
        for chunk_id, body in zip(wanted, bodies, strict=True):
            if body is not None:
                try:
                    found[chunk_id] = read(body, kind)
                except MessageError:
                    continue  # of a newer release: whoever looks for it finds it in the bucket
        return found

    async def _body(self, key: str) -> bytes | None:
        from botocore.exceptions import ClientError

        try:
            answer = await self._client.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _MISSING:
                return None
            raise
        body: bytes = await answer["Body"].read()
        return body

    def _pages(self, prefix: str) -> AsyncIterator[Any]:
        pages = self._client.get_paginator("list_objects_v2")
        listed: AsyncIterator[Any] = pages.paginate(Bucket=self._bucket, Prefix=prefix)
        return listed


@asynccontextmanager
async def open_run_folder(aws_conn_id: str, bucket: str, run_id: str) -> AsyncIterator[RunFolder]:
    """The folder of a run, over an Airflow connection."""
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    hook = S3Hook(aws_conn_id=aws_conn_id)
    async with await hook.get_async_conn() as client:  # type: ignore[no-untyped-call]
        yield RunFolder(client, bucket, run_id)


async def ask_queue(aws_conn_id: str, url: str) -> QueueState:
    """The attributes of a queue, over an Airflow connection. Raises botocore's errors."""
    from airflow.providers.amazon.aws.hooks.sqs import SqsHook

    hook = SqsHook(aws_conn_id=aws_conn_id)
    async with await hook.get_async_conn() as client:  # type: ignore[no-untyped-call]
        answer = await client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return QueueState.of(url, answer["Attributes"])


def _said_at(page: Any) -> datetime | None:
    """S3's own time, as its answer has it."""
    headers = page.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return parsedate_to_datetime(headers["date"]) if "date" in headers else None
