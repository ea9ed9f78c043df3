"""The summaries of runs. Those of runs that made collages are kept for good."""

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.errors import ConditionFailedError
from collage_core.layout import keys
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, read_document, read_documents, to_document
from collage_core.storage.object_store import ObjectStore


def write_summary(store: ObjectStore, settings: Settings, summary: RunSummary) -> str:
    """Write a run's summary and return its key in the output bucket.

    A run that is repeated overwrites its own summary. If another run with the same second has the
    plain key, the run_id is added to this one's key. The summary of a run that only kept covers is
    in the temp bucket: statistics count collages.
    """
    bucket = settings.output_bucket
    key = keys.processing_summary(summary.run_timestamp)
    body = to_document(summary)
    if summary.keep_only:
        key = keys.summary_of_keeping(summary.run_id)
        store.put(settings.temp_bucket, key, body, content_type=JSON)
        return key
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
) -> tuple[RunSummary, str] | None:
    """The summary of a run that `write_summary` wrote, and its key; None if it wrote none.

    Raises MessageError for a summary that cannot be read.
    """
    for key in (keys.processing_summary(timestamp), keys.processing_summary(timestamp, run_id)):
        found = read_document(store, settings.output_bucket, key, RunSummary)
        if found is not None and found.run_id == run_id:
            return found, key
    return None


def read_summaries_of_month(
    store: ObjectStore, settings: Settings, timestamp: RunTimestamp
) -> list[RunSummary]:
    """All summaries of a moment's month. Raises MessageError naming one that cannot be read."""
    bucket = settings.output_bucket
    listed = store.list_keys(bucket, keys.summaries_of_month(timestamp))
    summaries = (key for key in listed if key.endswith(".json"))  # batch results are beside them
    return read_documents(store, bucket, summaries, RunSummary)
