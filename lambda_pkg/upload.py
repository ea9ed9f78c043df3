"""A CSV from outside, in the function: its run is planned, then worked on here or dispatched."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from collage_core.aws.s3_store import S3Store
from collage_core.contract.answers import DispatchedRun, StoppedRun, TotalRows
from collage_core.contract.manifest import Manifest
from collage_core.contract.summary import RunSummary
from collage_core.errors import PlanReplacedError, RaceError, RunStoppedError
from collage_core.run.chunk_messages import chunk_messages
from collage_core.run.dispatch import dispatch
from collage_core.run.finish import finish_run
from collage_core.run.ingest import INLINE_ROWS, OutsideCsv, ingest
from collage_core.run.plan_packs import plan_packs_once
from collage_core.run.run import Run
from collage_core.views.static_report import try_to_write_report
from lambda_pkg.chunk import work_on_chunk
from lambda_pkg.invocation import Invocation

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StartedRun:
    """How far a run came in the invocation that started it."""

    manifest: Manifest
    summary: RunSummary | None
    """None: chunks of it are in the queue, and the last worker will write the summary."""
    stopped: str = ""
    """Why it is not worked on; empty if it is."""

    @property
    def answer(self) -> RunSummary | DispatchedRun | StoppedRun:
        """What the sender of the CSV is told."""
        if self.stopped:
            return StoppedRun(run_id=self.manifest.run_id, detail=self.stopped)
        return self.summary or DispatchedRun(
            run_id=self.manifest.run_id,
            run_timestamp=self.manifest.run_timestamp,
            rows=TotalRows(self.manifest.rows),
            chunks=len(self.manifest.chunks),
        )


def start_run(csv: OutsideCsv, data: bytes, invocation: Invocation) -> StartedRun:
    """Plan the run unless that was done before, then do or dispatch what has no receipt.

    Raises CsvFormatError when `data` cannot be used as a whole, and MessageError for a grid that
    is too large.
    """
    services = invocation.services
    return go_on(ingest(services.store, services.settings, csv, data), invocation)


def go_on(run: Run[S3Store], invocation: Invocation) -> StartedRun:
    """Do or dispatch what has no receipt, and finish the run if nothing is left of it.

    Of a run that is stopped, nothing is done: housekeeping goes on with it when it may.
    """
    services, manifest = invocation.services, run.manifest
    plan_packs_once(run, today=datetime.now(UTC).date())
    if manifest.rows > INLINE_ROWS:
        sent = dispatch(run, services.queue)
        log.info("Run %s: %d chunks sent to the queue", manifest.run_id, sent)
    else:
        # This worker does them in turn, but the rest of one may go on in another.
        unfinished = {chunk.chunk_id for chunk in run.unfinished()}
        for message in chunk_messages(run, unfinished, at_once=None):
            try:
                work_on_chunk(message, invocation)
            except PlanReplacedError as error:
                raise RaceError(f"{error}: nothing to fix, try again") from error
            except RunStoppedError as error:
                log.info("Run %s: %s", manifest.run_id, error)
                return StartedRun(manifest, None, stopped=str(error))
    summary = finish_run(run, services.queue, write_report=try_to_write_report)
    return StartedRun(manifest, summary)
