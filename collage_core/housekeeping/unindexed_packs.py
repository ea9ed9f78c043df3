"""Packs that no index names: their run was never closed, so no run would find what they keep.

A run that is closed later writes its index again, and puts it into that of its day. Packs that were
merged have an index only when all of them are written (`merged_days`): until then none names them,
and what they are made of is still there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from msgspec.structs import replace

from collage_core.aws.s3_store import S3Store
from collage_core.contract.pack import PackIndex
from collage_core.errors import CollageError, ConditionFailedError, MessageError
from collage_core.housekeeping.findings import Finding, Kind
from collage_core.layout import keys
from collage_core.packs.day_index import put_into_day, sorted_packs
from collage_core.run.pack_index import described_packs
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, read_document, to_document
from collage_core.storage.object_store import ListedObject

INDEXED_AFTER = timedelta(hours=6)
"""A run that has written no pack for so long has ended, or stands still."""

_DAYS = 8
"""So many days are looked through. Messages and manifests of older runs have expired."""

_MOST_PACKS = 20_000
"""Packs that are looked at together, by a HEAD each: some minutes. The next day does the rest."""


@dataclass(frozen=True, slots=True)
class _Unindexed:
    """The packs of a run of which an index lacks some."""

    run_id: str
    packs: list[ListedObject]
    index: ListedObject | None
    newest: datetime
    """When the last pack was written."""


def index_packs(store: S3Store, settings: Settings, *, now: datetime) -> Iterator[Finding]:
    """Write an index of each run that has packs which none names, and put it into its day's.

    Costs a LIST for each of the last days, and for each run with packs of these days.
    """
    if not settings.keep_covers_days:
        return
    looked_at = 0
    for number in range(min(_DAYS, settings.keep_covers_days)):
        day = now.date() - timedelta(days=number)
        indexed = []
        for found in _unindexed(store, settings, day, now):
            if looked_at and looked_at + len(found.packs) > _MOST_PACKS:
                yield Finding(
                    Kind.FAILED,
                    f"packs of run {found.run_id} and of older ones are in no index yet: run this "
                    "task again, or wait for the next day",
                )
                return
            looked_at += len(found.packs)
            try:
                finding = _write_index(store, settings, day, found, now)
            except CollageError as error:
                finding = Finding(
                    Kind.FAILED, f"the packs of run {found.run_id} are in no index: {error}"
                )
            if finding is not None:
                indexed.append(finding)
                yield finding
        if indexed:
            yield from _put_into_day(store, settings, day)


def _unindexed(
    store: S3Store, settings: Settings, day: date, now: datetime
) -> Iterator[_Unindexed]:
    bucket = settings.temp_bucket
    for run_id in store.list_folders(bucket, keys.downloads_of_day(day)):
        folder = keys.packs_of_run(day, run_id)
        listed = list(store.list_objects(bucket, folder))
        packs = [item for item in listed if keys.is_pack(item.key)]
        index = next((item for item in listed if item.key == keys.pack_index(folder)), None)
        if index is None and keys.is_merged(run_id):
            continue
        newest = max((item.modified for item in packs), default=now)
        if now - newest < INDEXED_AFTER or (index is not None and newest <= index.modified):
            continue
        yield _Unindexed(run_id, packs, index, newest)


def _write_index(
    store: S3Store, settings: Settings, day: date, found: _Unindexed, now: datetime
) -> Finding | None:
    """Write the index of a run; None if it is closed at this moment, or has nothing new."""
    bucket, key = settings.temp_bucket, keys.pack_index(keys.packs_of_run(day, found.run_id))
    before = _known(store, bucket, key, found.run_id)
    there = {(item.key, item.etag) for item in found.packs}
    # Packs of an earlier plan of the run are in the folder of another day.
    kept = [
        pack
        for pack in before.packs
        if (pack.key, pack.etag) in there or not pack.key.startswith(key.removesuffix("index.json"))
    ]
    named = {pack.key for pack in kept}
    others = [item for item in found.packs if item.key not in named]
    new = list(described_packs(store, bucket, others))
    if not new:
        return None
    index = replace(before, packs=sorted_packs([*kept, *new]))
    try:
        store.put(
            bucket,
            key,
            to_document(index),
            content_type=JSON,
            if_absent=found.index is None,
            if_etag=None if found.index is None else found.index.etag,
        )
    except ConditionFailedError:
        return None
    hours = int((now - found.newest).total_seconds() // 3600)
    return Finding(
        Kind.INDEXED,
        f"run {found.run_id} had {len(new)} packs with {sum(pack.covers for pack in new)} covers "
        f"in no index, the last one for {hours} hours, because it was not closed: later runs find "
        "them now",
    )


def _known(store: S3Store, bucket: str, key: str, run_id: str) -> PackIndex:
    """The index that there is; an empty one if there is none, or none that can be read."""
    try:
        index = read_document(store, bucket, key, PackIndex)
    except MessageError:
        index = None
    return PackIndex(runs=[run_id], packs=[]) if index is None else index


def _put_into_day(store: S3Store, settings: Settings, day: date) -> Iterator[Finding]:
    """All runs of the day: whoever plans looks through those of the last few days alone."""
    bucket = settings.temp_bucket
    runs = list(store.list_folders(bucket, keys.downloads_of_day(day)))
    try:
        put_into_day(store, bucket, day, runs)
    except CollageError as error:
        yield Finding(Kind.FAILED, f"the index of the packs of {day} was not written: {error}")
