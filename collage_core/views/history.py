"""All collages of a creator, and creators by the beginning of their names, over all runs.

Both look at the copies of collages by creator. A deployment may make none.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from msgspec import field

from collage_core.contract.books import RowCounts
from collage_core.contract.document import FLAT, Document
from collage_core.contract.identifiers import Identifier
from collage_core.contract.receipt import CreatorResult, Outcome
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.layout.creator_files import CreatorFile
from collage_core.layout.creator_names import (
    decode_creator,
    encode_creator,
    encoded_beginnings,
    is_cut,
    name_bytes,
)
from collage_core.settings import Settings
from collage_core.storage.object_store import ListedObject, ObjectStore
from collage_core.views.documents import Documents, Unreadable

PER_PAGE = 30

MOST_LISTED = 3000
"""Collages of one creator that are listed: three requests, for a run each day of eight years."""

MOST_NAMES = 50
"""Creators that a search names."""

MOST_LONG_NAMES = 5
"""Creators with names that are too long for keys, as only their metadata has them."""

MOST_FOLDERS = 200
"""Folders of creators that are looked at for each way in which a text may be in keys."""

_NO_COPIES = (
    "This deployment makes no copies of collages by creator (BY_CREATOR_COPIES), so collages of "
    "newer runs are not found here: look for the creator in the gallery of a run"
)


@dataclass(frozen=True, slots=True)
class PastCollage:
    """A collage of a creator."""

    timestamp: RunTimestamp
    """The second of its run."""
    key: str
    """Of the copy by creator, in the output bucket."""
    bytes: int
    """Its size."""
    thumbnail_key: str
    """Of its thumbnail."""
    run_id: str | None
    """Its run; None if the metadata of the collage is gone or cannot be read."""
    outcome: Outcome | None
    """How the creator ended in that run."""
    rows: RowCounts | None
    """What became of the creator's rows in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The collages of a creator."""

    creator: str
    """The name."""
    collages: Sequence[PastCollage]
    """A page of them, the newest first."""
    page: int
    """From 1."""
    pages: int
    """At least 1."""
    total: int
    """Collages on all pages."""
    is_cut: bool
    """Whether there may be newer ones, which were not listed."""
    note: str
    """A sentence if something is missing; else empty."""
    unreadable: Sequence[Unreadable]
    """Documents that this release cannot read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCreators:
    """Creators by the beginning of their names."""

    names: Sequence[str]
    """At most MOST_NAMES, by their bytes."""
    is_cut: bool
    """Whether there are more."""
    note: str
    """A sentence if something is missing; else empty."""


class _Made(Document, frozen=True, kw_only=True):
    """What is read of the metadata of a collage."""

    run_id: Identifier
    """The run."""
    result: CreatorResult = field(name=FLAT)
    """What became of the creator."""


def read_history(store: ObjectStore, settings: Settings, creator: str, *, page: int = 1) -> History:
    """A page of PER_PAGE collages of a creator; the nearest page to a number.

    A request for each 1000 collages, at most three, and one for each line of the page. Raises the
    errors of the store.
    """
    bucket = settings.output_bucket
    listed: list[ListedObject] = []
    if creator:
        objects = store.list_objects(bucket, keys.by_creator(creator))
        listed = [*islice(objects, MOST_LISTED)]
    found = sorted(_collages(listed), key=lambda one: one[0], reverse=True)
    pages = max(1, -(-len(found) // PER_PAGE))
    page = min(max(page, 1), pages)
    shown = found[(page - 1) * PER_PAGE : page * PER_PAGE]
    documents = Documents(store)
    made = documents.read_all(
        bucket, {second: keys.metadata(creator, second) for second, _ in shown}, _Made
    )
    is_cut = len(listed) == MOST_LISTED
    return History(
        creator=creator,
        collages=[_past(creator, second, item, made.get(second)) for second, item in shown],
        page=page,
        pages=pages,
        total=len(found),
        is_cut=is_cut,
        note=_note(settings, f"Only the {MOST_LISTED} oldest collages are listed" * is_cut),
        unreadable=tuple(documents.unreadable),
    )


def find_creators(store: ObjectStore, settings: Settings, beginning: str) -> FoundCreators:
    """Creators who have a copy of a collage and whose names begin like this, also in lower case.

    At most four requests, and two for each name that is too long for keys, of which at most
    MOST_LONG_NAMES are named. Raises the errors of the store.
    """
    texts = {beginning, beginning.lower()}
    prefixes = dict.fromkeys(
        f"{keys.BY_CREATOR}{encoded}"
        for text in sorted(texts)
        for encoded in encoded_beginnings(text)
    )
    folders: set[str] = set()
    is_more = False
    for prefix in prefixes:
        rests = [*islice(store.list_folders(settings.output_bucket, prefix), MOST_FOLDERS)]
        folders.update(prefix.removeprefix(keys.BY_CREATOR) + rest for rest in rests)
        is_more = is_more or len(rests) == MOST_FOLDERS
    long_names = sorted(folder for folder in folders if is_cut(folder))
    documents = Documents(store)
    found = [_decoded(folder) for folder in folders if not is_cut(folder)]
    found += [_long_name(documents, settings, each) for each in long_names[:MOST_LONG_NAMES]]
    names = {name for name in found if name is not None and name.startswith(tuple(texts))}
    return FoundCreators(
        names=sorted(names, key=name_bytes)[:MOST_NAMES],
        is_cut=is_more or len(names) > MOST_NAMES or len(long_names) > MOST_LONG_NAMES,
        note=_note(settings),
    )


def _collages(listed: Sequence[ListedObject]) -> Iterator[tuple[RunTimestamp, ListedObject]]:
    for item in listed:
        file = CreatorFile.of(item.key)
        if file is not None and file.kind == "collage":
            with suppress(MessageError):  # a person may have put anything there
                yield RunTimestamp.parse(file.timestamp), item


def _past(
    creator: str, second: RunTimestamp, item: ListedObject, made: _Made | None
) -> PastCollage:
    return PastCollage(
        timestamp=second,
        key=item.key,
        bytes=item.bytes,
        thumbnail_key=keys.thumbnail(creator, second),
        run_id=None if made is None else made.run_id,
        outcome=None if made is None else made.result.outcome,
        rows=None if made is None else made.result.rows,
    )


def _decoded(folder: str) -> str | None:
    """The creator whose folder this is; None for a folder that a person has made."""
    try:
        name = decode_creator(folder)
    except ValueError:
        return None
    return name if name and encode_creator(name) == folder else None


def _long_name(documents: Documents, settings: Settings, folder: str) -> str | None:
    """The name that was too long for keys, as the metadata of one of its collages has it."""
    bucket, prefix = settings.output_bucket, f"{keys.BY_CREATOR}{folder}/"
    first = next(iter(documents.store.list_keys(bucket, prefix)), None)
    file = None if first is None else CreatorFile.of(first)
    if file is None:
        return None
    key = f"{keys.metadata_beginning(folder, RunTimestamp.parse(file.timestamp))}.json"
    made = documents.read(bucket, key, _Made)
    return None if made is None else made.result.creator


def _note(settings: Settings, more: str = "") -> str:
    said = [_NO_COPIES] * (not settings.by_creator_copies) + [more] * bool(more)
    return ". ".join(said)
