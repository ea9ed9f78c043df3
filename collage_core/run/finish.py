"""Finishes a run whose CSV came from outside: the worker that writes the last receipt does it.

Runs of Airflow are finished by Airflow's tasks, one step each, in the same order (docs/adr/0027).
Two workers that both believe they are the last read the same receipts, because only the first
receipt of a chunk is kept, and so they write the same objects.
"""

import logging
from collections.abc import Callable

from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.aws.s3_store import S3Store
from collage_core.contract.message import ChunkMessage
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.statistics import DailyStats
from collage_core.contract.summary import RunSummary
from collage_core.contract.trigger import Trigger
from collage_core.errors import (
    BooksError,
    MessageError,
    SourceChangedError,
    TooManyFailedError,
    UnequalError,
)
from collage_core.layout import keys
from collage_core.run.archive import archive, upload_is_archived
from collage_core.run.close import ClosedRun, close_run
from collage_core.run.dispatch import send_chunks
from collage_core.run.done import write_done
from collage_core.run.failed_upload import has_failed, write_failed_upload
from collage_core.run.ordered_csv import is_ordered_copy
from collage_core.run.reconcile import EVERY_COVER_WAS_BLOCKED
from collage_core.run.redo import forget_again, note_again, redo_as_noted, round_of
from collage_core.run.run import Run
from collage_core.run.statistics import write_family_statistics, write_statistics
from collage_core.run.summaries import read_summary
from collage_core.run.tolerance import warning_of_failed
from collage_core.run.usable_receipts import (
    FoundReceipts,
    RunFolder,
    keep_copies,
    read_receipts,
    remove_unusable,
)
from collage_core.settings import Settings
from collage_core.storage.documents import read_document
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)

_MOST_SET_ASIDE = 3
"""A chunk whose receipt could not be used so often is not sent again: the next one would be like
them."""

_MOST_ROUNDS = 3
"""So often a chunk is done in full before a person has to look."""

_FIX_THE_COVERS = (
    "Its collages and books are kept. Upload the CSV again with URLs that can be fetched, or, if "
    "so many may fail, raise FAIL_ABOVE_PERCENT on the function and upload it again"
)

_FIX_THE_MESSAGE = (
    "Its collages and books are kept. Send a message with URLs that can be fetched, or, if so many "
    "may fail, raise FAIL_ABOVE_PERCENT on the function and send the same message again"
)


type ReportWriter = Callable[[ObjectStore, Settings, RunSummary], object]
"""Writes the page about a run, which is made above this floor. It raises nothing: a run without its
page is complete."""


def finish_run_of_chunk(
    store: S3Store,
    settings: Settings,
    queue: ChunkQueue,
    message: ChunkMessage,
    *,
    write_report: ReportWriter,
) -> None:
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
    finish_run(run, queue, write_report=write_report)


def finish_run(
    run: Run[S3Store], queue: ChunkQueue, *, write_report: ReportWriter
) -> RunSummary | None:
    """Close the run, archive its CSV, count it in the statistics and say so beside the CSV.

    None, and nothing is written, while chunks of it are in progress. Receipts that cannot be used
    are set aside, and their chunks are sent to the queue again; so are chunks whose objects are not
    those of their receipts. If too many covers failed, the CSV stays where it is, and a document
    says why.

    Raises BooksError when that does not help, and what `close_run` raises.
    """
    folder = RunFolder.of(run)
    if folder.has_chunks_again:  # whoever noted them has died before they were sent
        run = _do_as_noted(run, queue)
        folder = RunFolder.of(run)
    manifest = run.manifest
    if folder.missing:
        log.info(
            "Run %s: %d of %d chunks to go",
            manifest.run_id,
            len(folder.missing),
            len(manifest.chunks),
        )
        return None
    found = read_receipts(folder)
    if found.to_do:
        _send_again(folder, found, queue)
        return None
    try:
        closed = close_run(run, found=found)
    except UnequalError as error:
        _do_again(run, error, queue)
        return None
    # The report reads all creators from the record: a worker has room for them once.
    del found
    is_archived = closed.too_many_failed is None and _archive_upload(run)
    write_statistics(run.store, run.settings, manifest.run_timestamp)
    write_family_statistics(run.store, run.settings, closed.summary)
    write_report(run.store, run.settings, closed.summary)
    # Last: when it is there, the collages, the results, the summary and the statistics are.
    if closed.too_many_failed is not None:
        _say_that_it_failed(run, closed)
    elif is_archived:
        write_done(run.store, run.settings, closed.summary, closed.summary_key)
    _log(closed, run.settings)
    return closed.summary


