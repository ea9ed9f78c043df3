"""Which creators of a closed run were forgotten since, although nothing says who was forgotten.

The receipt of a creator that was forgotten names nobody. It says that somebody was; and of a
creator who was, the objects are gone that the record of the run names.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from msgspec import UnsetType

from collage_core.contract.receipt import CreatorResult
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from collage_core.settings import Settings
from collage_core.storage.documents import READERS
from collage_core.storage.object_store import ObjectStore

_TS_LENGTH = len("YYYYMMDD_HHMMSS")

_MANY = 1000
"""A worker that closes a run of 60,000 creators has no time for a request for each."""


def forgotten_since(
    store: ObjectStore, settings: Settings, run: RunTimestamp, results: Iterable[CreatorResult]
) -> frozenset[str]:
    """Those creators of a closed run of this second who were forgotten since.

    A creator was, if somebody was forgotten after that second, and the creator's metadata and
    collage of the run are gone. Without a receipt of that time this is one LIST. With one it is a
    HEAD for each creator, and another one for those without metadata; many creators are first
    looked for in a listing of the day's metadata, a LIST for each thousand.
    """
    bucket = settings.output_bucket
    listed = store.list_keys(bucket, keys.FORGOTTEN)
    last = max((key.rpartition("/")[2][:_TS_LENGTH] for key in listed), default="")
    if last < run:
        return frozenset()

    # Of others there is nothing that could be gone.
    looked_for = [
        result
        for result in results
        if isinstance(result.objects, UnsetType) or "metadata" in result.objects
    ]
    if len(looked_for) > _MANY:
        there = {*store.list_keys(bucket, keys.metadata_of_day(run))}
        looked_for = [one for one in looked_for if keys.metadata(one.creator, run) not in there]

    def name_if_gone(result: CreatorResult) -> str | None:
        made = (keys.metadata(result.creator, run), result.collage_key)
        is_there = any(key is not None and store.head(bucket, key) is not None for key in made)
        return None if is_there else result.creator

    with ThreadPoolExecutor(READERS) as pool:
        return frozenset(name for name in pool.map(name_if_gone, looked_for) if name is not None)
