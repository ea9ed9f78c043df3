"""What is in the folder of a run in the temp bucket, by as few listings as its state needs.

S3 lists 1000 objects at once, and to read such a list takes a tenth of a second of a processor. So
the documents about packs and the partial receipts, of which there may be one for each chunk, are
passed over. All functions give the objects by their keys.
"""

from collections.abc import Iterable
from itertools import takewhile

from collage_core.layout import keys
from collage_core.settings import Settings
from collage_core.storage.object_store import ListedObject, ObjectStore

type Objects = dict[str, ListedObject]


def work_on_chunks(store: ObjectStore, settings: Settings, run_id: str) -> Objects:
    """The receipts and the workers, with the notes between them.

    They are that the run is planned again, receipts that were set aside, the stop of the run, and
    the summary of a run that only keeps covers. One request, and one more for each 1000 objects.
    """
    after = _behind(keys.partial_receipts(run_id))
    return _by_key(store.list_objects(settings.temp_bucket, keys.run_folder(run_id), after=after))


def failures(store: ObjectStore, settings: Settings, run_id: str) -> Objects:
    """The documents about attempts that failed. One request, and one more for each 1000."""
    return _by_key(store.list_objects(settings.temp_bucket, keys.failed_messages(run_id)))


def failures_and_plan(store: ObjectStore, settings: Settings, run_id: str) -> Objects:
    """The same and the manifest, with the documents between them.

    One request, and one more for each 1000 objects. It is slower if the run has packs.
    """
    packs = keys.packs_of_chunks(run_id).encode()
    listed = store.list_objects(
        settings.temp_bucket,
        keys.run_folder(run_id),
        after=_behind(keys.dropped_messages(run_id)),
    )
    return _by_key(takewhile(lambda item: item.key.encode() < packs, listed))


def _by_key(listed: Iterable[ListedObject]) -> Objects:
    return {item.key: item for item in listed}


def _behind(folder: str) -> str:
    """What is sorted behind all keys of a folder: `0` follows `/`."""
    return f"{folder.removesuffix('/')}0"
