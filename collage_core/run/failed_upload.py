"""The document about an uploaded CSV of which too many covers failed, and that stays in its place.

The next upload to the same key is another run. Without this document, housekeeping would take the
CSV for one whose event was lost, as soon as the temp bucket has forgotten its run.
"""

from datetime import datetime

from collage_core.aws.s3_store import S3Store
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.failed_upload import FailedUpload
from collage_core.contract.summary import RunSummary
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, read_document, to_document


def write_failed_upload(
    store: S3Store,
    settings: Settings,
    summary: RunSummary,
    *,
    origin: CsvSource,
    summary_key: str,
    reason: str,
) -> str:
    """Write the document about a run; its key in the input bucket. It may be repeated."""
    document = FailedUpload(
        origin=origin,
        run_id=summary.run_id,
        run_timestamp=summary.run_timestamp,
        status=summary.status,
        reason=reason,
        output_bucket=settings.output_bucket,
        collages=summary.collages_prefix or "",
        summary_key=summary_key,
        results_key=keys.batch_results(summary.run_timestamp),
        books=summary.books,
    )
    key = keys.failed_upload(origin.key)
    store.put(origin.bucket, key, to_document(document), content_type=JSON)
    return key


def has_failed(store: S3Store, origin: CsvSource, run_id: str) -> bool:
    """Whether the document about the CSV is of this run. One that cannot be read is of none."""
    found = _read(store, origin)
    return found is not None and found.run_id == run_id


def upload_has_failed(store: S3Store, origin: CsvSource, uploaded: datetime) -> bool:
    """Whether there is a document about this CSV that was written after it was uploaded."""
    found = _read(store, origin)
    if found is None or found.origin != origin:
        return False
    head = store.head(origin.bucket, keys.failed_upload(origin.key))
    return head is not None and head.written >= uploaded


def _read(store: S3Store, origin: CsvSource) -> FailedUpload | None:
    try:
        return read_document(store, origin.bucket, keys.failed_upload(origin.key), FailedUpload)
    except MessageError:
        return None
