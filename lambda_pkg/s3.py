"""Notifications from S3: which uploaded CSVs become runs here, and which are left alone."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from urllib.parse import unquote_plus

from msgspec import Struct, field

from collage_core.contract.answers import QuarantinedUpload, SkippedUpload
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.document import Json, to_json
from collage_core.contract.fields import Count, Text
from collage_core.contract.reading import read
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.contract.wording import shown
from collage_core.errors import CsvFormatError, MessageError
from collage_core.layout import keys
from collage_core.run.ingest import OutsideCsv, upload_run_id
from collage_core.run.named_csv import NamedCsv, read_csv
from collage_core.run.quarantine import quarantine
from lambda_pkg.invocation import Invocation
from lambda_pkg.services import Services
from lambda_pkg.upload import start_run

log = logging.getLogger(__name__)

_WAITS = (
    f"a CSV in {keys.MANUAL_UPLOADS} waits until the DAG cover_collage_manual or a csv_s3 message "
    "names it"
)


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
    run_id: str
    """Derived from the notification, so that it is the same when S3 delivers it again."""

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
            run_id=upload_run_id(source, timestamp, item.sequencer),
        )


def handle_s3_records(records: Sequence[Json], invocation: Invocation) -> dict[str, Any]:
    """Return what became of each uploaded object. S3 sends one record per event."""
    return {"files": [_handle_record(record, invocation) for record in records]}


def _handle_record(record: Json, invocation: Invocation) -> dict[str, Any]:
    services = invocation.services
    upload = Upload.from_record(record)
    source = upload.source
    why_not = _not_watched(record, source, services) or _not_ours(source, services)
    if why_not is not None:
        log.info("Left alone: s3://%s/%s: %s", source.bucket, source.key, why_not)
        return to_json(SkippedUpload(bucket=source.bucket, key=source.key, detail=why_not))
    csv = OutsideCsv(
        run_id=upload.run_id,
        submitted=upload.timestamp,
        trigger=Trigger.S3,
        config=services.settings.processing_config,
        output_prefix="",
        origin=source,
    )
    named = NamedCsv(source, upload.bytes, written=upload.timestamp.moment)
    try:
        run = start_run(csv, read_csv(services.store, named), invocation)
    except CsvFormatError as error:
        quarantined = quarantine(services.store, source, upload.timestamp, error)
        return to_json(
            QuarantinedUpload(
                bucket=source.bucket, key=source.key, moved_to=quarantined, detail=str(error)
            )
        )
    return {"bucket": source.bucket, "key": source.key, **to_json(run.answer)}


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


def _not_ours(source: CsvSource, services: Services) -> str | None:
    """Why the object, as it is now, must not be worked on; None when it may be."""
    head = services.store.head(source.bucket, source.key)
    if head is None:
        return "it is gone: archived, quarantined or deleted since"
    if head.etag != source.etag:
        return "it was replaced since, and the new object has an event of its own"
    if head.metadata.get("dispatch") == "sqs":
        return "its DAG sends the chunks of it to the queue (dispatch=sqs)"
    return None
