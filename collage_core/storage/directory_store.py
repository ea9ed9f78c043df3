"""An object store in folders of one machine, for the command line."""

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import override

from collage_core.errors import ConditionFailedError
from collage_core.storage.object_store import (
    BodyFile,
    ListedObject,
    ObjectHead,
    ObjectStore,
    StoredObject,
)

_UNFINISHED = ".unfinished-"
"""Prefix of a file that is still being written. No key begins with a dot."""


class DirectoryStore(ObjectStore):
    """An ObjectStore whose buckets are folders and whose objects are files at their keys.

    Safe to use from many threads of one process. A file is written whole or not at all, also when
    the process crashes; when the machine crashes, it may be empty. Content types and metadata are
    not kept: the file's name shows its type.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        """`folders` maps each bucket to its folder, which is created by the first write."""
        self._folders = folders
        self._lock = Lock()

    @override
    def get(
        self,
        bucket: str,
        key: str,
        *,
        byte_range: tuple[int, int] | None = None,
        etag: str | None = None,
    ) -> StoredObject | None:
        try:
            body = self._path(bucket, key).read_bytes()
        except FileNotFoundError:
            return None
        found = _etag(body)
        if etag not in {None, found}:
            raise ConditionFailedError(f"{key} has ETag {found}, not {etag}: it was written again")
        if byte_range:
            body = body[byte_range[0] : byte_range[1] + 1]
        return StoredObject(body, found)

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
        if not isinstance(body, bytes):
            body.seek(0)
            body = body.read()
        path = self._path(bucket, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not a temporary file of `tempfile`: only its owner could read it.
        unfinished = path.with_name(f"{_UNFINISHED}{secrets.token_hex(8)}")
        try:
            with unfinished.open("xb") as file:
                file.write(body)
            with self._lock:
                self._check(bucket, key, if_absent=if_absent, if_etag=if_etag)
                unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        return _etag(body)

    @override
    def head(self, bucket: str, key: str) -> ObjectHead | None:
        path = self._path(bucket, key)
        try:
            body, written = path.read_bytes(), path.stat().st_mtime
        except FileNotFoundError:
            return None
        return ObjectHead(_etag(body), len(body), {}, datetime.fromtimestamp(written, UTC))

    @override
    def delete_as_seen(self, bucket: str, key: str, *, etag: str) -> None:
        with self._lock:
            if self.get(bucket, key, etag=etag) is not None:
                self._path(bucket, key).unlink()

    @override
    def delete_keys(self, bucket: str, keys: Iterable[str]) -> None:
        for key in keys:
            self._path(bucket, key).unlink(missing_ok=True)

    @override
    def list_objects(self, bucket: str, prefix: str, *, after: str = "") -> Iterator[ListedObject]:
        for key in self.list_keys(bucket, prefix):
            if key.encode() > after.encode() and (found := self.head(bucket, key)):
                yield ListedObject(key, found.etag, found.bytes, found.written)

    @override
    def list_keys(self, bucket: str, prefix: str) -> Iterator[str]:
        folder = self._folders[bucket]
        files = (path for path in folder.rglob("*") if path.is_file())
        keys = (
            path.relative_to(folder).as_posix()
            for path in files
            if not path.name.startswith(_UNFINISHED)
        )
        yield from sorted((key for key in keys if key.startswith(prefix)), key=str.encode)

    @override
    def list_folders(self, bucket: str, prefix: str) -> Iterator[str]:
        below = (key[len(prefix) :] for key in self.list_keys(bucket, prefix))
        yield from dict.fromkeys(rest.partition("/")[0] for rest in below if "/" in rest)

    @override
    def list_etags(self, bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
        for item in self.list_objects(bucket, prefix):
            yield item.key, item.etag

    def _check(self, bucket: str, key: str, *, if_absent: bool, if_etag: str | None) -> None:
        if if_absent and self._path(bucket, key).is_file():
            raise ConditionFailedError(f"{key} exists already")
        if if_etag is not None and self.get(bucket, key, etag=if_etag) is None:
            raise ConditionFailedError(f"{key} is gone")

    def _path(self, bucket: str, key: str) -> Path:
        relative = PurePosixPath(key)
        if relative.is_absolute() or ".." in relative.parts:
            raise ValueError(f"key {key!r} leads out of its bucket: use a key of layout/keys.py")
        return self._folders[bucket] / relative


def _etag(body: bytes) -> str:
    """The ETag that S3 gives an object that was written in one part."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
