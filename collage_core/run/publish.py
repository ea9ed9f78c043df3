"""The end of a run: what is published about it.

Runs may end at the same moment and share a day's and a month's files. Those are changed
only under the condition that nobody else changed them since they were read.
"""

from collections.abc import Callable, Iterable, Mapping

from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import Receipt
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.covers.cover_csv import CONTENT_TYPE as CSV
from collage_core.errors import ConditionFailedError, RaceError
from collage_core.layout import keys
from collage_core.run.batch_results import results_csv
from collage_core.run.statistics import daily_stats, monthly_report, processing_log
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, read_document, read_documents, to_document
from collage_core.storage.object_store import ObjectStore

_MOST_TRIES = 20
"""Each lost race is one file written by another run. Statistics are three files, so another run
may cost up to three tries: about seven runs may end at once."""


def write_summary(store: ObjectStore, settings: Settings, summary: RunSummary) -> str:
    """Publish a run's summary and return its key in the output bucket.

    A run that is repeated overwrites its own. Another run of the same second keeps the
    plain key, and this one gets its run_id added.
    """
    bucket = settings.output_bucket
    key = keys.processing_summary(summary.run_timestamp)
    body = to_document(summary)
    try:
        store.put(bucket, key, body, content_type=JSON, if_absent=True)
    except ConditionFailedError:
        other = read_document(store, bucket, key, RunSummary)
        if other is not None and other.run_id != summary.run_id:
            key = keys.processing_summary(summary.run_timestamp, summary.run_id)
        store.put(bucket, key, body, content_type=JSON)
    return key


def read_summary(
    store: ObjectStore, settings: Settings, timestamp: RunTimestamp, run_id: str
) -> RunSummary | None:
    """The summary that `write_summary` published of a run; None when there is none.

    Raises MessageError for one that cannot be read.
    """
    for key in (keys.processing_summary(timestamp), keys.processing_summary(timestamp, run_id)):
        found = read_document(store, settings.output_bucket, key, RunSummary)
        if found is not None and found.run_id == run_id:
            return found
    return None


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
    conflict: ConditionFailedError | None = None
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
        except ConditionFailedError as error:
            conflict = error
        else:
            return
    raise RaceError(
        f"{', '.join(changing)} in bucket {bucket} changed {_MOST_TRIES} times while being "
        "written: run this step again"
    ) from conflict


def _read_summaries(store: ObjectStore, bucket: str, timestamp: RunTimestamp) -> list[RunSummary]:
    listed = store.list_keys(bucket, keys.summaries_of_month(timestamp))
    summaries = (key for key in listed if key.endswith(".json"))  # batch results stand beside them
    return read_documents(store, bucket, summaries, RunSummary)
