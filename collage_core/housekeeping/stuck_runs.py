"""Runs that stand still, and what to do about each."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from collage_core.aws.s3_store import S3Store
from collage_core.errors import CollageError
from collage_core.housekeeping.activity import ActiveRun, active_runs
from collage_core.housekeeping.findings import Finding, Kind
from collage_core.run.stop import stopped
from collage_core.settings import Settings

_MOST_NAMED = 3


def stuck_runs(
    store: S3Store, settings: Settings, *, now: datetime, after: timedelta
) -> Iterator[Finding]:
    """A line for each run that has made no progress for so long, although it has not ended."""
    for active in active_runs(store, settings):
        if now - active.last_progress < after:
            continue
        hours = int((now - active.last_progress).total_seconds() // 3600)
        run_id = active.run.manifest.run_id
        try:
            stop = stopped(store, settings, run_id)
            if active.missing and stop is not None:
                yield Finding(
                    Kind.STOPPED,
                    f"run {run_id} is stopped, with {len(active.missing)} of its "
                    f"{len(active.run.manifest.chunks)} chunks not done: {stop.reason}",
                )
            elif active.missing:
                yield Finding(Kind.STUCK, _unfinished(active, hours))
            elif active.run.manifest.keep_only:
                if not active.is_summed_up:
                    yield Finding(
                        Kind.STUCK,
                        f"run {run_id} has all receipts since {hours} hours, and is not "
                        "closed: clear its DAG run from reconcile",
                    )
            elif not active.is_from_outside and _csv_is_there(active):
                yield Finding(
                    Kind.STUCK,
                    f"run {run_id} has all receipts since {hours} hours, and its CSV is not "
                    "archived: clear its DAG run from reconcile",
                )
        except CollageError as error:
            yield Finding(Kind.FAILED, f"run {run_id} could not be looked at: {error}")


def _unfinished(active: ActiveRun, hours: int) -> str:
    manifest = active.run.manifest
    line = (
        f"run {manifest.run_id} has no receipt of {len(active.missing)} of its "
        f"{len(manifest.chunks)} chunks, and none came for {hours} hours"
    )
    if failed := active.failed_messages:
        bucket = active.run.settings.temp_bucket
        named = ", ".join(f"s3://{bucket}/{key}" for key in failed[:_MOST_NAMED])
        then = "" if active.is_from_outside else "; if its task wait has failed, clear it then"
        return (
            f"{line}: {len(failed)} messages failed for good, see {named}; fix what is said there, "
            f"then trigger the DAG cover_collage_redrive with run_id {manifest.run_id} and dry_run "
            f"switched off{then}"
        )
    if active.is_from_outside:
        return (
            f"{line}: see that the queue calls the function, and look for the run in the "
            "function's log; its chunks are sent again once the queue is empty"
        )
    return (
        f"{line}: look at its DAG run: approve waits for a person, wait for the workers. To send "
        "the chunks again, clear from dispatch"
    )


def _csv_is_there(active: ActiveRun) -> bool:
    source = active.run.manifest.source
    head = active.run.store.head(source.bucket, source.key)
    return head is not None and head.etag == source.etag
