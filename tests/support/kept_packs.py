"""Packs of closed runs, in the temp bucket of a store."""

from collections.abc import Sequence
from datetime import date

from collage_core.contract.pack import Pack, PackIndex
from collage_core.layout import keys
from collage_core.packs.day_index import sorted_packs
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.object_store import ObjectStore

BUCKET = Settings().temp_bucket


def a_pack(
    first: str,
    last: str,
    *,
    day: date = date(2026, 10, 1),
    run_id: str = "daily-1",
    chunk_id: str = "",
    covers: int = 10,
) -> Pack:
    """A pack with covers of creators from `first` to `last`; each range is another chunk."""
    chunk_id = chunk_id or f"{first}-{last}".encode().hex()
    return Pack(
        key=keys.pack(keys.packs_of_run(day, run_id), chunk_id, 0),
        etag="e7a9",
        bytes=1000 * covers,
        directory_at=900 * covers,
        covers=covers,
        first_creator=first,
        last_creator=last,
    )


def close_with(store: ObjectStore, packs: Sequence[Pack], *, bucket: str = BUCKET) -> None:
    """Write the index of a run, as closing it does; all packs are of one run."""
    ((day, run_id),) = {(keys.day_of_pack(pack.key), keys.run_of_pack(pack.key)) for pack in packs}
    folder = keys.packs_of_run(date.fromisoformat(day), run_id)
    index = PackIndex(runs=[run_id], packs=sorted_packs(packs))
    store.put(bucket, keys.pack_index(folder), to_document(index), content_type=JSON)
