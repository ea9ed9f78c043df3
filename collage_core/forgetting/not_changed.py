"""The places that may still name a creator: they have many beside each other, or are not ours.

What is said here goes into the receipt, so it names no creator.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from collage_core.aws.s3_store import S3Store
from collage_core.contract.forgotten import NotChanged
from collage_core.layout import keys
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class _Place:
    bucket: str
    """The setting that names it."""
    prefix: str
    why: str
    what_to_do: str


_BY_LIFECYCLE = "nothing: it expires by the bucket's lifecycle, after 7 days"
_BY_HAND = "delete what may not stay; nothing of it expires"
_ROWS = "CSVs have the rows of many creators, and a run of one makes its collages again"

_PLACES: Final = (
    *(
        _Place("input_bucket", folder, _ROWS, "take out the rows, or delete the CSVs")
        for folder in keys.INPUT_FOLDERS
    ),
    _Place(
        "output_bucket",
        keys.SUMMARIES,
        "results and refresh lists of a day name its creators, and summaries those without a "
        "collage; the statistics are made of them",
        _BY_HAND,
    ),
    _Place(
        "output_bucket",
        keys.RUN_RECORDS,
        "the record of a run names its creators and counts their rows; `verify` will miss the "
        "objects that are deleted here",
        _BY_HAND,
    ),
    _Place(
        "output_bucket", keys.STATISTICS, "reports of a month name creators that changed", _BY_HAND
    ),
    _Place(
        "temp_bucket",
        keys.PROCESSING,
        "manifests, receipts and CSVs of runs have rows and names of many creators; a run whose "
        "chunks are sent again makes their collages again",
        _BY_LIFECYCLE,
    ),
    _Place(
        "temp_bucket",
        keys.DEBUG,
        "answers to failed covers and logs of failed attempts name creators",
        _BY_LIFECYCLE,
    ),
)

_ELSEWHERE: Final = (
    NotChanged(
        where="the database of covers",
        why="its rows are not ours: the next run over their window makes new collages",
        what_to_do="delete the rows there first",
    ),
    NotChanged(
        where="the queue of chunk messages and its dead-letter queue",
        why="a message may have a whole CSV",
        what_to_do="nothing: messages expire after 4 days, and after 14 in the dead-letter queue",
    ),
    NotChanged(
        where="Airflow and the logs of the function",
        why="logs name creators, and Airflow keeps the conf of each run",
        what_to_do="delete the run of the DAG that forgot, and let the logs expire",
    ),
)


def not_changed(store: S3Store, settings: Settings) -> list[NotChanged]:
    """All places that there are in this deployment. Raises S3Error if a bucket cannot be read."""
    return [*_in_buckets(store, settings), *_versions(store, settings), *_ELSEWHERE]


def _in_buckets(store: ObjectStore, settings: Settings) -> Iterator[NotChanged]:
    for place in _PLACES:
        bucket: str = getattr(settings, place.bucket)
        if next(iter(store.list_objects(bucket, place.prefix)), None) is not None:
            yield NotChanged(
                where=f"{place.prefix} in bucket {bucket}",
                why=place.why,
                what_to_do=place.what_to_do,
            )


def _versions(store: S3Store, settings: Settings) -> Iterator[NotChanged]:
    for bucket in dict.fromkeys((settings.output_bucket, settings.temp_bucket)):
        if store.keeps_versions(bucket):
            yield NotChanged(
                where=f"old versions in bucket {bucket}",
                why="the bucket has versioning, so what is deleted or replaced stays as a version",
                what_to_do="delete those versions by their ids, or give the bucket a lifecycle "
                "rule with NoncurrentVersionExpiration",
            )
