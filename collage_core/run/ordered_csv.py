"""The ordered copy of a CSV from outside, in the temp bucket: what workers read of such a run."""

from collage_core.aws.s3_store import S3Store
from collage_core.contract.csv_source import CsvSource
from collage_core.covers.cover_csv import CONTENT_TYPE
from collage_core.errors import ConditionFailedError, RaceError
from collage_core.layout import keys
from collage_core.settings import Settings


def store_ordered(store: S3Store, settings: Settings, run_id: str, ordered: bytes) -> CsvSource:
    """Write the ordered CSV, only once: under KMS the same bytes would get another ETag.

    Raises RaceError when another worker is writing it.
    """
    bucket, key = settings.temp_bucket, keys.ordered_csv(run_id)
    try:
        etag = store.put(bucket, key, ordered, content_type=CONTENT_TYPE, if_absent=True)
    except ConditionFailedError as error:
        head = store.head(bucket, key)
        if head is None:
            raise RaceError(
                f"{key} in bucket {bucket} is being written by another worker: nothing to fix, the "
                "message comes back"
            ) from error
        etag = head.etag
    return CsvSource(bucket, key, etag)


def is_ordered_copy(source: CsvSource, settings: Settings, run_id: str) -> bool:
    """Whether `source` is the ordered copy of this run, which means its CSV came from outside."""
    return (source.bucket, source.key) == (settings.temp_bucket, keys.ordered_csv(run_id))
