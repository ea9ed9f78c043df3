"""A message that names a whole CSV of the input bucket, which waits in `manual-uploads/`.

The message and the object that it finds are one run, however often the message is delivered. At the
end of that run the object is in the archive: a later delivery finds the run in the temp bucket, by
the part of the run_id that comes from the message alone.
"""

import hashlib
import json
import logging
from dataclasses import dataclass

from collage_core.aws.s3_store import S3Store
from collage_core.contract.answers import QuarantinedUpload
from collage_core.contract.document import to_json
from collage_core.contract.message import WholeCsvMessage
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.errors import CsvFormatError, MessageError
from collage_core.layout import keys
from collage_core.run.ingest import OutsideCsv
from collage_core.run.named_csv import NamedCsv, find_named_csv, no_such_csv, read_csv
from collage_core.run.quarantine import quarantine
from collage_core.run.run import Run
from lambda_pkg.invocation import Invocation
from lambda_pkg.upload import StartedRun, go_on, start_run

log = logging.getLogger(__name__)


def take_in(
    message: WholeCsvMessage, submitted: RunTimestamp, invocation: Invocation
) -> StartedRun | QuarantinedUpload:
    """Make a run of the CSV that the message names, or go on with the run that it is already.

    A CSV that cannot be used is quarantined, as an upload is. Raises MessageError when there is no
    such CSV and no run of it.
    """
    services = invocation.services
    store, settings = services.store, services.settings
    if message.bucket != settings.input_bucket:
        raise MessageError(
            f"bucket is {message.bucket!r}: the input bucket is {settings.input_bucket}"
        )
    names = _Names.of(message)
    found = find_named_csv(store, settings, message.key)
    if found is None:
        run = _run_before(store, invocation, names)
        if run is None:
            raise no_such_csv(settings, message.key)
        log.info("s3://%s/%s has been worked on: run %s", message.bucket, message.key, run)
        return go_on(Run.open(store, settings, run), invocation)
    csv = OutsideCsv(
        run_id=names.run_id(found),
        submitted=submitted,
        trigger=Trigger.MANUAL,
        config=message.config,
        output_prefix=message.output_prefix,
        origin=found.source,
    )
    try:
        return start_run(csv, read_csv(store, found), invocation)
    except CsvFormatError as error:
        moved_to = quarantine(store, found.source, RunTimestamp.of(found.written), error)
        return QuarantinedUpload(
            bucket=message.bucket, key=message.key, moved_to=moved_to, detail=str(error)
        )


@dataclass(frozen=True, slots=True)
class _Names:
    """The run_ids of one message: they begin alike, and end with the object that it found."""

    beginning: str

    @classmethod
    def of(cls, message: WholeCsvMessage) -> "_Names":
        config = json.dumps(to_json(message.config), sort_keys=True)
        identity = (message.bucket, message.key, config, message.output_prefix)
        return cls(f"csv-{_digest(*identity)}-")

    def run_id(self, csv: NamedCsv) -> str:
        # The time distinguishes two uploads of equal bytes to the same key.
        return f"{self.beginning}{_digest(csv.source.etag, csv.written.isoformat())}"


def _digest(*identity: str) -> str:
    return hashlib.sha256("\n".join(identity).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _run_before(store: S3Store, invocation: Invocation, names: _Names) -> str | None:
    """The newest run of the message whose manifest is there."""
    settings = invocation.services.settings
    listed = store.list_keys(settings.temp_bucket, keys.runs_beginning_with(names.beginning))
    run_ids = {key.split("/")[1] for key in listed}
    runs = [run for run in (Run.find(store, settings, run_id) for run_id in run_ids) if run]
    newest = max(runs, key=lambda run: run.manifest.run_timestamp, default=None)
    return None if newest is None else newest.manifest.run_id
