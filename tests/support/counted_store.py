"""A store that counts the requests which its calls would be at S3."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import override

from collage_core.storage.object_store import ListedObject, ObjectHead, StoredObject
from tests.support.memory_store import MemoryStore

PAGE = 1000
"""Objects or folders that S3 lists at once."""


class CountedStore(MemoryStore):
    """A MemoryStore with the keys that were read, and the prefixes that were listed, a page each.

    Every object was written at the moment that `clock` gave.
    """

    def __init__(self, *, clock: Callable[[], datetime] | None = None) -> None:
        super().__init__(**({} if clock is None else {"clock": clock}))
        self.forget_requests()

    def forget_requests(self) -> None:
        """Count from here."""
        self.gets: list[str] = []
        self.heads: list[str] = []
        self.lists: list[str] = []

    @property
    def requests(self) -> int:
        """All that were counted."""
        return len(self.gets) + len(self.heads) + len(self.lists)

    @override
    def get(
        self,
        bucket: str,
        key: str,
        *,
        byte_range: tuple[int, int] | None = None,
        etag: str | None = None,
    ) -> StoredObject | None:
        self.gets.append(key)
        return super().get(bucket, key, byte_range=byte_range, etag=etag)

    @override
    def head(self, bucket: str, key: str) -> ObjectHead | None:
        self.heads.append(key)
        return super().head(bucket, key)

    @override
    def list_objects(self, bucket: str, prefix: str, *, after: str = "") -> Iterator[ListedObject]:
        yield from self._counted(prefix, super().list_objects(bucket, prefix, after=after))

    @override
    def list_folders(self, bucket: str, prefix: str) -> Iterator[str]:
        keys = (item.key for item in super().list_objects(bucket, prefix))
        below = (key[len(prefix) :] for key in keys)
        folders = dict.fromkeys(rest.partition("/")[0] for rest in below if "/" in rest)
        yield from self._counted(prefix, iter(folders))

    def _counted[Item](self, prefix: str, items: Iterator[Item]) -> Iterator[Item]:
        self.lists.append(prefix)
        for number, item in enumerate(items):
            if number and number % PAGE == 0:
                self.lists.append(prefix)
            yield item
