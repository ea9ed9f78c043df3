"""Notifications from S3: which uploaded CSVs become runs here, and which are left alone."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from urllib.parse import unquote_plus

from msgspec import Struct, field

from collage_core.aws.s3_store import S3Store
from collage_core.contract.answers import QuarantinedUpload, SkippedUpload
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.document import Json, to_json
from collage_core.contract.fields import Count, Text
from collage_core.contract.reading import read
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.contract.upload_run import UploadRun
from collage_core.contract.wording import shown
from collage_core.errors import CsvFormatError, MessageError, RaceError
from collage_core.layout import keys
from collage_core.run.finish import is_finished
from collage_core.run.ingest import INLINE_ROWS, OutsideCsv, upload_run_id
from collage_core.run.named_csv import NamedCsv, read_csv
from collage_core.run.quarantine import quarantine
from collage_core.run.run import Run
from collage_core.run.uploads import claim_upload, unfinished_run
from lambda_pkg.error_logs import keep_error_log, watched
from lambda_pkg.invocation import Invocation
from lambda_pkg.services import Services
from lambda_pkg.upload import StartedRun, go_on, start_run

log = logging.getLogger(__name__)

_WAITS = (
    f"a CSV in {keys.MANUAL_UPLOADS} waits until the DAG cover_collage_manual or a csv_s3 message "
    "names it"
)


_GONE = "it is gone: archived, quarantined or deleted since"
_REPLACED = "it was replaced since, and the new object has an event of its own"
_OF_A_DAG = "its DAG sends the chunks of it to the queue (dispatch=sqs)"


class _Bucket(Struct):
    name: Text


class _Object(Struct):
    key: Text
    etag: Text = field(name="eTag")
    size: Count
    sequencer: str = ""


class _S3(Struct):
    bucket: _Bucket
    object: _Object


class _Record(Struct):
    """A record of a notification, as far as it is read."""

    s3: _S3
    event_time: Text = field(name="eventTime")


@dataclass(frozen=True, slots=True)
class Upload:
    """An object as S3 described it in its notification."""

    source: CsvSource
    bytes: int
    timestamp: RunTimestamp
    run: UploadRun
    """The run that it is, unless the same bytes are one already. Derived from the notification, so
    that it is the same when S3 delivers it again."""

    @classmethod
    def from_record(cls, record: Json) -> Self:
        """Raises MessageError naming the field that S3 would not send like this."""
        told = read(record, _Record)
        item = told.s3.object
        source = CsvSource(
            bucket=told.s3.bucket.name,
            # In events, and nowhere else, S3 encodes keys as in an HTML form.
            key=unquote_plus(item.key),
            etag=item.etag,
        )
        timestamp = _moment(told.event_time)
        return cls(
            source=source,
            bytes=item.size,
            timestamp=timestamp,
            run=UploadRun(
                origin=source,
                run_id=upload_run_id(source, timestamp, item.sequencer),
                submitted=timestamp,
            ),
        )


def handle_s3_records(records: Sequence[Json], invocation: Invocation) -> dict[str, Any]:
    """Return what became of each uploaded object. S3 sends one record per event."""
    with watched(invocation) as delivery:
        try:
            return {"files": [_handle_record(record, delivery) for record in records]}
        except Exception as error:
            keep_error_log(f"s3-{delivery.delivery_id}", None, 1, error, delivery)
            raise


def _handle_record(record: Json, invocation: Invocation) -> dict[str, Any]:
    services = invocation.services
    upload = Upload.from_record(record)
    source = upload.source
    why_not = _not_watched(record, source, services)
    if why_not is not None:
        return _leave_alone(source, why_not)
    head = services.store.head(source.bucket, source.key)
    if head is None or head.etag != source.etag:
        # A run may have archived it, and died before its end.
        run = unfinished_run(services.store, services.settings, upload.run)
        if run is not None:
            return _answer(source, go_on(run, invocation).answer)
        return _leave_alone(source, _GONE if head is None else _REPLACED)
    if head.metadata.get("dispatch") == "sqs":
        return _leave_alone(source, _OF_A_DAG)
    return _work_on(upload, invocation)


def _work_on(upload: Upload, invocation: Invocation) -> dict[str, Any]:
    """Start the run of an object that is in its place, or go on with the one that it is."""
    services, source = invocation.services, upload.source
    store, settings = services.store, services.settings
    claimed = claim_upload(store, settings, upload.run)
    run = None if claimed.is_new else Run.find(store, settings, claimed.named.run_id)
    if run is None:
        return _start(upload, claimed.named, invocation)
    if claimed.named.run_id == upload.run.run_id:
        if is_finished(run):
            return _leave_alone(source, f"its run {run.manifest.run_id} is finished")
        return _answer(source, go_on(run, invocation).answer)
    log.info("s3://%s/%s is run %s already", source.bucket, source.key, run.manifest.run_id)
    return _answer(source, _go_on_with_another(run, upload, invocation).answer)


def _start(upload: Upload, named: UploadRun, invocation: Invocation) -> dict[str, Any]:
    services, source = invocation.services, upload.source
    csv = OutsideCsv(
        run_id=named.run_id,
        submitted=named.submitted,
        trigger=Trigger.S3,
        config=services.settings.processing_config,
        output_prefix="",
        origin=source,
    )
    found = NamedCsv(source, upload.bytes, written=upload.timestamp.moment)
    try:
        run = start_run(csv, read_csv(services.store, found), invocation)
    except CsvFormatError as error:
        quarantined = quarantine(services.store, source, upload.timestamp, error)
        return to_json(
            QuarantinedUpload(
                bucket=source.bucket, key=source.key, moved_to=quarantined, detail=str(error)
            )
        )
    return _answer(source, run.answer)


def _go_on_with_another(run: Run[S3Store], upload: Upload, invocation: Invocation) -> StartedRun:
    """Go on with the run of an earlier upload of the same bytes, which is not finished."""
    services, source = invocation.services, upload.source
    # Its chunks may all be in the queue. Sent twice, they could be worked on twice at once.
    is_large = run.manifest.rows > INLINE_ROWS
    if is_large and run.unfinished() and services.queue.depth().total:
        return StartedRun(run.manifest, None)
    started = go_on(run, invocation)
    if started.summary is not None and _came_too_late(run, source, services.store):
        raise RaceError(
            f"run {run.manifest.run_id} was finished while s3://{source.bucket}/{source.key} was "
            "uploaded again, which is a run of its own: nothing to fix, its event comes again"
        )
    return started


def _came_too_late(run: Run[S3Store], source: CsvSource, store: S3Store) -> bool:
    """Whether a run is done and did not take the object along.

    A run of which too many covers failed leaves it, too, and is not done.
    """
    done = keys.done_upload(source.key, run.manifest.run_timestamp)
    head = store.head(source.bucket, source.key)
    is_there = head is not None and head.etag == source.etag
    return is_there and store.head(source.bucket, done) is not None


def _leave_alone(source: CsvSource, why: str) -> dict[str, Any]:
    log.info("Left alone: s3://%s/%s: %s", source.bucket, source.key, why)
    return to_json(SkippedUpload(bucket=source.bucket, key=source.key, detail=why))


def _answer(source: CsvSource, answer: Struct) -> dict[str, Any]:
    return {"bucket": source.bucket, "key": source.key, **to_json(answer)}


def _moment(text: str) -> RunTimestamp:
    try:
        return RunTimestamp.of(datetime.fromisoformat(text))
    except ValueError as error:
        raise MessageError(
            f"eventTime is {shown(text)}: it must be ISO 8601 with its time zone, "
            "for example 2026-10-05T06:07:08.123Z"
        ) from error


def _not_watched(record: Json, source: CsvSource, services: Services) -> str | None:
    """Why the notification itself asks for no work; None when it asks for work."""
    event = record.get("eventName")
    if not isinstance(event, str) or not event.startswith("ObjectCreated:"):
        return f"{event} creates no object"
    if source.bucket != services.settings.input_bucket:
        return f"the input bucket is {services.settings.input_bucket}"
    # Buckets that were set up for an earlier version still send these notifications.
    if source.key.startswith(keys.MANUAL_UPLOADS):
        return _WAITS
    # What this function writes there itself, below archived/, must never start a run.
    if not source.key.startswith(keys.CSV_FILES) or not source.key.lower().endswith(".csv"):
        return f"only *.csv below {keys.CSV_FILES} is worked on when it is uploaded"
    return None
