"""Moves CSVs that cannot be used out of the way, with the reason beside them."""

import logging

from collage_core.aws.s3_move import move
from collage_core.aws.s3_store import S3Store
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.quarantine_reason import QuarantineReason
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import CsvFormatError
from collage_core.layout import keys
from collage_core.storage.documents import JSON, to_document

log = logging.getLogger(__name__)


def quarantine(
    store: S3Store, source: CsvSource, uploaded: RunTimestamp, error: CsvFormatError
) -> str:
    """Move an uploaded CSV to the quarantine and return its key there; may be repeated.

    Raises what `move` raises.
    """
    reason = QuarantineReason(source=source, uploaded=uploaded, reason=str(error))
    # The reason is written first: once the CSV has moved, a repeated event finds no CSV to check.
    store.put(
        source.bucket,
        keys.quarantine_reason(source.key, uploaded),
        to_document(reason),
        content_type=JSON,
    )
    quarantined = keys.quarantined_csv(source.key, uploaded)
    move(store, source, quarantined)
    log.warning("Quarantined s3://%s/%s: %s", source.bucket, source.key, error)
    return quarantined
