"""Packs written again without the covers of one creator, and the indexes of packs with them."""

from collections.abc import Mapping
from tempfile import TemporaryFile

from msgspec.structs import replace

from collage_core.contract.pack import Pack, PackIndex
from collage_core.contract.reading import read
from collage_core.forgetting.kept_covers import PackWith, may_have
from collage_core.packs.day_index import sorted_packs
from collage_core.packs.description import describe, pack_of
from collage_core.packs.without import PackWithout, opened_pack
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.object_store import ObjectHead, ObjectStore
from collage_core.storage.ranged_file import ranged_file
from collage_core.storage.shared_objects import update_objects

_ZIP = "application/zip"


def take_out(store: ObjectStore, bucket: str, found: PackWith, creator: str) -> None:
    """Write a pack again without the creator's covers, or delete it if it has no others.

    Raises MessageError for one whose covers cannot be read, and ConditionFailedError if it is
    another one by now, or gone: then it has to be looked for again.
    """
    if found.is_emptied:
        store.delete_as_seen(bucket, found.key, etag=found.etag)
    else:
        _rewrite(store, bucket, found, creator)


def bring_up_to_date(store: ObjectStore, bucket: str, key: str, creator: str) -> None:
    """Have an index name the packs that may have the creator as they are now.

    Raises RaceError when it changes all the time.
    """

    def compose(present: Mapping[str, bytes | None]) -> dict[str, bytes]:
        body = present[key]
        if body is None:
            return {}
        index = read(body, PackIndex)
        now = (
            _now(store, bucket, pack) if may_have(pack, creator) else pack for pack in index.packs
        )
        packs = sorted_packs(pack for pack in now if pack is not None)
        return {key: to_document(replace(index, packs=packs))}

    update_objects(store, bucket, [key], compose, content_type=JSON)


def _rewrite(store: ObjectStore, bucket: str, found: PackWith, creator: str) -> None:
    with (
        ranged_file(store, bucket, found.key, etag=found.etag, size=found.bytes) as file,
        opened_pack(file) as old,
        TemporaryFile(prefix="collage-pack-") as new,
    ):
        without = PackWithout.of(old, creator)
        described = _described(found.key, without, without.write(new, old), new.tell(), "new")
        store.put(
            bucket,
            found.key,
            new,
            content_type=_ZIP,
            metadata=describe(described),
            if_etag=found.etag,
        )


def _now(store: ObjectStore, bucket: str, pack: Pack) -> Pack | None:
    """A pack as an index should name it; None if it is gone."""
    head = store.head(bucket, pack.key)
    if head is None:
        return None
    if head.etag == pack.etag:
        return pack
    return pack_of(pack.key, head) or _looked_at(store, bucket, pack.key, head)


def _looked_at(store: ObjectStore, bucket: str, key: str, head: ObjectHead) -> Pack:
    """The same of a pack that does not say it of itself: names of its creators are too long."""
    with (
        ranged_file(store, bucket, key, etag=head.etag, size=head.bytes) as file,
        opened_pack(file) as pack,
    ):
        # The creator of nothing: all members are left.
        without = PackWithout((), pack.infolist())
        return _described(key, without, pack.start_dir, head.bytes, head.etag)


def _described(key: str, without: PackWithout, directory_at: int, size: int, etag: str) -> Pack:
    return Pack(
        key=key,
        etag=etag,
        bytes=size,
        directory_at=directory_at,
        covers=len(without.left),
        first_creator=without.first_creator,
        last_creator=without.last_creator,
    )
