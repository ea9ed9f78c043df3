"""CSVs that lie in `csv-files/` although nobody is working on them.

The event of an upload is lost if S3 was not set up to send it. One that failed three times is in
the dead-letter queue; if nobody redrives it, it counts as lost, too. S3's events are given up after
six hours at most, so a CSV that is older and has no run is started here. It becomes the same run
however often it is found, and as its event would if that came later. CSVs in `manual-uploads/` wait
for a person and are left alone, and so are those of which too many covers have failed.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice

from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.aws.s3_store import S3Store
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.contract.upload_run import UploadRun
from collage_core.covers.ingest import check_size
from collage_core.errors import CollageError, ConditionFailedError, CsvFormatError
from collage_core.housekeeping.activity import ActiveRun, active_runs
from collage_core.housekeeping.findings import Finding, Kind
from collage_core.layout import keys
from collage_core.run.dispatch import dispatch
from collage_core.run.failed_upload import upload_has_failed
from collage_core.run.finish import finish_run
from collage_core.run.ingest import OutsideCsv, ingest, upload_run_id
from collage_core.run.plan_packs import plan_packs_once
from collage_core.run.quarantine import quarantine
from collage_core.run.run import Run
from collage_core.run.stop import read_stop
from collage_core.run.uploads import claim_upload
from collage_core.settings import Settings
from collage_core.storage.object_store import ListedObject
from collage_core.views.static_report import try_to_write_report

EVENT_IS_LOST_AFTER = timedelta(hours=7)
"""Lambda tries an event for six hours ("Configuring error handling settings for asynchronous
invocations"), and its last invocation ends some minutes later."""

_MOST_CSVS = 10_000
"""CSVs that are looked at, one or more requests each; the next day goes on."""

type _Runs = Mapping[CsvSource, ActiveRun]


def submit_lost_uploads(
    store: S3Store, settings: Settings, queue: ChunkQueue, *, now: datetime
) -> Iterator[Finding]:
    """Start, resume or quarantine each CSV that has waited for longer than its event may take.

    Runs stand still if none of their chunks was finished for EVENT_IS_LOST_AFTER, and the queue is
    empty. A chunk whose message failed for good is not sent again: see `stuck_runs`. Nothing is
    started while all runs are stopped.
    """
    if (all_stopped := read_stop(store, settings, None)) is not None:
        yield Finding(Kind.STOPPED, f"all runs are stopped: {all_stopped.reason}")
        return
    runs = list(active_runs(store, settings))
    if queue.depth().total == 0:
        for active in runs:
            yield from _resume(active, queue, now)
    by_csv = _by_csv(runs)
    waiting = (
        item
        for item in store.list_objects(settings.input_bucket, keys.CSV_FILES)
        if now - item.modified >= EVENT_IS_LOST_AFTER and item.key.lower().endswith(".csv")
    )
    for item in islice(waiting, _MOST_CSVS):
        yield from _submit(item, by_csv, store, settings, queue)
    if next(waiting, None) is not None:
        yield Finding(
            Kind.FAILED,
            f"only the first {_MOST_CSVS} CSVs in {keys.CSV_FILES} of bucket "
            f"{settings.input_bucket} were looked at: run this task again",
        )


def _by_csv(runs: Iterable[ActiveRun]) -> _Runs:
    """The newest run of each CSV: of the one that its workers read, and of the upload.

    A run of some creators is a trial, which leaves the upload to be worked on. A fill is none.
    """
    found = {}
    for active in sorted(runs, key=lambda run: run.planned):
        manifest = active.run.manifest
        found[manifest.source] = active
        is_trial = manifest.selection is not None and manifest.family is None
        if manifest.origin is not None and not is_trial:
            found[manifest.origin] = active
    return found


def _resume(active: ActiveRun, queue: ChunkQueue, now: datetime) -> Iterator[Finding]:
    """Send the chunks of a run from outside again; a DAG has a task for that."""
    if not active.is_from_outside or not active.missing or active.failed_messages:
        return
    if now - active.last_progress < EVENT_IS_LOST_AFTER:
        return
    run_id = active.run.manifest.run_id
    if read_stop(active.run.store, active.run.settings, run_id) is not None:
        return
    try:
        plan_packs_once(active.run, today=now.date())
        sent = dispatch(active.run, queue)
    except CollageError as error:
        yield Finding(Kind.FAILED, f"run {run_id} could not be resumed: {error}")
        return
    yield Finding(Kind.RESUMED, f"run {run_id} stood still: {sent} of its chunks were sent again")


def _submit(
    item: ListedObject, runs: _Runs, store: S3Store, settings: Settings, queue: ChunkQueue
) -> Iterator[Finding]:
    source = CsvSource(settings.input_bucket, item.key, item.etag)
    active = runs.get(source)
    # The same bytes may have been uploaded again after the run was planned: that is another run.
    if active is not None and item.modified <= active.planned:
        return
    name = f"s3://{source.bucket}/{source.key}"
    try:
        head = store.head(source.bucket, source.key)
        if head is None or head.etag != source.etag:
            return
        if head.metadata.get("dispatch") == "sqs":
            if active is None:
                yield Finding(
                    Kind.ABANDONED,
                    f"{name} was written by a DAG, and has no run any more: clear its DAG run from "
                    "extract, or delete it",
                )
            return
        if upload_has_failed(store, source, item.modified):
            return
        yield from _start(item, source, store, settings, queue)
    except CollageError as error:
        yield Finding(Kind.FAILED, f"{name} could not be submitted: {error}")


def _start(
    item: ListedObject, source: CsvSource, store: S3Store, settings: Settings, queue: ChunkQueue
) -> Iterator[Finding]:
    uploaded, name = RunTimestamp.of(item.modified), f"s3://{source.bucket}/{source.key}"
    mine = UploadRun(origin=source, run_id=upload_run_id(source, uploaded), submitted=uploaded)
    # An event that failed may have named its run, or the same bytes were uploaded before.
    named = claim_upload(store, settings, mine).named
    csv = OutsideCsv(
        run_id=named.run_id,
        submitted=named.submitted,
        trigger=Trigger.S3,
        config=settings.processing_config,
        output_prefix="",
        origin=source,
    )
    try:
        run = _ingest(csv, source, item.bytes, store, settings)
    except CsvFormatError as error:
        moved_to = quarantine(store, source, uploaded, error)
        yield Finding(Kind.QUARANTINED, f"{name} was moved to {moved_to}: {error}")
        return
    if run is not None:
        plan_packs_once(run, today=datetime.now(UTC).date())
        sent = dispatch(run, queue)
        # One without a usable row has no chunk, and so no last worker.
        finish_run(run, queue, write_report=try_to_write_report)
        yield Finding(
            Kind.SUBMITTED,
            f"{name} lay there since {item.modified:%Y-%m-%d %H:%M} UTC and had no run: it is run "
            f"{run.manifest.run_id} now, {sent} chunks were sent. If this happens often, see that "
            "the bucket notifies the function, and look at the function's log",
        )


def _ingest(
    csv: OutsideCsv, source: CsvSource, size: int, store: S3Store, settings: Settings
) -> Run[S3Store] | None:
    """The run of the CSV; None if it was replaced or moved at this moment."""
    check_size(size)
    try:
        stored = store.get(source.bucket, source.key, etag=source.etag)
    except ConditionFailedError:
        return None
    return None if stored is None else ingest(store, settings, csv, stored.body)
