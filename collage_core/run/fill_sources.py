"""Where the rows of a fill are: in the CSV of its parent, and in updates of the family since."""

from collections.abc import Sequence
from dataclasses import dataclass

from collage_core.aws.s3_move import was_moved
from collage_core.aws.s3_store import S3Store
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.manifest import Manifest
from collage_core.errors import MessageError
from collage_core.run.archive import archived_key
from collage_core.run.fill import Fill
from collage_core.run.ordered_csv import is_ordered_copy
from collage_core.settings import Settings


@dataclass(frozen=True, slots=True)
class FillSources:
    """The CSVs that a fill is made of."""

    rows: CsvSource
    """The CSV of the parent."""
    updates: Sequence[CsvSource] = ()
    """CSVs with fresh URLs as they were uploaded, the oldest first."""


def sources_of(store: S3Store, settings: Settings, fill: Fill) -> FillSources:
    """Where the rows of a fill are now: where they were worked on, or in the archive.

    Raises MessageError when some are in neither place.
    """
    return FillSources(
        _rows_of_run(store, settings, fill.parent),
        [_upload_of(store, update) for update in fill.updates],
    )


def _rows_of_run(store: S3Store, settings: Settings, manifest: Manifest) -> CsvSource:
    """Where the rows of a closed run are now: where its workers read them, or in the archive.

    Raises MessageError when they are in neither place.
    """
    source, timestamp = manifest.source, manifest.run_timestamp
    head = store.head(source.bucket, source.key)
    if head is not None and head.etag == source.etag:
        return source
    if is_ordered_copy(source, settings, manifest.run_id):
        origin = manifest.origin
        where = "its message" if origin is None else f"its CSV, s3://{origin.bucket}/{origin.key}"
        if origin is not None:
            archived = archived_key(origin.key, timestamp, is_upload=True)
            where += f" or {archived} there"
        fix = f"submit {where}, again, as a new run"
        if manifest.family is not None:  # an update has only some rows of its run
            fix = f"name the first run of its family instead, {manifest.family.run_id}"
        raise MessageError(
            f"the rows of run {manifest.run_id} have expired with {source.key} of bucket "
            f"{source.bucket}, and it cannot be filled: {fix}"
        )
    key = archived_key(source.key, timestamp, is_upload=False)
    copy = store.head(source.bucket, key)
    if copy is None or not was_moved(store, source, key):
        raise MessageError(
            f"the rows of run {manifest.run_id} are neither at s3://{source.bucket}/{source.key} "
            f"nor at {key} there: put the archived CSV back, or trigger a run over its window"
        )
    return CsvSource(source.bucket, key, copy.etag)


def _upload_of(store: S3Store, update: Manifest) -> CsvSource:
    """Where the CSV of an update is. The rows that were made of it expire with the temp bucket."""
    origin = update.origin
    if origin is None:
        raise ValueError(f"run {update.run_id} is no update")
    head = store.head(origin.bucket, origin.key)
    if head is not None and head.etag == origin.etag:
        return origin
    key = archived_key(origin.key, update.run_timestamp, is_upload=True)
    copy = store.head(origin.bucket, key)
    if copy is not None and (copy.etag == origin.etag or was_moved(store, origin, key)):
        return CsvSource(origin.bucket, key, copy.etag)
    raise MessageError(
        f"the fresh URLs of run {update.run_id} are neither at s3://{origin.bucket}/{origin.key} "
        f"nor at {key} there, and the pictures that it has added would be lost: put the CSV back "
        f"at {key}, byte for byte"
    )
