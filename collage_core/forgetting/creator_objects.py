"""The objects of one creator in the output bucket, over all dates."""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from collage_core.contract.forgotten import ForgottenKind
from collage_core.layout import keys
from collage_core.layout.alike import look
from collage_core.layout.creator_files import CreatorFile
from collage_core.layout.creator_names import encode_creator
from collage_core.storage.object_store import ListedObject, ObjectStore

_DAY = re.compile(r"\d{4}/\d\d/\d\d/")
_MOST_ALIKE = 5


@dataclass(frozen=True, slots=True)
class CreatorObject:
    """An object that belongs to the creator alone."""

    kind: ForgottenKind
    key: str
    bytes: int


@dataclass(frozen=True, slots=True)
class CreatorObjects:
    """All of them, and who else could have been meant."""

    objects: Sequence[CreatorObject]
    """The metadata last: it says which other objects there were."""
    alike: Sequence[str]
    """A few other creators with collages whose names differ by case, accents or blanks alone."""


def objects_of(store: ObjectStore, bucket: str, creator: str) -> CreatorObjects:
    """Find them, by listing all collages, and a part of thumbnails and metadata of each day.

    Collages are in folders that people choose, so all of their keys are listed: a request for each
    thousand, some 1,500 for a year with two million of them.
    """
    encoded = encode_creator(creator)
    with ThreadPoolExecutor() as pool:
        collages = pool.submit(_collages, store, bucket, creator)
        copies = pool.submit(list, store.list_objects(bucket, keys.by_creator(creator)))
        thumbnails = pool.submit(_of_days, store, bucket, keys.THUMBNAILS, encoded)
        metadata = pool.submit(_of_days, store, bucket, keys.METADATA, encoded)
    found, alike = collages.result()
    return CreatorObjects(
        [
            *(CreatorObject("collage", item.key, item.bytes) for item in found),
            *(CreatorObject("by_creator", item.key, item.bytes) for item in copies.result()),
            *(CreatorObject("thumbnail", item.key, item.bytes) for item in thumbnails.result()),
            *(CreatorObject("metadata", item.key, item.bytes) for item in metadata.result()),
        ],
        alike,
    )


def _collages(
    store: ObjectStore, bucket: str, creator: str
) -> tuple[list[ListedObject], Sequence[str]]:
    """The creator's collages but for the copies, and names that look like the creator's."""
    encoded, wanted = encode_creator(creator), look(creator)
    found, others = [], set()
    for item in _but_for_copies(store, bucket):
        file = CreatorFile.of(item.key)
        if file is None:
            continue
        if file.encoded == encoded:
            found.append(item)
        elif file.creator is not None and look(file.creator) == wanted:
            others.add(file.creator)
    return found, sorted(others)[:_MOST_ALIKE]


def _but_for_copies(store: ObjectStore, bucket: str) -> Iterator[ListedObject]:
    for item in store.list_objects(bucket, keys.COLLAGES):
        if item.key.startswith(keys.BY_CREATOR):
            break
        yield item
    yield from store.list_objects(bucket, keys.COLLAGES, after=_end_of(keys.BY_CREATOR))


def _of_days(store: ObjectStore, bucket: str, root: str, encoded: str) -> list[ListedObject]:
    """The creator's objects in the folders of all days below `root`: two requests for each."""
    found: list[ListedObject] = []
    after = ""
    while first := next(iter(store.list_objects(bucket, root, after=after)), None):
        day = _DAY.match(first.key, len(root))
        if day is None:  # such as the mark that the console of S3 makes for a folder
            after = first.key
            continue
        folder = first.key[: day.end()]
        for item in store.list_objects(bucket, f"{folder}{encoded}_"):
            file = CreatorFile.of(item.key)
            # The objects of the creator `ana_b` begin like those of `ana`.
            if file is not None and file.encoded == encoded:
                found.append(item)
        after = _end_of(folder)
    return found


def _end_of(folder: str) -> str:
    """A text after all keys of a folder, and before those of the next one."""
    return f"{folder.removesuffix('/')}{chr(ord('/') + 1)}"
