"""The pages about runs in the output bucket, which name creators and have thumbnails of some."""

from collections.abc import Iterable

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import ConditionFailedError, MessageError, RaceError
from collage_core.forgetting.creator_objects import CreatorObject
from collage_core.layout import keys
from collage_core.layout.creator_files import CreatorFile
from collage_core.report.without_creator import without_creator
from collage_core.storage.documents import HTML
from collage_core.storage.object_store import ObjectStore

_ROUNDS = 3


def reports_of(store: ObjectStore, bucket: str, objects: Iterable[CreatorObject]) -> list[str]:
    """The keys of the pages about the runs that made these objects: a LIST for each run."""
    files = (CreatorFile.of(item.key) for item in objects)
    seconds = sorted({file.timestamp for file in files if file is not None})
    return [
        key
        for second in seconds
        for key in store.list_keys(bucket, keys.reports_of_second(RunTimestamp.parse(second)))
    ]


def take_out_of_report(store: ObjectStore, bucket: str, key: str, creator: str) -> None:
    """Write a page again without the creator; one that is none of ours any more is deleted.

    Raises RaceError when it changes all the time.
    """
    for _ in range(_ROUNDS):
        try:
            _take_out(store, bucket, key, creator)
        except ConditionFailedError:
            continue  # its run was closed again meanwhile
        return
    raise RaceError(
        f"{key} in bucket {bucket} is written all the time: begin again when no run is under way"
    )


def _take_out(store: ObjectStore, bucket: str, key: str, creator: str) -> None:
    found, head = store.get(bucket, key), store.head(bucket, key)
    if found is None or head is None:
        return
    try:
        left = without_creator(found.body, creator)
    except MessageError:
        store.delete_as_seen(bucket, key, etag=found.etag)
        return
    if left is not None:
        store.put(
            bucket,
            key,
            left,
            content_type=HTML,
            metadata=head.metadata,
            if_etag=found.etag,
        )
