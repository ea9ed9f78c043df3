"""Which run a dropped CSV is: one, until that run is finished, however often it is dropped.

A small document says so, by the bucket, the key and the ETag of the CSV. It is written before the
run is planned, so a worker that is killed at any later moment leaves the name under which the next
one goes on. Only when that run is finished can the same bytes become another run (docs/adr/0031).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from collage_core.aws.s3_store import S3Store
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.reading import read
from collage_core.contract.upload_run import UploadRun
from collage_core.errors import ConditionFailedError, MessageError, RaceError
from collage_core.layout import keys
from collage_core.run.finish import is_finished
from collage_core.run.run import Run
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document

_MOST_TRIES = 5
"""Each one is lost to another worker that was told of the same object at the same moment."""


@dataclass(frozen=True, slots=True)
class ClaimedUpload:
    """The run that an uploaded object is."""

    named: UploadRun
    is_new: bool
    """Whether nobody has named it before, so that it cannot have been planned."""


def claim_upload(store: S3Store, settings: Settings, mine: UploadRun) -> ClaimedUpload:
    """The run that an uploaded object is: `mine`, or one of the same object that is not finished.

    It may be repeated. Raises MessageError for a manifest that cannot be read, and RaceError when
    other workers claim the object all the time.
    """
    bucket, key, document = settings.temp_bucket, _key(mine.origin), to_document(mine)
    for _ in range(_MOST_TRIES):
        try:
            store.put(bucket, key, document, content_type=JSON, if_absent=True)
        except ConditionFailedError:
            pass
        else:
            return ClaimedUpload(mine, is_new=True)
        stored = store.get(bucket, key)
        if stored is None:
            continue
        named = _parse(stored.body)
        if named is not None and (
            named.run_id == mine.run_id or not _is_over(store, settings, named)
        ):
            return ClaimedUpload(named, is_new=False)
        # An event of a run before this one may come late. It is no new upload.
        if Run.find(store, settings, mine.run_id) is not None:
            return ClaimedUpload(mine, is_new=False)
        try:
            store.put(bucket, key, document, content_type=JSON, if_etag=stored.etag)
        except ConditionFailedError:
            continue
        return ClaimedUpload(mine, is_new=True)
    raise RaceError(
        f"s3://{bucket}/{key} is being written by other workers: nothing to fix, try again"
    )


def unfinished_run(store: S3Store, settings: Settings, mine: UploadRun) -> Run[S3Store] | None:
    """The run of an object that is not in its place any more; None if nothing is left to do.

    Raises MessageError for a manifest that cannot be read.
    """
    for run_id in _run_ids(store, settings, mine):
        run = Run.find(store, settings, run_id)
        if run is not None and not is_finished(run):
            return run
    return None


def _run_ids(store: S3Store, settings: Settings, mine: UploadRun) -> Iterator[str]:
    """The runs that the object may have become; the last one is looked up only if it is needed."""
    yield mine.run_id
    stored = store.get(settings.temp_bucket, _key(mine.origin))
    named = None if stored is None else _parse(stored.body)
    if named is not None and named.run_id != mine.run_id:
        yield named.run_id


def _is_over(store: S3Store, settings: Settings, named: UploadRun) -> bool:
    run = Run.find(store, settings, named.run_id)
    # Without a manifest, its worker died before it had planned anything.
    return run is not None and is_finished(run)


def _parse(body: bytes) -> UploadRun | None:
    """None for what nobody can read: it keeps no CSV from being worked on."""
    try:
        return read(body, UploadRun)
    except MessageError:
        return None


def _key(source: CsvSource) -> str:
    identity = f"{source.bucket}\n{source.key}\n{source.etag}"
    return keys.upload_run(hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest())
