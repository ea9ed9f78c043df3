"""An object as a file that can be read anywhere, without having it in memory or on disk."""

import io
from typing import override

from collage_core.errors import ConditionFailedError
from collage_core.storage.object_store import ObjectStore

_BUFFER = 8 << 20
"""Bytes of one request, if as many are wanted: a request takes as long as a megabyte or two."""


class _RangedFile(io.RawIOBase):
    def __init__(self, store: ObjectStore, bucket: str, key: str, *, etag: str, size: int) -> None:
        self._store, self._bucket, self._key = store, bucket, key
        self._etag, self._size = etag, size
        self._at = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            # An OSError and a ValueError: what reads odd files expects either.
            raise io.UnsupportedOperation(f"{self._key} has no byte {start + offset}")
        self._at = start + offset
        return self._at

    @override
    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        wanted = min(len(buffer), self._size - self._at)
        if wanted <= 0:
            return 0
        found = self._store.get(
            self._bucket,
            self._key,
            byte_range=(self._at, self._at + wanted - 1),
            etag=self._etag,
        )
        if found is None:
            raise ConditionFailedError(f"{self._key} in bucket {self._bucket} is gone")
        buffer[: len(found.body)] = found.body
        self._at += len(found.body)
        return len(found.body)


def ranged_file(
    store: ObjectStore, bucket: str, key: str, *, etag: str, size: int
) -> io.BufferedReader:
    """The object with this ETag and so many bytes, to be closed.

    Reading raises ConditionFailedError when the object is another one by now, or gone.
    """
    return io.BufferedReader(_RangedFile(store, bucket, key, etag=etag, size=size), _BUFFER)
