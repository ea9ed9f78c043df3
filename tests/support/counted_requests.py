"""An object store that notes each request that S3 would be sent."""

from collections.abc import Iterator
from itertools import batched
from typing import Any, override

from collage_core.storage.object_store import ListedObject, ObjectHead, StoredObject
from tests.support.memory_store import MemoryStore

_PAGE = 1000
"""Objects of one answer to a LIST."""


class CountedRequests(MemoryStore):
    """`requests` has the method, the bucket and the key of each, or what was listed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.requests: list[tuple[str, str, str]] = []

    @override
    def get(self, bucket: str, key: str, **asked: Any) -> StoredObject | None:
        self.requests.append(("GET", bucket, key))
        return super().get(bucket, key, **asked)

    @override
    def head(self, bucket: str, key: str) -> ObjectHead | None:
        self.requests.append(("HEAD", bucket, key))
        return super().head(bucket, key)

    @override
    def list_objects(self, bucket: str, prefix: str, *, after: str = "") -> Iterator[ListedObject]:
        # One that lists nothing is a request, too.
        for page in list(batched(super().list_objects(bucket, prefix, after=after), _PAGE)) or [()]:
            self.requests.append(("LIST", bucket, prefix))
            yield from page
