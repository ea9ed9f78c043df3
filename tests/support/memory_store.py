"""An object store in a dictionary, for tests of thousands of runs."""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, repeat
from typing import override

from collage_core.errors import ConditionFailedError
from collage_core.storage.object_store import (
    BodyFile,
    ListedObject,
    ObjectHead,
    ObjectStore,
    StoredObject,
)

_WRITTEN = datetime(2026, 10, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Object:
    body: bytes
    etag: str
    metadata: Mapping[str, str]
    written: datetime


class MemoryStore(ObjectStore):
    """Buckets by name. Objects have no content type."""

    def __init__(
        self, *, is_encrypted: bool = False, clock: Callable[[], datetime] = lambda: _WRITTEN
    ) -> None:
        """As with SSE-KMS, the same bytes get another ETag each time if `is_encrypted`.

        Without a `clock`, every object was written at the same moment.
        """
        self._clock = clock
        self._salt = count() if is_encrypted else repeat("")
        self._objects: dict[str, dict[str, _Object]] = {}

    @property
    def objects(self) -> dict[tuple[str, str], bytes]:
        """The bytes of all objects by bucket and key."""
        return {
            (bucket, key): item.body
            for bucket, objects in self._objects.items()
            for key, item in objects.items()
        }

    @override
    def get(
        self,
        bucket: str,
        key: str,
        *,
        byte_range: tuple[int, int] | None = None,
        etag: str | None = None,
    ) -> StoredObject | None:
        found = self._objects.get(bucket, {}).get(key)
        if found is None:
            return None
        if etag not in {None, found.etag}:
            raise ConditionFailedError(f"{key} has ETag {found.etag}, not {etag}")
        body = found.body
        if byte_range is not None:
            body = body[byte_range[0] : byte_range[1] + 1]
        return StoredObject(body, found.etag)

    @override
    def put(
        self,
        bucket: str,
        key: str,
        body: bytes | BodyFile,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_absent: bool = False,
        if_etag: str | None = None,
        crc32: int | None = None,
    ) -> str:
        objects = self._objects.setdefault(bucket, {})
        found = objects.get(key)
        if not isinstance(body, bytes):
            body.seek(0)
            body = body.read()
        if if_absent and found is not None:
            raise ConditionFailedError(f"{key} is there already")
        if if_etag is not None and (found is None or found.etag != if_etag):
            raise ConditionFailedError(f"{key} is another object, or gone")
        if crc32 not in {None, zlib.crc32(body)}:
            raise ValueError(f"{key} has the CRC-32 {zlib.crc32(body):08x}, not {crc32:08x}")
        etag = hashlib.md5(body + str(next(self._salt)).encode(), usedforsecurity=False).hexdigest()
        objects[key] = _Object(body, etag, dict(metadata or {}), self._clock())
        return etag

    @override
    def head(self, bucket: str, key: str) -> ObjectHead | None:
        found = self._objects.get(bucket, {}).get(key)
        if found is None:
            return None
        return ObjectHead(found.etag, len(found.body), found.metadata, found.written)

    @override
    def delete_as_seen(self, bucket: str, key: str, *, etag: str) -> None:
        if self.get(bucket, key, etag=etag) is not None:
            del self._objects[bucket][key]

    @override
    def delete_keys(self, bucket: str, keys: Iterable[str]) -> None:
        for key in list(keys):
            self._objects.get(bucket, {}).pop(key, None)

    @override
    def list_objects(self, bucket: str, prefix: str, *, after: str = "") -> Iterator[ListedObject]:
        objects = self._objects.get(bucket, {})
        wanted = (key for key in objects if key.startswith(prefix) and key > after)
        for key in sorted(wanted, key=str.encode):
            found = objects[key]
            yield ListedObject(key, found.etag, len(found.body), found.written)

    @override
    def list_keys(self, bucket: str, prefix: str) -> Iterator[str]:
        for item in self.list_objects(bucket, prefix):
            yield item.key

    @override
    def list_folders(self, bucket: str, prefix: str) -> Iterator[str]:
        below = (key[len(prefix) :] for key in self.list_keys(bucket, prefix))
        yield from dict.fromkeys(rest.partition("/")[0] for rest in below if "/" in rest)

    @override
    def list_etags(self, bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
        for item in self.list_objects(bucket, prefix):
            yield item.key, item.etag

    def expire(self, bucket: str) -> None:
        """What a lifecycle rule leaves of a bucket after its days: nothing."""
        self._objects.pop(bucket, None)
