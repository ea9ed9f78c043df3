"""CSVs that people drop into the input bucket: what waits, what was refused, what became runs."""

import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from msgspec import Struct

from collage_core.contract.failed_upload import FailedUpload
from collage_core.contract.quarantine_reason import QuarantineReason
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunBooks
from collage_core.layout import keys
from collage_core.run.months import month_window
from collage_core.settings import Settings
from collage_core.storage.object_store import ListedObject, ObjectStore
from collage_core.views.day_logs import read_day_logs
from collage_core.views.documents import Documents, Unreadable

MOST_RUNS = 200
"""Runs of a month that are named: the newest."""

MOST_LISTED = 1000
"""Keys of each folder that are looked at: one request."""

MOST_READ = 10
"""Documents of each kind that are read, and CSVs that are asked whose they are: the newest."""

_REASON = re.compile(r"_([0-9]{8}_[0-9]{6})\.[^./]*\.reason\.json$")
"""The end of the key of a reason, with the second of the upload."""


@dataclass(frozen=True, slots=True)
class Uploads:
    """What is told of the CSVs of a month."""

    month: str
    """YYYYMM."""
    runs: Sequence[RunBooks]
    """Runs that no DAG has made, the newest first; at most MOST_RUNS."""
    runs_left_out: int
    """How many older ones there are."""
    waiting: Sequence[ListedObject]
    """CSVs in `csv-files/` now that are being worked on or will be, the newest first; none for a
    month that is over."""
    to_be_named: Sequence[ListedObject]
    """CSVs in `manual-uploads/` now, which wait until a person names them; none as above."""
    refused: Sequence[QuarantineReason]
    """CSVs that were uploaded in the month and refused, the newest first."""
    failed: Sequence[FailedUpload]
    """CSVs that stayed in their place in the month, because too many covers failed; the newest
    first."""
    notes: Sequence[str]
    """A line for what was left out."""
    unreadable: Sequence[Unreadable]
    """Documents that cannot be read."""


@dataclass(frozen=True, slots=True)
class _Found[T]:
    items: Sequence[T]
    notes: Sequence[str] = ()


_NOTHING: Sequence[_Found[ListedObject]] = [_Found([]), _Found([])]


def read_uploads(
    store: ObjectStore,
    settings: Settings,
    month: str,
    *,
    now: datetime,
    is_of_dag: Callable[[str], bool],
) -> Uploads:
    """The CSVs of a month (YYYYMM). `now` is aware; `is_of_dag` says it of the id of a run.

    At most 65 requests: the logs of the month's days, four listings, and thirty documents.
    """
    current = RunTimestamp.of(now).month
    if month > current:
        return Uploads(month, [], 0, [], [], [], [], [], [])
    folders = [keys.INVALID_FILES, keys.TOO_MANY_FAILED]
    if month == current:
        folders += [keys.CSV_FILES, keys.MANUAL_UPLOADS]
    with ThreadPoolExecutor(len(folders)) as pool:
        listings = list(pool.map(lambda folder: _listed(store, settings, folder), folders))
    invalid, too_many, in_place, to_be_named = (*listings, *_NOTHING)[:4]
    documents = Documents(store)
    refused = _refused(documents, settings, month, invalid.items)
    failed = _failed(documents, settings, month, too_many.items)
    waiting = _waiting(store, settings, in_place.items, too_many.items)
    logs = read_day_logs(store, settings, list(_days(month, now)))
    runs = [run for run in logs.runs if not is_of_dag(run.run_id)]
    return Uploads(
        month=month,
        runs=runs[:MOST_RUNS],
        runs_left_out=max(len(runs) - MOST_RUNS, 0),
        waiting=waiting.items,
        to_be_named=_csvs(to_be_named.items),
        refused=refused.items,
        failed=failed.items,
        notes=[note for each in (*listings, refused, failed, waiting) for note in each.notes],
        unreadable=[*documents.unreadable, *logs.unreadable],
    )


def _days(month: str, now: datetime) -> Iterable[str]:
    """The days of a month that have begun, YYYYMMDD."""
    window = month_window(month)
    day = window.start
    while day < min(window.end, now):
        yield RunTimestamp.of(day).day
        day += timedelta(days=1)


def _listed(store: ObjectStore, settings: Settings, prefix: str) -> _Found[ListedObject]:
    """The first objects with this prefix: one request."""
    found = list(islice(store.list_objects(settings.input_bucket, prefix), MOST_LISTED))
    if len(found) < MOST_LISTED:
        return _Found(found)
    place = f"s3://{settings.input_bucket}/{prefix}"
    note = f"only the first {MOST_LISTED:,} objects of {place} are looked at: move old ones away"
    return _Found(found, [note])


def _waiting(
    store: ObjectStore,
    settings: Settings,
    in_place: Iterable[ListedObject],
    too_many_failed: Iterable[ListedObject],
) -> _Found[ListedObject]:
    """The newest CSVs in their place that no DAG has written and of which no run has failed."""
    failed = {item.key: item.modified for item in too_many_failed}
    csvs = [
        csv
        for csv in _csvs(in_place)
        if (at := failed.get(keys.failed_upload(csv.key))) is None or at < csv.modified
    ]
    asked = csvs[:MOST_READ]
    with ThreadPoolExecutor(MOST_READ) as pool:
        heads = pool.map(lambda csv: store.head(settings.input_bucket, csv.key), asked)
    return _Found(
        [
            csv
            for csv, head in zip(asked, heads, strict=True)
            if head is not None and head.metadata.get("dispatch") != "sqs"
        ],
        _only_some(settings, keys.CSV_FILES, len(csvs)),
    )


def _refused(
    documents: Documents, settings: Settings, month: str, listed: Iterable[ListedObject]
) -> _Found[QuarantineReason]:
    of_month = [
        (uploaded[1], item.key)
        for item in listed
        if (uploaded := _REASON.search(item.key)) and uploaded[1].startswith(month)
    ]
    newest = [key for _, key in sorted(of_month, reverse=True)]
    return _read_newest(documents, settings, keys.INVALID_FILES, newest, QuarantineReason)


def _failed(
    documents: Documents, settings: Settings, month: str, listed: Iterable[ListedObject]
) -> _Found[FailedUpload]:
    of_month = [item for item in listed if RunTimestamp.of(item.modified).month == month]
    newest = [item.key for item in _newest_first(of_month)]
    return _read_newest(documents, settings, keys.TOO_MANY_FAILED, newest, FailedUpload)


def _read_newest[T: Struct](
    documents: Documents, settings: Settings, folder: str, newest: Sequence[str], kind: type[T]
) -> _Found[T]:
    """The first MOST_READ of these documents."""
    wanted = {key: key for key in newest[:MOST_READ]}
    found = documents.read_all(settings.input_bucket, wanted, kind)
    return _Found(list(found.values()), _only_some(settings, folder, len(newest)))


def _only_some(settings: Settings, folder: str, number: int) -> list[str]:
    if number <= MOST_READ:
        return []
    place = f"s3://{settings.input_bucket}/{folder}"
    return [f"only the newest {MOST_READ} of {number:,} in {place} are shown"]


def _csvs(items: Iterable[ListedObject]) -> list[ListedObject]:
    """The CSVs among them, the newest first."""
    return _newest_first(item for item in items if item.key.lower().endswith(".csv"))


def _newest_first(items: Iterable[ListedObject]) -> list[ListedObject]:
    return sorted(items, key=lambda item: (item.modified, item.key), reverse=True)
