"""The objects of a run's creators in a store, with the results that name them."""

from collections.abc import Iterable, Iterator, Mapping
from math import ceil
from typing import override

from collage_core.contract.books import RowCounts
from collage_core.contract.receipt import CreatorResult, Outcome, WrittenObject
from collage_core.layout.creator_objects import OBJECT_KINDS, ObjectKind, RunObjects
from collage_core.storage.object_store import ListedObject, ObjectHead
from tests.support.memory_store import MemoryStore

PAGE = 1000


class CountingStore(MemoryStore):
    """A MemoryStore that counts the requests which its listings would be at S3, by folder."""

    def __init__(self) -> None:
        super().__init__()
        self.lists: list[str] = []
        self.heads: list[str] = []

    @override
    def list_objects(self, bucket: str, prefix: str, *, after: str = "") -> Iterator[ListedObject]:
        self.lists.append(prefix)
        for count, item in enumerate(super().list_objects(bucket, prefix, after=after)):
            if count and count % PAGE == 0:
                self.lists.append(prefix)
            yield item

    @override
    def head(self, bucket: str, key: str) -> ObjectHead | None:
        self.heads.append(key)
        return super().head(bucket, key)

    def pages(self, bucket: str, prefix: str) -> int:
        """The requests that list all of a folder."""
        objects = sum(1 for _ in super().list_objects(bucket, prefix))
        return max(1, ceil(objects / PAGE))


def write_objects(
    store: MemoryStore,
    bucket: str,
    places: RunObjects,
    creator: str,
    kinds: Iterable[ObjectKind] = OBJECT_KINDS,
) -> CreatorResult:
    """Write an object of each of these kinds, and return the result that names them."""
    written: Mapping[str, WrittenObject] = {
        kind: _write(store, bucket, places.key(kind, creator), f"{kind} of {creator}")
        for kind in kinds
    }
    has_collage = "collage" in written
    return CreatorResult(
        creator,
        Outcome.COMPLETE if has_collage else Outcome.FAILED,
        RowCounts(total=1, placed=int(has_collage), failed=int(not has_collage)),
        places.key("collage", creator) if has_collage else None,
        {},
        written,
    )


def _write(store: MemoryStore, bucket: str, key: str, text: str) -> WrittenObject:
    body = text.encode("utf-8", "surrogatepass")
    return WrittenObject(store.put(bucket, key, body, content_type="x/y"), len(body))
