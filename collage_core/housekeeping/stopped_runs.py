"""Runs of dropped CSVs that were stopped and are not any more: their chunks are sent again.

For a run of a DAG, a person clears its task `dispatch`.
"""

from collections.abc import Iterator

from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.aws.s3_store import S3Store
from collage_core.errors import CollageError
from collage_core.housekeeping.activity import ActiveRun, active_runs
from collage_core.housekeeping.findings import Finding, Kind
from collage_core.run.dispatch import resume
from collage_core.run.stop import read_stop
from collage_core.run.stop_request import StopRequest
from collage_core.settings import Settings


def resume_stopped_runs(
    store: S3Store,
    settings: Settings,
    queue: ChunkQueue,
    request: StopRequest,
    *,
    stopped_by: str,
    all_go_on: bool,
) -> Iterator[Finding]:
    """Send the chunks of each run that is not asked to be stopped any more.

    `stopped_by` is how the reasons of those stops begin that follow the request; others stay.
    `all_go_on` says that all runs were stopped until now, which their folders do not say.
    """
    for active in active_runs(store, settings):
        run_id = active.run.manifest.run_id
        if not active.is_from_outside or request.name_for((run_id,)) is not None:
            continue
        try:
            is_lifted = _is_lifted(active, stopped_by)
            if is_lifted or (all_go_on and active.missing and not active.failed_messages):
                sent = resume(active.run, queue)
                line = f"run {run_id} was stopped and goes on: {sent} of its chunks were sent again"
                yield Finding(Kind.RESUMED, line)
        except CollageError as error:
            yield Finding(Kind.FAILED, f"run {run_id} could not be resumed: {error}")


def _is_lifted(active: ActiveRun, stopped_by: str) -> bool:
    """Whether the run is still stopped by what asks for it no more."""
    run = active.run
    found = read_stop(run.store, run.settings, run.manifest.run_id)
    return found is not None and found.reason.startswith(stopped_by)
