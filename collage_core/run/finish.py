"""Finishes a run whose CSV came from outside: the worker that writes the last receipt does it.

Runs of Airflow are finished by Airflow's tasks, one step each. Two workers that both believe they
are the last read the same receipts, because only the first receipt of a chunk is kept, and so they
write the same objects.
"""

import logging

from collage_core.aws.s3_store import S3Store
from collage_core.contract.message import ChunkMessage
from collage_core.contract.summary import RunSummary
from collage_core.errors import MessageError, SourceChangedError
from collage_core.layout import keys
from collage_core.run.archive import archive, upload_is_archived
from collage_core.run.close import ClosedRun, close_run
from collage_core.run.done import write_done
from collage_core.run.ordered_csv import is_ordered_copy
from collage_core.run.reconcile import EVERY_COVER_WAS_BLOCKED
from collage_core.run.run import Run
from collage_core.run.statistics import write_statistics
from collage_core.run.summaries import read_summary
from collage_core.settings import Settings

log = logging.getLogger(__name__)


def finish_run_of_chunk(store: S3Store, settings: Settings, message: ChunkMessage) -> None:
    """Finish the run of this chunk, if its CSV came from outside and this was its last chunk.

    Raises MessageError when the run's manifest is gone, and what `finish_run` raises.
    """
    if not is_ordered_copy(message.source, settings, message.run_id):
        return
    run = Run.find(store, settings, message.run_id)
    if run is None:
        raise MessageError(
            f"manifest of run {message.run_id} is gone, so it is unknown whether the run is "
            "complete: upload its CSV again"
        )
    finish_run(run)


def finish_run(run: Run[S3Store]) -> RunSummary | None:
    """Close the run, count it in the statistics, archive its CSV and say so beside that.

    None, and nothing is written, while chunks of it are in progress. Raises what `close_run`
    raises.
    """
    manifest = run.manifest
    unfinished = run.unfinished()
    if unfinished:
        log.info(
            "Run %s: %d of %d chunks to go",
            manifest.run_id,
            len(unfinished),
            len(manifest.chunks),
        )
        return None
    closed = close_run(run)
    write_statistics(run.store, run.settings, manifest.run_timestamp)
    # Last: as long as the CSV is in its place, the run can be finished again.
    _archive_upload(run, closed)
    rows = closed.summary.books.rows
    log.info(
        "Run %s is %s: %d rows, %d placed, summary at %s",
        manifest.run_id,
        closed.summary.status,
        rows.total,
        rows.placed,
        closed.summary_key,
    )
    if closed.summary.books.every_cover_was_blocked:
        log.warning(EVERY_COVER_WAS_BLOCKED, manifest.run_id)
    return closed.summary


def is_finished(run: Run[S3Store]) -> bool:
    """Whether `finish_run` has nothing left to do for a run of a CSV from outside.

    A CSV that was replaced or deleted during its run is not waited for.
    """
    store, manifest = run.store, run.manifest
    if read_summary(store, run.settings, manifest.run_timestamp, manifest.run_id) is None:
        return False
    origin = manifest.origin
    if origin is None:
        return True
    if store.head(origin.bucket, keys.done_upload(origin.key, manifest.run_timestamp)):
        return True
    upload = store.head(origin.bucket, origin.key)
    is_there = upload is not None and upload.etag == origin.etag
    return not is_there and not upload_is_archived(run)


def _archive_upload(run: Run[S3Store], closed: ClosedRun) -> None:
    origin = run.manifest.origin
    if origin is None:
        return
    try:
        archived = archive(run)
    except SourceChangedError:
        log.warning(
            "Not archived: s3://%s/%s was replaced during its run; the new file is no part of it",
            origin.bucket,
            origin.key,
        )
    else:
        if archived is not None:
            done = write_done(run.store, run.settings, closed.summary, closed.summary_key)
            log.info(
                "Archived s3://%s/%s as %s, with %s", origin.bucket, origin.key, archived, done
            )
