"""The end of a run: what is read to close its books, and what is published about it.

Runs may end at the same moment and share a day's and a month's files. Those are changed
only under the condition that nobody else changed them since they were read.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from collage_core import keys
from collage_core.batch_results import results_csv
from collage_core.contract import Manifest
from collage_core.errors import MessageError
from collage_core.json_fields import Json, as_object
from collage_core.object_store import ObjectStore, StoreConflict, StoredObject
from collage_core.receipt import Receipt, RunSummary
from collage_core.run_timestamp import RunTimestamp
from collage_core.settings import Settings
from collage_core.stats import daily_stats, monthly_report, processing_log

JSON = "application/json"
CSV = "text/csv; charset=utf-8"

_READERS = 16
"""Requests in flight: a run may have 1000 receipts, and each is a round trip."""
_MOST_TRIES = 20
"""Each lost race is another run's file written, so this many runs may end at once."""


def to_document(value: Json) -> bytes:
    """JSON as it is stored: for people to read, names as they are written."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"


def read_manifest(store: ObjectStore, settings: Settings, run_id: str) -> Manifest | None:
    """A run's plan, None when there is none. Raises MessageError for one that cannot be read."""
    bucket, key = settings.temp_bucket, keys.manifest(run_id)
    found = store.get(bucket, key)
    return None if found is None else _parse(found, bucket, key, Manifest.from_json)


def require_manifest(store: ObjectStore, settings: Settings, run_id: str) -> Manifest:
    """A run's plan. Raises MessageError when there is none, or none that can be read."""
    manifest = read_manifest(store, settings, run_id)
    if manifest is None:
        raise MessageError(
            f"{keys.manifest(run_id)} is not in bucket {settings.temp_bucket}: it was never "
            "written or has expired; start the run again from its first step"
        )
    return manifest


def read_receipts(store: ObjectStore, settings: Settings, run_id: str) -> list[Receipt]:
    """All receipts of a run so far, in the order of their chunks."""
    bucket = settings.temp_bucket
    return _read_all(
        store, bucket, store.list_keys(bucket, keys.receipts(run_id)), Receipt.from_json
    )


def write_summary(store: ObjectStore, settings: Settings, summary: RunSummary) -> str:
    """Publish a run's summary and return its key in the output bucket.

    A run that is repeated overwrites its own. Another run of the same second keeps the
    plain key, and this one gets its run_id added.
    """
    bucket = settings.output_bucket
    key = keys.processing_summary(summary.run_timestamp)
    body = to_document(summary.to_json())
    try:
        store.put(bucket, key, body, content_type=JSON, if_absent=True)
    except StoreConflict:
        if _read(store, bucket, key, RunSummary.from_json).run_id != summary.run_id:
            key = keys.processing_summary(summary.run_timestamp, summary.run_id)
        store.put(bucket, key, body, content_type=JSON)
    return key


def write_results(
    store: ObjectStore, settings: Settings, manifest: Manifest, receipts: Iterable[Receipt]
) -> str:
    """Put a run's creators into the day's batch results; the file's key in the output bucket."""
    key = keys.batch_results(manifest.run_timestamp)
    finished = list(receipts)

    def compose(present: Mapping[str, bytes | None]) -> dict[str, bytes]:
        return {key: results_csv(manifest.run_id, finished, present[key])}

    _update(store, settings.output_bucket, [key], compose, content_type=CSV)
    return key


def write_statistics(store: ObjectStore, settings: Settings, timestamp: RunTimestamp) -> list[str]:
    """Publish the log and books of a run's day and the report of its month; their keys."""
    bucket = settings.output_bucket
    log_key = keys.processing_log(timestamp)
    day_key, month_key = keys.daily_stats(timestamp), keys.monthly_report(timestamp)

    def compose(_present: Mapping[str, bytes | None]) -> dict[str, bytes]:
        summaries = _read_summaries(store, bucket, timestamp)
        return {
            log_key: to_document(processing_log(timestamp.day, summaries)),
            day_key: to_document(daily_stats(timestamp.day, summaries)),
            month_key: to_document(monthly_report(timestamp.month, summaries)),
        }

    written = [log_key, day_key, month_key]
    _update(store, bucket, written, compose, content_type=JSON)
    return written


def _update(
    store: ObjectStore,
    bucket: str,
    changing: Iterable[str],
    compose: Callable[[Mapping[str, bytes | None]], Mapping[str, bytes]],
    *,
    content_type: str,
) -> None:
    """Read objects, compose them anew, write them; all over again when another run was faster.

    What `compose` reads besides must be read inside of it: only then is it newer than the
    state that the conditions hold on to, and the last one to write has seen everything.
    """
    conflict: StoreConflict | None = None
    for _ in range(_MOST_TRIES):
        present = {key: store.get(bucket, key) for key in changing}
        composed = compose({key: found.body if found else None for key, found in present.items()})
        try:
            for key, body in composed.items():
                before = present[key]
                if before is None:
                    store.put(bucket, key, body, content_type=content_type, if_absent=True)
                elif before.body != body:
                    store.put(bucket, key, body, content_type=content_type, if_etag=before.etag)
        except StoreConflict as error:
            conflict = error
        else:
            return
    raise StoreConflict(
        f"{', '.join(changing)} in bucket {bucket} changed {_MOST_TRIES} times while being "
        "written: run this step again"
    ) from conflict


def _read_summaries(store: ObjectStore, bucket: str, timestamp: RunTimestamp) -> list[RunSummary]:
    listed = store.list_keys(bucket, keys.summaries_of_month(timestamp))
    summaries = (key for key in listed if key.endswith(".json"))  # batch results stand beside them
    return _read_all(store, bucket, summaries, RunSummary.from_json)


def _read_all[T](
    store: ObjectStore, bucket: str, wanted: Iterable[str], parse: Callable[[Json], T]
) -> list[T]:
    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(lambda key: _read(store, bucket, key, parse), wanted))


def _read[T](store: ObjectStore, bucket: str, key: str, parse: Callable[[Json], T]) -> T:
    found = store.get(bucket, key)
    if found is None:
        raise MessageError(
            f"{key} was in bucket {bucket} a moment ago and is gone: its run was cleaned away, "
            "or has expired; start the run again"
        )
    return _parse(found, bucket, key, parse)


def _parse[T](found: StoredObject, bucket: str, key: str, parse: Callable[[Json], T]) -> T:
    try:
        return parse(as_object(json.loads(found.body), "document"))
    except (ValueError, MessageError) as error:
        raise MessageError(f"{key} in bucket {bucket} cannot be read: {error}") from error
