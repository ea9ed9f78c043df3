"""Runs of dropped CSVs that were stopped and are not any more: their chunks are sent again.

For a run of a DAG, a person clears its task `dispatch`.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime

from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.aws.s3_store import S3Store
from collage_core.errors import CollageError, ConditionFailedError
from collage_core.housekeeping.activity import ActiveRun, active_runs
from collage_core.housekeeping.findings import Finding, Kind
from collage_core.layout import keys
from collage_core.run.dispatch import dispatch
from collage_core.run.stop import SeenStop, go_on, read_stop, see_stop
from collage_core.run.stop_request import StopRequest
from collage_core.settings import Settings


def resume_stopped_runs(
    store: S3Store,
    settings: Settings,
    queue: ChunkQueue,
    ask: Callable[[], StopRequest],
    *,
    stopped_by: str,
) -> Iterator[Finding]:
    """Send the chunks of each run that is not asked to be stopped any more.

    `ask` says which are, at the moment at which one would go on. `stopped_by` is how the reasons of
    those stops begin that follow it; others stay. If all runs were stopped, whoever lifted that has
    left a note, because their folders do not say it. It is removed when all of them are sent.
    """
    if read_stop(store, settings, None) is not None:
        return
    note = store.head(settings.temp_bucket, keys.lifted_stop())
    are_sent = True
    for active in active_runs(store, settings):
        if not active.is_from_outside:
            continue
        run_id = active.run.manifest.run_id
        try:
            seen = see_stop(store, settings, run_id)
            was_stopped = note is not None and _was_waiting(active, note.written)
            if not _may_be_lifted(seen, stopped_by, was_stopped=was_stopped):
                continue
            if ask().name_for((run_id,)) is not None:
                continue
            if seen is not None:
                go_on(store, settings, seen)
            sent = dispatch(active.run, queue)
            line = f"run {run_id} was stopped and goes on: {sent} of its chunks were sent again"
            yield Finding(Kind.RESUMED, line)
        except CollageError as error:
            are_sent = False
            yield Finding(Kind.FAILED, f"run {run_id} could not be resumed: {error}")
    if note is not None and are_sent:
        with suppress(ConditionFailedError):  # stopped and lifted once more: the next day's
            store.delete_as_seen(settings.temp_bucket, keys.lifted_stop(), etag=note.etag)


def _was_waiting(active: ActiveRun, lifted: datetime) -> bool:
    """Whether messages of the run may have been dropped before all runs went on."""
    is_older = active.planned <= lifted
    return is_older and bool(active.missing) and not active.failed_messages


def _may_be_lifted(seen: SeenStop | None, stopped_by: str, *, was_stopped: bool) -> bool:
    """Whether a run was stopped by what can be asked, and by nobody else."""
    if seen is None:
        return was_stopped
    return seen.stop.reason.startswith(stopped_by)
