"""A CSV from outside, in the function: its run is planned, and worked on here or handed out."""

import logging
from dataclasses import dataclass
from typing import Any

from collage_core.contract.json_fields import SCHEMA_VERSION
from collage_core.contract.manifest import Manifest
from collage_core.contract.summary import RunSummary
from collage_core.run.dispatch import dispatch
from collage_core.run.finish import finish_run
from collage_core.run.ingest import INLINE_ROWS, OutsideCsv, ingest
from lambda_pkg.chunk_work import work_on_chunk
from lambda_pkg.invocation import SecondsLeft
from lambda_pkg.services import Services

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StartedRun:
    """How far a run came in the invocation that started it."""

    manifest: Manifest
    summary: RunSummary | None
    """None: chunks of it are in the queue, and the last worker will write the summary."""

    def to_json(self) -> dict[str, Any]:
        if self.summary is not None:
            return self.summary.to_json()
        return {
            "schema_version": SCHEMA_VERSION,
            "run_id": self.manifest.run_id,
            "run_timestamp": str(self.manifest.run_timestamp),
            "status": "dispatched",
            "rows": {"total": self.manifest.rows},
            "chunks": len(self.manifest.chunks),
        }


def start_run(
    csv: OutsideCsv,
    data: bytes,
    services: Services,
    seconds_left: SecondsLeft,
    *,
    delivery_id: str,
) -> StartedRun:
    """Plan the run unless that was done before, then do or hand out what has no receipt.

    Raises CsvFormatError when `data` cannot be used as a whole, and MessageError for a grid that
    is too large.
    """
    run = ingest(services.store, services.settings, csv, data)
    manifest = run.manifest
    if manifest.rows > INLINE_ROWS:
        sent = dispatch(run, services.queue)
        log.info("Run %s: %d chunks sent to the queue", manifest.run_id, sent)
    else:
        for chunk in run.unfinished():
            work_on_chunk(
                manifest.message(chunk),
                manifest.trigger,
                services,
                seconds_left,
                delivery_id=delivery_id,
            )
    return StartedRun(manifest, finish_run(run))
