"""A CSV of the input bucket that a person or a message names: its upload has started no run.

It waits in `manual-uploads/`, or is one of `csv-files/` that people have dropped.
"""

from dataclasses import dataclass
from datetime import datetime

from collage_core.aws.s3_store import S3Store
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.wording import shown
from collage_core.covers.cover_csv import DISPATCHED_BY_A_DAG
from collage_core.covers.ingest import check_size
from collage_core.errors import ConditionFailedError, MessageError, RaceError
from collage_core.layout import keys
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectHead

FOLDERS = (keys.MANUAL_UPLOADS, keys.CSV_FILES)
"""Where a CSV may be that is named."""


@dataclass(frozen=True, slots=True)
class NamedCsv:
    """A CSV as it is now; it has not been read."""

    source: CsvSource
    bytes: int
    written: datetime
    """When it was uploaded, aware."""


def find_named_csv(store: S3Store, settings: Settings, key: str) -> NamedCsv | None:
    """The CSV at `key` of the input bucket; None when nothing is there.

    Raises MessageError for a key elsewhere and for the CSV of a DAG, whose own run moves it.
    """
    if not key.startswith(FOLDERS) or not key.lower().endswith(".csv"):
        raise MessageError(
            f"key is {shown(key)}: it must be a .csv below {' or '.join(FOLDERS)} of the input "
            f"bucket, such as {keys.MANUAL_UPLOADS}mine.csv"
        )
    head = store.head(settings.input_bucket, key)
    if head is None:
        return None
    if key.startswith(keys.CSV_FILES) and _belongs_to_a_dag(head):
        raise MessageError(
            f"s3://{settings.input_bucket}/{key} is the CSV of a DAG run, which will move it: name "
            f"the window instead, or download it and upload it to {keys.MANUAL_UPLOADS}"
        )
    return NamedCsv(
        CsvSource(settings.input_bucket, key, head.etag), head.bytes, written=head.written
    )


def read_csv(store: S3Store, csv: NamedCsv) -> bytes:
    """Its bytes.

    Raises CsvFormatError when it is too large, and RaceError when it was replaced or removed since
    it was found.
    """
    # Before the download: a file of gigabytes would take all memory.
    check_size(csv.bytes)
    source = csv.source
    try:
        stored = store.get(source.bucket, source.key, etag=source.etag)
    except ConditionFailedError:
        stored = None
    if stored is None:
        raise RaceError(
            f"s3://{source.bucket}/{source.key} was replaced or removed while it was being read: "
            "try again"
        )
    return stored.body


def no_such_csv(settings: Settings, key: str) -> MessageError:
    """The error for a CSV that is not there, and where it may be."""
    return MessageError(
        f"s3://{settings.input_bucket}/{key} is not there: upload it, or correct the key; after a "
        f"run it is in archived/YYYY/processed_files/, if it was refused in {keys.INVALID_FILES}"
    )


def _belongs_to_a_dag(head: ObjectHead) -> bool:
    return head.metadata.items() >= DISPATCHED_BY_A_DAG.items()
