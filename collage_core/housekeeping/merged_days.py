"""The packs of a day's runs are merged when the day is over, so that few have to be looked into.

Each run that keeps covers has packs of its own, with creators from A to Z: after 40 days of hourly
runs, a chunk would look into a thousand. Packs that were replaced stay for as long as a run may
have been told to look into them.

Only what is proven is replaced: the packs that were merged are all written, and have every cover,
before an index says so. Until then, and if anything fails, the index names the packs of the runs.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from msgspec.structs import replace

from collage_core.contract.pack import Pack, PackIndex, ReplacedPack
from collage_core.contract.reading import read
from collage_core.errors import ConditionFailedError, MessageError, RaceError, TransientError
from collage_core.housekeeping.findings import Finding, Kind
from collage_core.layout import keys
from collage_core.packs.day_index import indexes_of_last_days, put_into_day, sorted_packs
from collage_core.packs.merging import merge_packs
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, read_document, to_document
from collage_core.storage.object_store import ObjectStore
from collage_core.storage.shared_objects import update_objects

_FEWEST_RUNS = 3
"""The packs of two runs a day are few enough."""

_MOST_BYTES = 64 * 10**9
"""What is merged of a day, at most: about an hour for one task."""

_MERGED_FOR = timedelta(days=7)
"""So long is tried again what could not be merged."""

LEFT_FOR = timedelta(days=8)
"""How long packs that were replaced stay. What tells a run to look into them is in `processing/`,
and expires after 7 days."""


def merge_days(store: ObjectStore, settings: Settings, *, now: datetime) -> Iterator[Finding]:
    """Merge the packs of days that are over, and remove what was replaced long ago.

    It may be repeated, and goes on with the other days if one fails. Nothing is merged of runs that
    are not closed, nor of large runs: they cost a chunk one or two packs each, as merged ones do.
    """
    if not settings.keep_covers_days:
        return
    bucket, today = settings.temp_bucket, now.date()
    days = min(settings.keep_covers_days, (_MERGED_FOR + LEFT_FOR).days + 2)
    for day, index in indexes_of_last_days(store, bucket, today=today, days=days).items():
        try:
            if today - _MERGED_FOR <= day < today:
                yield from _merge(store, bucket, day, index)
            for run_id in filter(keys.is_merged, index.runs):
                yield from _remove_replaced(store, bucket, day, run_id, now - LEFT_FOR)
        except (MessageError, TransientError) as error:
            yield Finding(Kind.FAILED, f"the packs of {day} stay as they are: {error}")


def _merge(store: ObjectStore, bucket: str, day: date, index: PackIndex) -> Iterator[Finding]:
    packs = _worth_merging(_of_runs(store, bucket, day, index.packs))
    if not packs:
        return
    folder = keys.merged_packs(day, _digest(packs))
    key, run_id = keys.pack_index(folder), keys.run_of_pack(folder)
    index_of_merged = read_document(store, bucket, key, PackIndex)
    if index_of_merged is None:  # else whoever wrote it died before it was put into that of the day
        index_of_merged = _written(store, bucket, day, packs, folder)
        store.put(bucket, key, to_document(index_of_merged), content_type=JSON)
    put_into_day(store, bucket, day, [run_id])
    runs = len({keys.run_of_pack(pack.key) for pack in packs})
    covers = sum(pack.covers for pack in index_of_merged.packs)
    yield Finding(
        Kind.MERGED,
        f"{len(index_of_merged.replaces)} packs of {runs} runs of {day} are "
        f"{len(index_of_merged.packs)} now, with {covers} covers",
    )


def _written(
    store: ObjectStore, bucket: str, day: date, packs: Sequence[Pack], folder: str
) -> PackIndex:
    """Merge packs into this folder; the index of what was written, which is not written itself."""
    moment = datetime.combine(day, time(), UTC)
    merged = merge_packs(store, bucket, packs, folder=folder, moment=moment)
    if len(_of_runs(store, bucket, day, packs)) < len(packs):
        # Somebody forgets a creator, and may have looked for their covers before they were here.
        store.delete_keys(bucket, [pack.key for pack in merged.packs])
        raise RaceError("they changed while they were merged: nothing to fix, the next day does it")
    if not merged.replaces:
        raise MessageError("none of them can be read as a whole, as the lines before this one say")
    return PackIndex(
        runs=[keys.run_of_pack(folder)],
        packs=sorted_packs(merged.packs),
        replaces=merged.replaces,
    )


def _of_runs(store: ObjectStore, bucket: str, day: date, packs: Iterable[Pack]) -> list[Pack]:
    """Those of the packs that runs of this day have written, and that are there as they were."""
    there = dict(store.list_etags(bucket, keys.downloads_of_day(day)))
    return [
        pack
        for pack in packs
        if there.get(pack.key) == pack.etag and not keys.is_merged(keys.run_of_pack(pack.key))
    ]


def _worth_merging(packs: Iterable[Pack]) -> list[Pack]:
    """The packs of all runs but the large ones, in their order; none if they are of few runs.

    A run that is larger than all smaller ones together is left alone: it would be written again to
    save a chunk one pack.
    """
    by_run: dict[str, list[Pack]] = {}
    for pack in packs:
        by_run.setdefault(keys.run_of_pack(pack.key), []).append(pack)
    runs = sorted(by_run.values(), key=_bytes)
    while runs and (_bytes(runs[-1]) > sum(map(_bytes, runs[:-1])) or _all(runs) > _MOST_BYTES):
        runs.pop()
    if len(runs) < _FEWEST_RUNS:
        return []
    return sorted_packs(pack for of_run in runs for pack in of_run)


def _remove_replaced(
    store: ObjectStore, bucket: str, day: date, run_id: str, before: datetime
) -> Iterator[Finding]:
    """Remove the packs that were replaced before this moment; first from the indexes of runs.

    None are, if one that replaces them is not there.
    """
    key = keys.pack_index(keys.packs_of_run(day, run_id))
    head = store.head(bucket, key)
    if head is None or head.written > before:
        return
    index = read_document(store, bucket, key, PackIndex)
    there = dict(store.list_etags(bucket, keys.downloads_of_day(day)))
    if index is None or any(there.get(pack.key) != pack.etag for pack in index.packs):
        return
    gone = [pack for pack in index.replaces if there.get(pack.key) == pack.etag]
    for of_run in sorted({keys.run_of_pack(pack.key) for pack in gone}):
        _take_out(store, bucket, keys.pack_index(keys.packs_of_run(day, of_run)), gone)
    removed = 0
    for pack in gone:
        try:
            store.delete_as_seen(bucket, pack.key, etag=pack.etag)
        except ConditionFailedError:  # a creator has just been forgotten: the next day removes it
            continue
        removed += 1
    if removed:
        yield Finding(Kind.REMOVED, f"{removed} packs of {day} that were merged are removed")


def _take_out(store: ObjectStore, bucket: str, key: str, gone: Sequence[ReplacedPack]) -> None:
    """Have the index of a run name these packs no more."""
    taken_out = {(pack.key, pack.etag) for pack in gone}

    def compose(present: Mapping[str, bytes | None]) -> dict[str, bytes]:
        body = present[key]
        if body is None:
            return {}
        index = read(body, PackIndex)
        left = [pack for pack in index.packs if (pack.key, pack.etag) not in taken_out]
        return {key: to_document(replace(index, packs=left))}

    update_objects(store, bucket, [key], compose, content_type=JSON)


def _digest(packs: Sequence[Pack]) -> str:
    """Of which packs they are. Others, or these once they were changed, are merged elsewhere."""
    lines = sorted(f"{pack.key} {pack.etag}\n" for pack in packs)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:24]


def _bytes(packs: Sequence[Pack]) -> int:
    return sum(pack.bytes for pack in packs)


def _all(runs: Sequence[Sequence[Pack]]) -> int:
    return sum(map(_bytes, runs))