def is_finished(run: Run[S3Store]) -> bool:
    """Whether `finish_run` has nothing left to do for a run of a CSV from outside.

    A CSV that was replaced or deleted during its run is not waited for.
    """
    store, manifest = run.store, run.manifest
    timestamp, origin = manifest.run_timestamp, manifest.origin
    if read_summary(store, run.settings, timestamp, manifest.run_id) is None:
        return False
    if origin is None:
        return _is_counted(run, timestamp)
    if store.head(origin.bucket, keys.done_upload(origin.key, timestamp)):
        return True
    if has_failed(store, origin, manifest.run_id):
        return True
    upload = store.head(origin.bucket, origin.key)
    is_there = upload is not None and upload.etag == origin.etag
    return not is_there and not upload_is_archived(run) and _is_counted(run, timestamp)


def _is_counted(run: Run[S3Store], timestamp: RunTimestamp) -> bool:
    """Whether the statistics of its day have the run."""
    bucket, key = run.settings.output_bucket, keys.daily_stats(timestamp)
    try:
        day = read_document(run.store, bucket, key, DailyStats)
    except MessageError:
        return False
    return day is not None and run.manifest.run_id in day.run_ids


def _send_again(folder: RunFolder[S3Store], found: FoundReceipts, queue: ChunkQueue) -> None:
    """Set receipts that cannot be used aside, and have their chunks done again."""
    run = folder.run
    for each in found.unusable:
        if folder.times_set_aside(each.chunk) >= _MOST_SET_ASIDE:
            chunk_id, run_id = each.chunk.chunk_id, run.manifest.run_id
            raise BooksError(
                f"chunk {chunk_id} of run {run_id} was done {_MOST_SET_ASIDE + 1} times, and none "
                f"of its receipts can be used ({each.reason}): keep {keys.set_aside_of(run_id)} "
                f"of bucket {run.settings.temp_bucket} and report it"
            )
    # Removed last: while they are there, whoever closes the run next sends these chunks, too.
    keep_copies(run, found.unusable)
    sent = send_chunks(run, found.to_do, queue)
    remove_unusable(run, found.unusable)
    log.warning("Run %s: %d chunks sent again", run.manifest.run_id, sent)


def _do_again(run: Run[S3Store], error: UnequalError, queue: ChunkQueue) -> None:
    """Give chunks whose objects are not those of their receipts another round."""
    if any(round_of(chunk_id) >= _MOST_ROUNDS for chunk_id in error.chunks):
        raise BooksError(
            f"{len(error.chunks)} chunks of run {run.manifest.run_id} were done {_MOST_ROUNDS} "
            "times, and their objects are not in the bucket as their receipts say "
            f"({next(iter(error.chunks.values()))}): see who else changes the bucket, then submit "
            "the CSV again with any change; the same bytes would be this run again"
        ) from error
    log.warning("%s", error)
    note_again(run, error.chunks)
    _do_as_noted(run, queue)


def _do_as_noted(run: Run[S3Store], queue: ChunkQueue) -> Run[S3Store]:
    """Give the noted chunks another round and send them; the run as it is planned now.

    The note is removed last: nobody else would know that these chunks have to be sent.
    """
    run = redo_as_noted(run)
    sent = send_chunks(run, {chunk.chunk_id for chunk in run.unfinished()}, queue)
    log.warning("Run %s: %d chunks sent again", run.manifest.run_id, sent)
    forget_again(run)
    return run


def _say_that_it_failed(run: Run[S3Store], closed: ClosedRun) -> None:
    try:
        is_upload = run.manifest.trigger is Trigger.S3
        closed.require_tolerable(_FIX_THE_COVERS if is_upload else _FIX_THE_MESSAGE)
    except TooManyFailedError as error:
        log.error("Too many covers failed: %s", error)  # noqa: TRY400 - no bug, one line says all
        origin = run.manifest.origin
        if origin is None:
            return
        key = write_failed_upload(
            run.store,
            run.settings,
            closed.summary,
            origin=origin,
            summary_key=closed.summary_key,
            reason=str(error),
        )
        log.info("Not archived: s3://%s/%s, see %s", origin.bucket, origin.key, key)


def _archive_upload(run: Run[S3Store]) -> bool:
    """Whether the CSV of the run is an upload that is in the archive now."""
    origin = run.manifest.origin
    if origin is None:
        return False
    try:
        archived = archive(run)
    except SourceChangedError:
        log.warning(
            "Not archived: s3://%s/%s was replaced during its run; the new file is no part of it",
            origin.bucket,
            origin.key,
        )
        return False
    if archived is not None:
        log.info("Archived s3://%s/%s as %s", origin.bucket, origin.key, archived)
    return archived is not None


def _log(closed: ClosedRun, settings: Settings) -> None:
    summary = closed.summary
    rows = summary.books.rows
    log.info(
        "Run %s is %s: %d rows, %d placed, summary at %s",
        summary.run_id,
        summary.status,
        rows.total,
        rows.placed,
        closed.summary_key,
    )
    if warning := warning_of_failed(summary.books, settings):
        log.warning("Run %s: %s", summary.run_id, warning)
    if summary.books.every_cover_was_blocked:
        log.warning(EVERY_COVER_WAS_BLOCKED, summary.run_id)
