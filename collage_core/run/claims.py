"""A second of its own for each run, claimed beside the metadata that it protects.

The keys of collages, thumbnails and metadata contain a creator and a second. Two runs with the
same second would overwrite each other's objects of every creator that is in both, and the books of
both would count them. So a claim lasts as long as those objects do (docs/adr/0012).

A run whose CSV came from outside moves on to the next free second, because `aws s3 cp --recursive`
uploads many CSVs within one second. A run of Airflow gets the second of its DAG run or is refused:
every task must find the same keys again from the DAG run alone.
"""

from collections.abc import Iterator
from itertools import chain, islice

from msgspec import Struct

from collage_core.contract.fields import Text
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import ConditionFailedError, RaceError, RunConflictError
from collage_core.layout import keys
from collage_core.layout.schedule import outside_of_schedules
from collage_core.settings import Settings
from collage_core.storage.documents import read_document
from collage_core.storage.object_store import ObjectStore

_MOST_SECONDS = 900
"""How far a run may be moved: so many CSVs may be uploaded at once. Each costs a request of a few
ms."""


class _Owner(Struct):
    """The only field that is read of a run's summary."""

    run_id: Text


def claim_next_second(
    store: ObjectStore, settings: Settings, wanted: RunTimestamp, *, run_id: str
) -> RunTimestamp:
    """The first second from `wanted` on that no other run has; the same one when asked again.

    Seconds that are reserved for schedules are skipped, unless an earlier version, which reserved
    none, gave one to this run. Raises RaceError when _MOST_SECONDS in a row are taken, and
    MessageError as `claim_second` does.
    """
    had = _had_before(store, settings, wanted, run_id)
    for second in chain(had, islice(_seconds_for_anybody(wanted), _MOST_SECONDS)):
        if _claim(store, settings, second, run_id) == run_id:
            return second
    raise RaceError(
        f"run {run_id} found {_MOST_SECONDS} seconds from {wanted} on taken by other runs: "
        "upload its CSV again, some minutes later"
    )


def claim_second(
    store: ObjectStore, settings: Settings, second: RunTimestamp, *, run_id: str
) -> None:
    """Claim exactly this second; nothing happens when the run has it already.

    Raises RunConflictError when another run has it, RaceError when two runs claim it at the same
    moment, so that only a retry can tell which one has it, and MessageError when the second has a
    summary that cannot be read.
    """
    owner = _claim(store, settings, second, run_id)
    if owner is None:
        raise RaceError(f"{keys.claim(second)} is being claimed: try again")
    _require(owner, second, run_id)


def check_second(
    store: ObjectStore, settings: Settings, second: RunTimestamp, *, run_id: str
) -> None:
    """Raise the error that `claim_second` would raise now, without claiming anything."""
    _require(_owner(store, settings, second) or run_id, second, run_id)


def _had_before(
    store: ObjectStore, settings: Settings, wanted: RunTimestamp, run_id: str
) -> Iterator[RunTimestamp]:
    """The second that an earlier version gave this run, if `wanted` is reserved for schedules.

    Versions before ADR 12 gave a CSV from outside the first free second from `wanted` on. With
    another second, a message that is delivered again would make all its collages twice.
    """
    if outside_of_schedules(wanted) == wanted:
        return
    for later in range(_MOST_SECONDS):
        second = wanted.later(later)
        owner = _owner(store, settings, second)
        if owner == run_id:
            yield second
        if owner in {None, run_id}:
            return


def _seconds_for_anybody(wanted: RunTimestamp) -> Iterator[RunTimestamp]:
    second = outside_of_schedules(wanted)
    while True:
        yield second
        second = outside_of_schedules(second.later(1))


def _claim(store: ObjectStore, settings: Settings, second: RunTimestamp, run_id: str) -> str | None:
    """Which run has the second once this run has asked for it; None when two ask at once."""
    owner = _owner(store, settings, second)
    if owner not in {None, run_id}:
        return owner
    bucket, key = settings.output_bucket, keys.claim(second)
    try:
        store.put(bucket, key, run_id.encode(), content_type="text/plain", if_absent=True)
    except ConditionFailedError:
        return _owner(store, settings, second)
    return run_id


def _owner(store: ObjectStore, settings: Settings, second: RunTimestamp) -> str | None:
    """Which run has the second; None when it is free.

    Versions before ADR 12 wrote claims to the temp bucket, where they expire. The summaries of
    their runs do not expire.
    """
    for bucket, key in (
        (settings.output_bucket, keys.claim(second)),
        (settings.temp_bucket, keys.claimed_second(second)),
    ):
        claim = store.get(bucket, key)
        if claim is not None:
            return claim.body.decode(errors="replace")
    summary = read_document(
        store,
        settings.output_bucket,
        keys.processing_summary(second),
        _Owner,
    )
    return None if summary is None else summary.run_id


def _require(owner: str, second: RunTimestamp, run_id: str) -> None:
    if owner != run_id:
        raise RunConflictError(
            f"run timestamp {second} is already taken by run {owner}, whose collages run {run_id} "
            "would overwrite: trigger a new run"
        )
