"""The packs that have covers of one creator, and the indexes that still say that they had some."""

import shlex
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from collage_core.contract.pack import Pack, PackIndex
from collage_core.errors import ConditionFailedError, MessageError
from collage_core.layout import keys
from collage_core.layout.creator_names import name_bytes
from collage_core.packs.description import pack_of
from collage_core.packs.without import PackWithout, opened_pack
from collage_core.storage.documents import READERS, read_document
from collage_core.storage.object_store import ListedObject, ObjectStore
from collage_core.storage.ranged_file import ranged_file


@dataclass(frozen=True, slots=True)
class PackWith:
    """A pack that has covers of the creator."""

    key: str
    etag: str
    bytes: int
    covers: int
    """How many of its covers are the creator's."""
    cover_bytes: int
    """The size of those."""
    is_emptied: bool
    """Whether it has no others."""


@dataclass(frozen=True, slots=True)
class KeptCovers:
    """What packs have of the creator."""

    packs: Sequence[PackWith]
    outdated: Sequence[str]
    """Keys of indexes that name packs with covers of the creator which are not there any more."""
    unreadable: Sequence[str]
    """Objects that may have covers of the creator or name them, and that cannot be read: why."""


def may_have(pack: Pack, creator: str) -> bool:
    """Whether covers of the creator may be among those of a pack."""
    name = name_bytes(creator)
    return name_bytes(pack.first_creator) <= name <= name_bytes(pack.last_creator)


def kept_covers_of(store: ObjectStore, bucket: str, creator: str) -> KeptCovers:
    """Look for them in all packs that there are, not only in those that an index names."""
    packs: dict[str, ListedObject] = {}
    indexes: list[str] = []
    for item in store.list_objects(bucket, keys.DOWNLOADS):
        if keys.is_pack(item.key):
            packs[item.key] = item
        elif keys.is_pack_index(item.key):
            indexes.append(item.key)
    read, faults = _read(store, bucket, indexes)
    known: dict[str, Pack] = {}
    outdated = []
    for key, index in read.items():
        known.update({pack.key: pack for pack in index.packs if _is_there(pack, packs)})
        if any(may_have(pack, creator) and not _is_there(pack, packs) for pack in index.packs):
            outdated.append(key)
    looked_for = [
        item
        for item in packs.values()
        if item.key not in known or may_have(known[item.key], creator)
    ]
    with ThreadPoolExecutor(READERS) as pool:
        looks = list(pool.map(partial(_look, store, bucket, creator, known), looked_for))
    return KeptCovers(
        [found for found in looks if isinstance(found, PackWith)],
        outdated,
        [*faults, *(found for found in looks if isinstance(found, str))],
    )


def _read(
    store: ObjectStore, bucket: str, indexes: Sequence[str]
) -> tuple[dict[str, PackIndex], list[str]]:
    """The indexes that can be read, by key, and a line for each other one."""
    read: dict[str, PackIndex] = {}
    faults = []
    for key in indexes:
        try:
            index = read_document(store, bucket, key, PackIndex)
        except MessageError as error:
            faults.append(fault(bucket, key, str(error)))
        else:
            if index is not None:
                read[key] = index
    return read, faults


def fault(bucket: str, key: str, why: str) -> str:
    """A line about an object that cannot be read: why, and the command that deletes it."""
    command = shlex.join(["aws", "s3api", "delete-object", "--bucket", bucket, "--key", key])
    return f"{why}; covers that are in no pack are fetched again, so delete it: {command}"


def _is_there(pack: Pack, listed: dict[str, ListedObject]) -> bool:
    item = listed.get(pack.key)
    return item is not None and item.etag == pack.etag


def _look(
    store: ObjectStore, bucket: str, creator: str, known: dict[str, Pack], item: ListedObject
) -> PackWith | str | None:
    """The pack, if it has covers of the creator; a line if it cannot be read."""
    if item.key not in known:
        head = store.head(bucket, item.key)
        if head is None:
            return None
        said = pack_of(item.key, head)
        if said is not None and not may_have(said, creator):
            return None
        item = ListedObject(item.key, head.etag, head.bytes, head.written)
    try:
        with (
            ranged_file(store, bucket, item.key, etag=item.etag, size=item.bytes) as file,
            opened_pack(file) as pack,
        ):
            without = PackWithout.of(pack, creator)
    except ConditionFailedError:
        return None  # it has just expired, or another `forget` was here: what it left is looked at
    except MessageError as error:
        return fault(bucket, item.key, f"{item.key} in bucket {bucket} cannot be read: {error}")
    if not without.removed:
        return None
    return PackWith(
        key=item.key,
        etag=item.etag,
        bytes=item.bytes,
        covers=len(without.removed),
        cover_bytes=without.removed_bytes,
        is_emptied=not without.left,
    )
