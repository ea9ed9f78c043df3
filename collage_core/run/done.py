"""The document beside an archived CSV from outside: what became of it, and where its collages are.

Whoever uploaded the CSV finds it in the place to which the CSV has moved. The worker that finishes
a run writes it, or for a run of Airflow the task `publish`. Both write it last of all.
"""

from collage_core.aws.s3_move import was_moved
from collage_core.aws.s3_store import S3Store
from collage_core.contract.done_upload import DoneUpload
from collage_core.contract.summary import RunSummary
from collage_core.layout import keys
from collage_core.run.archive import archived_key
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document


def write_done(
    store: S3Store, settings: Settings, summary: RunSummary, summary_key: str
) -> str | None:
    """Write the document of a run that is closed; its key.

    None, and nothing is written, if the CSV of the run is not in the archive as an upload: nobody
    uploaded it, the run was limited to some of its creators, or another file took its place.

    It may be repeated: the same run gives the same bytes.
    """
    source, timestamp = summary.source, summary.run_timestamp
    moved_to = archived_key(source.key, timestamp, is_upload=True)
    if not was_moved(store, source, moved_to):
        return None
    document = DoneUpload(
        origin=source,
        moved_to=moved_to,
        run_id=summary.run_id,
        run_timestamp=timestamp,
        status=summary.status,
        output_bucket=settings.output_bucket,
        collages=summary.collages_prefix or "",
        summary_key=summary_key,
        results_key=keys.batch_results(timestamp),
        books=summary.books,
    )
    key = keys.done_upload(source.key, timestamp)
    store.put(source.bucket, key, to_document(document), content_type=JSON)
    return key
