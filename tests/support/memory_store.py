"""An object store in a dictionary, for tests of thousands of runs."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import override

from collage_core.errors import ConditionFailedError
from collage_core.storage.object_store import ObjectStore, StoredObject


class MemoryStore(ObjectStore):
    """What a bucket holds, by bucket and key. No byte ranges, content types or metadata."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}

    @override
    def get(
        self,
        bucket: str,
        key: str,
        *,
        byte_range: tuple[int, int] | None = None,
        etag: str | None = None,
    ) -> StoredObject | None:
        assert (byte_range, etag) == (None, None), "not kept here"
        body = self.objects.get((bucket, key))
        return None if body is None else StoredObject(body, _etag(body))

    @override
    def put(
        self,
        bucket: str,
        key: str,
        body: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_absent: bool = False,
        if_etag: str | None = None,
    ) -> str:
        assert if_etag is None, "not kept here"
        if if_absent and (bucket, key) in self.objects:
            raise ConditionFailedError(f"{key} is there already")
        self.objects[bucket, key] = body
        return _etag(body)

    @override
    def list_keys(self, bucket: str, prefix: str) -> Iterator[str]:
        keys = (key for place, key in self.objects if place == bucket)
        yield from sorted(key for key in keys if key.startswith(prefix))

    @override
    def list_etags(self, bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
        for key in self.list_keys(bucket, prefix):
            yield key, _etag(self.objects[bucket, key])

    def expire(self, bucket: str) -> None:
        """What a lifecycle rule leaves of a bucket after its days: nothing."""
        self.objects = {place: body for place, body in self.objects.items() if place[0] != bucket}


def _etag(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
