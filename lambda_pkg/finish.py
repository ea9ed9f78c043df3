"""Finishing a run that began here: its books are closed, then its CSV is archived.

Runs of Airflow are finished by Airflow. A run whose CSV came from outside has nobody else:
the worker that writes its last receipt finishes it. Two that believe themselves last read the
same receipts, of which only the first of a chunk was kept, and so write the same objects.
"""

import logging

from collage_core.aws.s3_move import move
from collage_core.contract.manifest import Manifest
from collage_core.contract.message import ChunkMessage
from collage_core.contract.summary import RunSummary
from collage_core.errors import MessageError, SourceChangedError
from collage_core.layout import keys
from collage_core.run.documents import read_manifest, read_receipts, unfinished_chunks
from collage_core.run.publish import write_results, write_statistics, write_summary
from collage_core.run.reconcile import EVERY_COVER_WAS_BLOCKED, summarise
from lambda_pkg.services import Services

log = logging.getLogger(__name__)


def finish_own_run(message: ChunkMessage, services: Services) -> None:
    """Finish the run of this chunk, if it is one of ours and this was its last chunk."""
    settings, source = services.settings, message.source
    ours = (settings.temp_bucket, keys.ordered_csv(message.run_id))
    if (source.bucket, source.key) != ours:
        return
    manifest = read_manifest(services.store, settings, message.run_id)
    if manifest is None:
        raise MessageError(
            f"manifest of run {message.run_id} is gone, so nobody can tell whether the run is "
            "complete: hand its CSV in again"
        )
    finish_run(manifest, services)


def finish_run(manifest: Manifest, services: Services) -> RunSummary | None:
    """Write what a finished run leaves behind; None while chunks of it are under way.

    Raises BooksError when the receipts do not account for every row of the manifest.
    """
    store, settings = services.store, services.settings
    unfinished = unfinished_chunks(store, settings, manifest)
    if unfinished:
        log.info(
            "Run %s: %d of %d chunks to go",
            manifest.run_id,
            len(unfinished),
            len(manifest.chunks),
        )
        return None
    receipts = read_receipts(store, settings, manifest)
    summary = summarise(manifest, receipts)
    key = write_summary(store, settings, summary)
    write_results(store, settings, manifest, receipts)
    write_statistics(store, settings, manifest.run_timestamp)
    # Last: as long as the CSV is in its place, the run can be finished again.
    _archive(manifest, services)
    log.info(
        "Run %s is %s: %d rows, %d placed, summary at %s",
        manifest.run_id,
        summary.status,
        summary.books.rows.total,
        summary.books.rows.placed,
        key,
    )
    if summary.books.every_cover_was_blocked:
        log.warning(EVERY_COVER_WAS_BLOCKED, manifest.run_id)
    return summary


def _archive(manifest: Manifest, services: Services) -> None:
    if manifest.origin is None:
        return
    origin = manifest.origin
    archived = keys.archived_upload(origin.key, manifest.run_timestamp)
    try:
        if move(services.store, origin, archived):
            log.info("Archived s3://%s/%s as %s", origin.bucket, origin.key, archived)
    except SourceChangedError:
        log.warning(
            "Not archived: s3://%s/%s was replaced while its run was under way; "
            "the new file has an event of its own",
            origin.bucket,
            origin.key,
        )
