"""The document beside an archived CSV from outside: what became of it, and where its collages are.

Whoever dropped the CSV finds it in the place to which the CSV has moved.
"""

from collage_core.contract.done_upload import DoneUpload
from collage_core.layout import keys
from collage_core.run.close import ClosedRun
from collage_core.run.run import Run
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.object_store import ObjectStore


def write_done[Store: ObjectStore](run: Run[Store], closed: ClosedRun, moved_to: str) -> str:
    """Write the document of a run that is closed, and whose CSV has moved; its key.

    It may be repeated: the same run gives the same bytes. Raises ValueError for a run whose CSV
    was not uploaded.
    """
    manifest, summary = run.manifest, closed.summary
    if manifest.origin is None:
        raise ValueError(f"run {manifest.run_id} has no uploaded CSV")
    document = DoneUpload(
        origin=manifest.origin,
        moved_to=moved_to,
        run_id=manifest.run_id,
        run_timestamp=manifest.run_timestamp,
        status=summary.status,
        output_bucket=run.settings.output_bucket,
        collages=keys.collages(manifest.run_timestamp, manifest.trigger, manifest.output_prefix),
        summary_key=closed.summary_key,
        results_key=closed.results_key,
        books=summary.books,
    )
    key = keys.done_upload(manifest.origin.key, manifest.run_timestamp)
    run.store.put(manifest.origin.bucket, key, to_document(document), content_type=JSON)
    return key
