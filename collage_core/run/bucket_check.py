"""Compares the objects that the books of a run name with those in the output bucket.

Objects are listed, never read: a thousand for each request. The folders of the run's day are listed
whole, if other creators than those of the books may be there from another plan of the run. Those
of all days, `collages/manual/` and `collages/by-creator/`, grow for ever: stretches of them
without a key that could be this run's are skipped, so they take no more requests than the folder
has pages, and no more than the run has creators; where a page has few of its keys, those are
looked up, which costs a twelfth.

A run of 60,000 creators, four objects each, takes about 75 MB of memory here, and 240 requests.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Final

from msgspec import UnsetType

from collage_core.contract.receipt import CreatorResult, WrittenObject
from collage_core.errors import BooksError, MessageError
from collage_core.layout.creator_files import CreatorFile
from collage_core.layout.creator_names import encode_creator
from collage_core.layout.creator_objects import OBJECT_KINDS, ObjectKind, RunObjects
from collage_core.storage.documents import READERS
from collage_core.storage.object_store import ListedObject, ObjectStore

_PAGE = 1000
"""The most objects that S3 lists in one answer."""

_FEW = 12
"""A LIST costs as much as so many HEADs."""

ORDER: Final[tuple[ObjectKind, ...]] = ("metadata", "thumbnail", "collage", "by_creator")
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
    for kind in ORDER:
        expected = {
            places.key(kind, creator): (creator, objects[kind])
            for creator, objects in named.items()
            if kind in objects
        }
        is_whole = not planned_once and not places.grows_for_ever(kind)
        # Any kind may be there of anybody, of a worker that died when another one had placed
        # nothing. A run without copies looks for those of whom there is too much elsewhere.
        wanted = named if kind != "by_creator" or places.has_copies else ()
        creators = {*map(encode_creator, wanted), *surplus}
        listed = (
            store.list_objects(bucket, places.folder(kind))
            if is_whole
            else _listed(store, bucket, places, kind, creators, expected)
        )
        for item in listed:
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
    creators: Iterable[str],
    expected: Iterable[str],
) -> Iterator[ListedObject]:
    """The objects of a folder around the keys of creators; `expected` are keys of some of them."""
    beginnings = sorted({places.beginning(kind, encoded) for encoded in creators})
    by_beginning = {key.rpartition(".")[0]: key for key in expected}
    return _list_around(store, bucket, places.folder(kind), beginnings, by_beginning)


def _list_around(
    store: ObjectStore,
    bucket: str,
    folder: str,
    beginnings: Sequence[str],
    expected: Mapping[str, str],
) -> Iterator[ListedObject]:
    """All objects whose keys begin like one of these, which are sorted, and some between them.

    A request takes a whole page: it may answer for thousands of beginnings, or for one. Where it
    answers for few, the expected keys are looked up instead: that costs a twelfth, and is done for
    several at the same time. An object in another format is then not seen.
    """
    last = ""
    answers_for_few = False
    one_by_one: list[str] = []
    for number, beginning in enumerate(beginnings):
        if answers_for_few and last < beginning and beginning in expected:
            one_by_one.append(expected[beginning])
            continue
        page = None
        # Keys of all formats begin like this, so the next page may have more of them.
        while last < beginning or last.startswith(beginning):
            after = max(last, beginning)
            page = list(islice(store.list_objects(bucket, folder, after=after), _PAGE))
            yield from page
            if len(page) < _PAGE:
                break
            last = page[-1].key
            answers_for_few = bisect_right(beginnings, last) - number < _FEW
        if page is not None and len(page) < _PAGE:
            break
    yield from _look_up(store, bucket, one_by_one)


def _look_up(store: ObjectStore, bucket: str, wanted: Sequence[str]) -> Iterator[ListedObject]:
    with ThreadPoolExecutor(READERS) as pool:
        heads = pool.map(lambda key: store.head(bucket, key), wanted)
        for key, head in zip(wanted, heads, strict=True):
            if head is not None:
                yield ListedObject(key, head.etag, head.bytes, head.written)
