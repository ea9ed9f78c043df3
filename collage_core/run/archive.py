"""The archive of CSVs: moves a run's CSV there when the run is closed, and looks for it there."""

import logging

from collage_core.aws.s3_move import move, was_moved
from collage_core.aws.s3_store import S3Store
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.covers.cover_csv import HEADER
from collage_core.errors import MessageError, SourceChangedError
from collage_core.layout import keys
from collage_core.run.ordered_csv import is_ordered_copy
from collage_core.run.run import Run
from collage_core.settings import Settings

log = logging.getLogger(__name__)


def archive(run: Run[S3Store]) -> str | None:
    """Move the CSV that a run came from into the archive and return its key there.

    A run of Airflow over an uploaded CSV has two of them: the ordered copy, whose key is returned,
    and then the upload, unless the run is limited to some of its creators.

    It may be repeated. None when the CSV is in neither place, or came inside a message. Raises
    SourceChangedError when another file has taken its place, RaceError when S3 asks to try again,
    and S3Error when the copy differs from the original.
    """
    manifest = run.manifest
    source, timestamp = manifest.source, manifest.run_timestamp
    if is_ordered_copy(source, run.settings, manifest.run_id):
        return _archive_upload(run)
    key = archived_key(source.key, timestamp, is_upload=False)
    if not move(run.store, source, key):
        return None
    if manifest.selection is None:
        try:
            _archive_upload(run)
        except SourceChangedError as error:
            log.warning("%s. It is no part of this run", error)
    return key


def _archive_upload(run: Run[S3Store]) -> str | None:
    """Move the uploaded CSV of a run, if it has one and it is there; its new key."""
    origin = run.manifest.origin
    if origin is None:
        return None
    timestamp = run.manifest.run_timestamp
    key = archived_key(origin.key, timestamp, is_upload=True)
    done = keys.done_upload(origin.key, timestamp)
    if _is_uploaded_again(run.store, origin, key) and run.store.head(origin.bucket, done):
        return key
    return key if move(run.store, origin, key) else None


def _is_uploaded_again(store: S3Store, origin: CsvSource, key: str) -> bool:
    """Whether what is in the place of an archived upload came after it, with the same bytes.

    Once the run is finished, that is a run of its own, which may not have begun. Before, it is the
    same run, and is moved over its equal copy.
    """
    upload = store.head(origin.bucket, origin.key)
    if upload is None or not was_moved(store, origin, key):
        return False
    copy = store.head(origin.bucket, key)
    return copy is not None and upload.written > copy.written


def archived_key(csv_key: str, timestamp: RunTimestamp, *, is_upload: bool) -> str:
    """Key of a run's CSV in the archive. An upload is a CSV that a person put into the bucket."""
    if is_upload:
        return keys.archived_upload(csv_key, timestamp)
    return keys.archived_csv(csv_key, timestamp)


def upload_is_archived(run: Run[S3Store]) -> bool:
    """Whether the uploaded CSV of this run is in the archive; False for a run without one."""
    manifest = run.manifest
    if manifest.origin is None:
        return False
    key = archived_key(manifest.origin.key, manifest.run_timestamp, is_upload=True)
    return was_moved(run.store, manifest.origin, key)


def finished_run(
    store: S3Store, settings: Settings, run_id: str, *, timestamp: RunTimestamp, csv_key: str
) -> Run[S3Store] | None:
    """The run of a DAG if it is finished, that is, if its CSV is in the archive. Else None.

    A finished run is not repeated. Its window would give other rows by now, because covers that
    were updated since have left it, and its signed URLs have expired: partial collages would
    overwrite complete ones.

    A window without covers wrote nothing that could be overwritten, so its run is never finished:
    its rows may have come later, or the settings of the table may have been corrected. A CSV
    without a usable row will never have any, and has been moved away.

    Raises MessageError when the manifest of a finished run has expired or cannot be read.
    """
    archived = keys.archived_csv(csv_key, timestamp)
    copy = store.head(settings.input_bucket, archived)
    if copy is None:
        return None
    run, has_rows = Run.find(store, settings, run_id), copy.bytes != len(HEADER)
    if not has_rows and (run is None or run.manifest.origin is None):
        return None
    if run is None:
        raise MessageError(
            f"run {run_id} is finished, its CSV is at s3://{settings.input_bucket}/"
            f"{archived}, and its manifest has expired: trigger a new run with the same window"
        )
    return run if was_moved(store, run.manifest.source, archived) else None
