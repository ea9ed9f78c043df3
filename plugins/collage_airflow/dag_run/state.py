"""What a run keeps in the temp bucket when it is extracted again, and when it no longer is."""

from collage_airflow.dag_run.identity import RunIdentity
from collage_core.aws.s3_move import was_moved
from collage_core.aws.s3_store import S3Store
from collage_core.contract.manifest import Manifest
from collage_core.covers.cover_csv import HEADER
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.documents import read_manifest
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document


def finished_manifest(store: S3Store, settings: Settings, run: RunIdentity) -> Manifest | None:
    """The manifest of a run that is finished: its CSV stands in the archive. Else None.

    Such a run is not made over. Its window would give other rows by now, as a cover that was
    updated since has left it, and its signed URLs have expired: collages that are complete would
    be overwritten by partial ones.

    A run without a cover made nothing that could be overwritten, and is never finished: its rows
    may have come later, or the settings of the table have been corrected.

    Raises MessageError when the manifest of a finished run has expired or cannot be read.
    """
    archived = keys.archived_csv(run.csv_key, run.timestamp)
    copy = store.head(settings.input_bucket, archived)
    if copy is None or copy.bytes == len(HEADER):
        return None
    manifest = read_manifest(store, settings, run.run_id)
    if manifest is None:
        raise MessageError(
            f"run {run.run_id} is finished, its CSV stands at s3://{settings.input_bucket}/"
            f"{archived}, and its manifest has expired: trigger a new run with the same window"
        )
    return manifest if was_moved(store, manifest.source, archived) else None


def replace_manifest(store: S3Store, settings: Settings, manifest: Manifest) -> None:
    """Write a run's manifest; when it changes, receipts of the plan before are removed.

    The same rows under the same configuration give the same manifest: what was done for it
    stays done, and a run that is repeated makes no collage twice. Not so where the input bucket
    is encrypted with a KMS key (SSE-KMS): the same rows get another ETag there, which is another
    plan, and all its chunks are done again.
    """
    bucket, key = settings.temp_bucket, keys.manifest(manifest.run_id)
    document = to_document(manifest)
    before = store.get(bucket, key)
    if before is not None and before.body != document:
        # The old manifest goes first, in a request of its own, as within one there is no order:
        # a try that breaks off here leaves receipts without a plan, never beside another one.
        store.delete_keys(bucket, [key])
        store.delete_keys(bucket, store.list_keys(bucket, keys.run_folder(manifest.run_id)))
    store.put(bucket, key, document, content_type=JSON)
