"""The index of a run's packs, written when the run is closed."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

from collage_core.contract.pack import ChunkPacks, Pack, PackIndex
from collage_core.contract.receipt import Receipt
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.packs.day_index import DAYS_LISTED, is_in_day, put_into_day, sorted_packs
from collage_core.packs.description import pack_of
from collage_core.run.run import Run
from collage_core.storage.documents import JSON, READERS, read_document, to_document
from collage_core.storage.object_store import ListedObject, ObjectStore

log = logging.getLogger(__name__)

_NEAR_THE_END = timedelta(days=DAYS_LISTED - 1)
"""Before whoever plans stops looking for the runs of a day. A day too early does no harm."""


def write_pack_index[Store: ObjectStore](
    run: Run[Store], receipts: Iterable[Receipt], *, today: date
) -> None:
    """Write which packs a run has: those of its receipts, and those that no receipt names.

    A worker may have died between a pack and the receipt that names it. A run without `packs.json`
    keeps nothing: nothing is written. Nor is it for a run without packs, or with a `packs.json`
    that cannot be read: its collages and books are not held up by that.

    Raises RaceError as `put_into_day`.
    """
    store, bucket, run_id = run.store, run.settings.temp_bucket, run.manifest.run_id
    try:
        kept = read_document(store, bucket, keys.packs_of_all_chunks(run_id), ChunkPacks)
    except MessageError as error:
        log.warning(
            "The packs of run %s are in no index, so nobody finds them: %s; clear plan, and then "
            "reconcile",
            run_id,
            error,
        )
        return
    if kept is None:
        return
    key = keys.pack_index(kept.folder)
    packs = sorted_packs(_packs(run, kept.folder, receipts))
    before = store.get(bucket, key)
    index = to_document(PackIndex(runs=[run_id], packs=packs))
    if before is None and not packs:
        return
    is_new = before is None or before.body != index
    if is_new:
        store.put(bucket, key, index, content_type=JSON)
    log.info("Run %s keeps %d covers in %d packs", run_id, sum(p.covers for p in packs), len(packs))
    day = date.fromisoformat(keys.day_of_pack(kept.folder))
    if today - day >= _NEAR_THE_END:
        put_into_day(store, bucket, day, [run_id])
    elif before is not None and (is_new or is_in_day(store, bucket, day, run_id)):
        # Also if it is as it was: whoever wrote it may have died before this.
        put_into_day(store, bucket, day, [run_id])


def _packs[Store: ObjectStore](
    run: Run[Store], folder: str, receipts: Iterable[Receipt]
) -> Iterator[Pack]:
    named = {pack.key: pack for receipt in receipts for pack in receipt.packs}
    orphans: list[ListedObject] = []
    for found in run.store.list_objects(run.settings.temp_bucket, folder):
        pack = named.get(found.key)
        if pack is not None and pack.etag == found.etag:
            yield pack
        elif found.key.endswith(".zip"):
            orphans.append(found)
    # If packs.json was lost before the run was planned again, they are in another folder.
    yield from (pack for key, pack in named.items() if not key.startswith(folder))
    yield from described_packs(run.store, run.settings.temp_bucket, orphans)


def described_packs(
    store: ObjectStore, bucket: str, listed: Sequence[ListedObject]
) -> Iterator[Pack]:
    """Packs by what they say about themselves; one that says nothing is left out."""
    with ThreadPoolExecutor(READERS) as pool:
        heads = pool.map(lambda found: store.head(bucket, found.key), listed)
        for found, head in zip(listed, heads, strict=True):
            pack = None if head is None else pack_of(found.key, head)
            if pack is not None:
                yield pack
            else:
                log.info("Pack %s is left out: no receipt names it, nor does it", found.key)
