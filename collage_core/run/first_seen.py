"""Since when the URLs of covers are known to be dead: the first refresh list that named them."""

import csv
import io
import logging
from collections.abc import Iterator, Mapping
from datetime import datetime

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.months import first_second, month_before
from collage_core.storage.object_store import ListedObject, ObjectStore

log = logging.getLogger(__name__)

_MOST_BYTES = 64 * 1024 * 1024
"""Of lists that are read, the newest first: 330,000 covers, in 4 seconds and 120 MB, measured."""

_TS_LENGTH = len("YYYYMMDD_HHMMSS")


def first_seen_before(store: ObjectStore, bucket: str, run: RunTimestamp) -> Mapping[str, str]:
    """When each picture in an earlier refresh list was first seen, in ISO 8601.

    The lists are those of runs before this second, in its month and in the month before. Each says
    of its pictures what the lists before it had said, so nothing older is needed. What cannot be
    read as a list is left out, with a warning.
    """
    found: dict[str, str] = {}
    left = _MOST_BYTES
    for second, item in _lists_before(store, bucket, run):
        left -= item.bytes
        if left < 0:
            log.info("%s and older refresh lists are not read: there are too many", item.key)
            break
        stored = store.get(bucket, item.key)
        if stored is None:
            continue
        try:
            for picture, seen in _pictures(stored.body, second):
                found[picture] = min(seen, found.get(picture, seen))
        except (csv.Error, ValueError, KeyError) as error:
            log.warning("%s is no refresh list any more: %r", item.key, error)
    return found


def _lists_before(
    store: ObjectStore, bucket: str, run: RunTimestamp
) -> Iterator[tuple[RunTimestamp, ListedObject]]:
    """The lists before this run, the newest first."""
    for month in (run, first_second(month_before(run.month))):
        prefix = keys.refresh_lists_of_month(month)
        for item in sorted(store.list_objects(bucket, prefix), key=_key, reverse=True):
            try:
                second = RunTimestamp.parse(item.key.removeprefix(prefix)[:_TS_LENGTH])
            except MessageError:
                continue
            if second < run:
                yield second, item


def _key(item: ListedObject) -> str:
    return item.key


def _pictures(body: bytes, second: RunTimestamp) -> Iterator[tuple[str, str]]:
    """Each picture of a list, and when it was first seen: by that list, if nothing says more."""
    own = second.moment.isoformat()
    text = io.TextIOWrapper(io.BytesIO(body), encoding="utf-8-sig", newline="")
    for row in csv.DictReader(text):
        yield row["picture"], min(_moment(row.get("first_seen"), own), own)


def _moment(text: str | None, otherwise: str) -> str:
    """A moment as lists have it; `otherwise` for anything else that a person has written there."""
    try:
        is_one = text is not None and datetime.fromisoformat(text).isoformat() == text
    except ValueError:
        is_one = False
    return text if text is not None and is_one and len(text) == len(otherwise) else otherwise
