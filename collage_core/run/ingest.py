"""Makes a run of a CSV from outside: sorts it, cuts it into chunks, and plans them.

A CSV that is delivered several times is planned once: the first manifest is the one that counts.
"""

import hashlib
import logging
from dataclasses import dataclass

from collage_core.aws.s3_store import S3Store
from collage_core.contract.canvas_size import check_canvas
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.manifest import Manifest
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.covers.ingest import ingest_csv
from collage_core.errors import CsvFormatError
from collage_core.layout import keys
from collage_core.layout.update_names import meant_as_update
from collage_core.run.claims import claim_next_second
from collage_core.run.ordered_csv import store_ordered
from collage_core.run.plan import RunCsv, RunSpec, keep_first_manifest, plan_run
from collage_core.run.run import Run
from collage_core.run.update import join_update
from collage_core.settings import Settings

log = logging.getLogger(__name__)

INLINE_ROWS = 1000
"""A CSV of up to this many rows is worked on right away, by the worker that ingested it."""

_DIGEST_LENGTH = 32
"""Hexadecimal digits of a message's digest: so many that no two bodies will ever share them."""


@dataclass(frozen=True, slots=True)
class OutsideCsv:
    """The run that a CSV from outside becomes."""

    run_id: str
    submitted: RunTimestamp
    """When it was submitted; the run's timestamp, unless another run has taken this second."""
    trigger: Trigger
    config: ProcessingConfig
    output_prefix: str
    origin: CsvSource | None = None
    """The object that was uploaded; None for a CSV that came inside a message."""


def upload_run_id(source: CsvSource, uploaded: RunTimestamp, sequencer: str = "") -> str:
    """The run that an uploaded object becomes, the same however often it is told of.

    S3's notification has a `sequencer`, which distinguishes two uploads of equal bytes to one key.
    """
    identity = f"{source.bucket}\n{source.key}\n{source.etag}\n{sequencer}"
    digest = hashlib.sha256(identity.encode()).hexdigest()[:12]
    return f"s3-{uploaded}-{digest}"


def message_run_id(body: str) -> str:
    """The run that a CSV in the body of a queue's message becomes.

    Not derived from the message's id: a message that is redriven from the dead-letter queue gets a
    new one.
    """
    digest = hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
    return f"sqs-{digest[:_DIGEST_LENGTH]}"


def ingest(store: S3Store, settings: Settings, csv: OutsideCsv, data: bytes) -> Run[S3Store]:
    """The run of a CSV with the bytes `data`. Plans it unless that was done before.

    Raises CsvFormatError when `data` cannot be used as a whole or its name is almost that of an
    update, MessageError for a grid that is too large, and RaceError when another worker plans the
    same run at this moment.
    """
    check_canvas(settings.cell_size, csv.config)
    return Run.find(store, settings, csv.run_id) or _plan(store, settings, csv, data)


def _plan(store: S3Store, settings: Settings, csv: OutsideCsv, data: bytes) -> Run[S3Store]:
    if csv.origin is not None and (advice := meant_as_update(csv.origin.key)):
        raise CsvFormatError(advice)
    # A small one is one chunk, even if CHUNK_ROWS is smaller: this worker does all of it.
    intake = ingest_csv(data, chunk_rows=settings.planned_chunk_rows, one_chunk_rows=INLINE_ROWS)
    parent: Manifest | None = None
    if csv.origin is not None and keys.update_day(csv.origin.key):
        parent, intake = join_update(
            store,
            settings,
            csv.origin,
            intake,
            chunk_rows=settings.planned_chunk_rows,
            one_chunk_rows=INLINE_ROWS,
        )
    source = store_ordered(store, settings, csv.run_id, intake.ordered)
    second = claim_next_second(store, settings, csv.submitted, run_id=csv.run_id)
    run = plan_run(
        store,
        settings,
        _spec(csv, second, parent),
        RunCsv(
            source,
            intake.spans,
            rejected=intake.rejected,
            dates=intake.dates,
            origin=csv.origin,
            selection=intake.selection,
        ),
        keep=keep_first_manifest,
    )
    log.info(
        "Run %s: %d rows of %d creators in %d chunks, %d rejected",
        run.manifest.run_id,
        run.manifest.rows,
        run.manifest.creators,
        len(run.manifest.chunks),
        run.manifest.rejected.rows,
    )
    return run


def _spec(csv: OutsideCsv, second: RunTimestamp, parent: Manifest | None) -> RunSpec:
    """A run with fresh URLs for another one is to look like that."""
    if parent is None:
        return RunSpec(csv.run_id, second, csv.trigger, csv.config, csv.output_prefix)
    return RunSpec(
        csv.run_id,
        second,
        csv.trigger,
        parent.config,
        parent.output_prefix,
        window=parent.window,
        parent=parent,
    )
