"""A CSV from outside becomes a run: put in order, cut into chunks, and worked on or handed out.

However often it is delivered, it is planned once: the manifest that was written first holds.
"""

import logging
from dataclasses import dataclass
from typing import Any

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.json_fields import SCHEMA_VERSION
from collage_core.contract.manifest import Manifest
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.contract.trigger import Trigger
from collage_core.covers.chunking import merge_spans, name_chunks
from collage_core.covers.cover_csv import CONTENT_TYPE as CSV
from collage_core.covers.ingest import ingest_csv
from collage_core.errors import ConditionFailedError, RaceError
from collage_core.layout import keys
from collage_core.run.claims import claim_next_second
from collage_core.run.documents import read_manifest, unfinished_chunks
from collage_core.storage.documents import JSON, to_document
from lambda_pkg.chunk import work_on_chunk
from lambda_pkg.finish import finish_run
from lambda_pkg.invocation import Invocation
from lambda_pkg.services import Services

log = logging.getLogger(__name__)

INLINE_ROWS = 1000
"""Up to this many rows are worked on at once by the worker that took the CSV in."""


@dataclass(frozen=True, slots=True)
class OutsideCsv:
    """The run that a CSV from outside becomes."""

    run_id: str
    handed_in: RunTimestamp
    """When it came; the run's timestamp, unless another run has taken this second."""
    trigger: Trigger
    config: ProcessingConfig
    output_prefix: str
    origin: CsvSource | None = None
    """The object that was uploaded; None for a CSV that came inside a message."""


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


def start_run(csv: OutsideCsv, data: bytes, invocation: Invocation) -> StartedRun:
    """Plan the run unless that was done before, then do or hand out what has no receipt.

    Raises CsvFormatError when `data` cannot be used as a whole, and MessageError for a grid that
    is too large.
    """
    services = invocation.services
    services.settings.cell_size.check_grid(csv.config.rows, csv.config.cols)
    manifest = read_manifest(services.store, services.settings, csv.run_id)
    if manifest is None:
        manifest = _plan(csv, data, services)
    unfinished = unfinished_chunks(services.store, services.settings, manifest)
    if manifest.rows > INLINE_ROWS:
        services.queue.send(manifest.message(chunk) for chunk in unfinished)
        log.info("Run %s: %d chunks sent to the queue", manifest.run_id, len(unfinished))
    else:
        for chunk in unfinished:
            work_on_chunk(manifest.message(chunk), invocation)
    return StartedRun(manifest, finish_run(manifest, services))


def _plan(csv: OutsideCsv, data: bytes, services: Services) -> Manifest:
    settings = services.settings
    intake = ingest_csv(data, chunk_rows=settings.chunk_rows)
    # One chunk, however few rows a chunk aims at: nobody else is waiting to share the work.
    spans = merge_spans(intake.spans, most=1) if intake.rows <= INLINE_ROWS else intake.spans
    source = _store_ordered(csv.run_id, intake.ordered, services)
    manifest = Manifest(
        run_id=csv.run_id,
        run_timestamp=claim_next_second(services.store, settings, csv.handed_in, run_id=csv.run_id),
        trigger=csv.trigger,
        source=source,
        config=csv.config,
        output_prefix=csv.output_prefix,
        chunks=name_chunks(
            spans,
            source.etag,
            config=csv.config,
            output_prefix=csv.output_prefix,
            trigger=csv.trigger,
        ),
        rejected=intake.rejected,
        origin=csv.origin,
        dates=intake.dates,
    )
    log.info(
        "Run %s: %d rows of %d creators in %d chunks, %d rejected",
        manifest.run_id,
        manifest.rows,
        manifest.creators,
        len(manifest.chunks),
        manifest.rejected.rows,
    )
    try:
        services.store.put(
            settings.temp_bucket,
            keys.manifest(csv.run_id),
            to_document(manifest.to_json()),
            content_type=JSON,
            if_absent=True,
        )
    except ConditionFailedError:
        return read_manifest(services.store, settings, csv.run_id) or manifest
    return manifest


def _store_ordered(run_id: str, ordered: bytes, services: Services) -> CsvSource:
    """Keep the ordered CSV. Written once: under KMS the same bytes would get another ETag."""
    store, bucket, key = services.store, services.settings.temp_bucket, keys.ordered_csv(run_id)
    try:
        etag = store.put(bucket, key, ordered, content_type=CSV, if_absent=True)
    except ConditionFailedError as error:
        head = store.head(bucket, key)
        if head is None:
            raise RaceError(
                f"{key} in bucket {bucket} was being written and is not there: nothing to fix, the "
                "message comes back"
            ) from error
        etag = head.etag
    return CsvSource(bucket, key, etag)
