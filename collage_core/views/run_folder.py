"""What is in the folder of a run in the temp bucket, by two listings at the same time.

Packs of chunks and partial receipts, of which there may be as many as chunks, are passed over.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import takewhile
from typing import Self

from collage_core.layout import keys
from collage_core.settings import Settings
from collage_core.storage.object_store import ListedObject, ObjectStore


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The objects of a run's folder by their keys."""

    run_id: str
    objects: Mapping[str, ListedObject]

    @classmethod
    def of(cls, store: ObjectStore, settings: Settings, run_id: str) -> Self:
        """List it: two requests, and one more for each 1000 objects."""
        bucket, folder = settings.temp_bucket, keys.run_folder(run_id)
        packs = keys.packs_of_chunks(run_id)

        def before_packs() -> list[ListedObject]:
            after = _behind(keys.dropped_messages(run_id))
            listed = store.list_objects(bucket, folder, after=after)
            return [*takewhile(lambda item: not _is_behind(item.key, packs), listed)]

        def rest() -> list[ListedObject]:
            after = _behind(keys.partial_receipts(run_id))
            return [*store.list_objects(bucket, folder, after=after)]

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.submit(before_packs), pool.submit(rest)
            listed = [*first.result(), *second.result()]
        return cls(run_id, {item.key: item for item in listed})

    def set_aside(self) -> Iterator[str]:
        """The names of receipts that were set aside: the chunk's id, `-`, an ETag, `.json`."""
        prefix = keys.set_aside_of(self.run_id)
        for key in self.objects:
            if key.startswith(prefix):
                yield key.removeprefix(prefix)


def _behind(folder: str) -> str:
    """What is sorted behind all keys of a folder: `0` follows `/`."""
    return f"{folder.removesuffix('/')}0"


def _is_behind(key: str, folder: str) -> bool:
    """Whether a key is in the folder, or is sorted behind it."""
    return key.encode() >= folder.encode()
