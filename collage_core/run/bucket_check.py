"""Compares the objects that the books of a run name with those in the output bucket.

Objects are listed, never read: a thousand for each request. The folders of the run's day are listed
whole, if other creators than those of the books may be there from another plan of the run. Those
of all days, `collages/manual/` and `collages/by-creator/`, grow for ever: stretches of them
without a key that could be this run's are skipped, so they take no more requests than the folder
has pages, and no more than the run has creators.

A run of 60,000 creators, four objects each, takes about 75 MB of memory here, and 240 requests.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from msgspec import UnsetType

from collage_core.contract.receipt import CreatorResult, WrittenObject
from collage_core.errors import BooksError, MessageError
from collage_core.layout.creator_files import CreatorFile
from collage_core.layout.creator_names import encode_creator
from collage_core.layout.creator_objects import OBJECT_KINDS, ObjectKind, RunObjects
from collage_core.storage.object_store import ListedObject, ObjectStore

_PAGE = 1000
"""The most objects that S3 lists in one answer."""

_ORDER: Final[tuple[ObjectKind, ...]] = ("metadata", "thumbnail", "collage", "by_creator")
"""Folders of the day first: what they have too many of is then looked for in the others."""

type _Named = Mapping[str, Mapping[str, WrittenObject]]
"""Creators and their objects by kind."""


@dataclass(frozen=True, slots=True)
class WrongObject:
    """An object that is not in the bucket as the books name it."""

    kind: ObjectKind
    creator: str
    key: str
    named: WrittenObject
    found: WrittenObject | None
    """None when it is missing."""


@dataclass(frozen=True, slots=True)
class ExtraObject:
    """An object with the run's timestamp in its key that the books do not name."""

    kind: ObjectKind
    key: str
    etag: str
    """As it was listed: an object that has another one by now is not this one."""


@dataclass(frozen=True, slots=True)
class BucketCheck:
    """What the comparison found. The books equal the bucket when there is nothing wrong or extra.

    Both are sorted by kind, and by key within it.
    """

    compared: int
    """Objects that the books name."""
    unknown: int
    """Creators of whom the books name no objects, because an older release wrote them. Nothing is
    said about them: none of their objects counts as extra."""
    wrong: Sequence[WrongObject]
    extras: Sequence[ExtraObject]


def check_bucket(
    store: ObjectStore,
    bucket: str,
    places: RunObjects,
    results: Iterable[CreatorResult],
    *,
    planned_once: bool = False,
) -> BucketCheck:
    """Compare the objects of all creators of a run with the bucket. `results` may be in any order.

    `planned_once`: no plan of the run ever had other creators, so that none are looked for. The
    three creators of a small CSV are then found in a day of thousands by a few requests.

    Raises BooksError for a creator who comes twice, and MessageError for a kind of object that this
    release does not know.
    """
    named, unknown = _by_creator(results)
    wrong: list[WrongObject] = []
    extras: list[ExtraObject] = []
    # Names of creators as in keys: those of the books, and those of whom there is too much.
    older = {encode_creator(creator) for creator in unknown}
    surplus: set[str] = set()
    for kind in _ORDER:
        expected = {
            places.key(kind, creator): (creator, objects[kind])
            for creator, objects in named.items()
            if kind in objects
        }
        is_whole = not planned_once and not places.grows_for_ever(kind)
        creators = {*(map(encode_creator, named) if expected else ()), *surplus}
        for item in _listed(store, bucket, places, kind, None if is_whole else creators):
            owner = expected.pop(item.key, None)
            if owner is not None:
                found = WrittenObject(item.etag, item.bytes)
                if found != owner[1]:
                    wrong.append(WrongObject(kind, owner[0], item.key, owner[1], found))
                continue
            file = CreatorFile.of(item.key)
            if file and file.timestamp == places.timestamp and file.encoded not in older:
                extras.append(ExtraObject(kind, item.key, item.etag))
                surplus.add(file.encoded)
        wrong += [
            WrongObject(kind, creator, key, written, None)
            for key, (creator, written) in expected.items()
        ]
    return BucketCheck(
        compared=sum(map(len, named.values())),
        unknown=len(unknown),
        wrong=sorted(wrong, key=lambda one: (OBJECT_KINDS.index(one.kind), one.key)),
        extras=sorted(extras, key=lambda one: (OBJECT_KINDS.index(one.kind), one.key)),
    )


def _by_creator(results: Iterable[CreatorResult]) -> tuple[_Named, set[str]]:
    """The objects of each creator, and the creators of older releases, which recorded none."""
    named: dict[str, Mapping[str, WrittenObject]] = {}
    unknown: set[str] = set()
    for result in results:
        creator, objects = result.creator, result.known_objects
        if creator in named or creator in unknown:
            raise BooksError(
                f"creator {creator!r} is in the books twice: the CSV is not in order, clear extract"
            )
        strange = objects.keys() - set(OBJECT_KINDS)
        if strange:
            raise MessageError(
                f"creator {creator!r} has an object of the kind {min(strange)!r}: this release "
                f"knows {', '.join(OBJECT_KINDS)}; deploy the release that made the run"
            )
        if isinstance(result.objects, UnsetType):
            unknown.add(creator)
        else:
            named[creator] = objects
    return named, unknown


def _listed(
    store: ObjectStore,
    bucket: str,
    places: RunObjects,
    kind: ObjectKind,
    creators: Iterable[str] | None,
) -> Iterator[ListedObject]:
    """The objects of a folder: all of them, or those around the keys of creators."""
    folder = places.folder(kind)
    if creators is None:
        return store.list_objects(bucket, folder)
    beginnings = sorted(places.beginning(kind, encoded) for encoded in creators)
    return _list_around(store, bucket, folder, beginnings)


def _list_around(
    store: ObjectStore, bucket: str, folder: str, beginnings: Iterable[str]
) -> Iterator[ListedObject]:
    """All objects whose keys begin like one of these, which are sorted, and some between them.

    A request takes a whole page: it may answer for thousands of beginnings, or for one.
    """
    last = ""
    for beginning in beginnings:
        # Keys of all formats begin like this, so the next page may have more of them.
        while last < beginning or last.startswith(beginning):
            after = max(last, beginning)
            page = list(islice(store.list_objects(bucket, folder, after=after), _PAGE))
            yield from page
            if len(page) < _PAGE:
                return
            last = page[-1].key
