"""Finishes runs of CSVs from outside whose last worker died before it did, or failed to."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.aws.s3_store import S3Store
from collage_core.errors import CollageError
from collage_core.housekeeping.activity import ActiveRun, active_runs
from collage_core.housekeeping.findings import Finding, Kind
from collage_core.run.finish import finish_run, is_finished
from collage_core.run.run import Run
from collage_core.run.summaries import read_summary
from collage_core.settings import Settings
from collage_core.views.static_report import read_report_key, try_to_write_report

_LEAST_AGE = timedelta(minutes=30)
"""The worker of the last receipt has so long to finish the run itself: twice the longest
invocation."""


def finish_ended_runs(
    store: S3Store, settings: Settings, queue: ChunkQueue, *, now: datetime
) -> Iterator[Finding]:
    """Close each run that has all receipts, count it, archive its CSV, and say so beside that.

    Of a run that is finished, the report is written if it has none.
    """
    for active in active_runs(store, settings):
        if active.is_from_outside and not active.missing and _is_left(active, now):
            yield from _finish(active, queue)


def _is_left(active: ActiveRun, now: datetime) -> bool:
    return now - active.last_progress >= _LEAST_AGE


def _finish(active: ActiveRun, queue: ChunkQueue) -> Iterator[Finding]:
    run = active.run
    run_id = run.manifest.run_id
    try:
        if is_finished(run):
            _write_missing_report(run)
            return
        summary = finish_run(run, queue, write_report=try_to_write_report)
    except CollageError as error:
        yield Finding(Kind.FAILED, f"run {run_id} could not be finished: {error}")
        return
    if summary is None:
        yield Finding(
            Kind.RESUMED,
            f"run {run_id} had receipts or objects that cannot be counted as they are: their "
            "chunks were sent again",
        )
    else:
        source = summary.source
        yield Finding(
            Kind.FINISHED,
            f"run {run_id} of s3://{source.bucket}/{source.key} is {summary.status}: it had all "
            "receipts, and no worker had finished it",
        )


def _write_missing_report(run: Run[S3Store]) -> None:
    """Its worker may have ended without it: a run is complete without its page."""
    timestamp, run_id = run.manifest.run_timestamp, run.manifest.run_id
    if read_report_key(run.store, run.settings, timestamp, run_id) is None:
        found = read_summary(run.store, run.settings, timestamp, run_id)
        if found is not None:
            try_to_write_report(run.store, run.settings, found[0])
