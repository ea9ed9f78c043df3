"""A second of its own for each run, claimed in the temp bucket.

The keys of collages, thumbnails and metadata hold a creator and a second. Two runs of one second
would overwrite each other's objects of a creator that is in both, and both books would count them.

A run whose CSV came from outside moves on to the next free second, as many CSVs are handed in
within one second by `aws s3 cp --recursive`. A run of Airflow is its DAG run's second or is
refused: every task must find the same keys again from the DAG run alone.
"""

from datetime import timedelta

from collage_core import keys
from collage_core.errors import SettingError
from collage_core.run_timestamp import RunTimestamp
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore, StoreConflict

_MOST_SECONDS = 900
"""How far a run may be moved: as many CSVs handed in at once, each a request of a few ms."""


def claim_next_second(
    store: ObjectStore, settings: Settings, wanted: RunTimestamp, *, run_id: str
) -> RunTimestamp:
    """The first second from `wanted` on that no other run has; the same one when asked again.

    Raises StoreConflict when _MOST_SECONDS in a row are taken.
    """
    for later in range(_MOST_SECONDS):
        second = RunTimestamp.of(wanted.moment + timedelta(seconds=later))
        if _claim(store, settings, second, run_id) == run_id:
            return second
    raise StoreConflict(
        f"run {run_id} found {_MOST_SECONDS} seconds from {wanted} on taken by other runs: "
        "hand its CSV in again, some minutes later"
    )


def claim_second(
    store: ObjectStore, settings: Settings, second: RunTimestamp, *, run_id: str
) -> None:
    """Claim this very second; nothing happens when the run has it already.

    Raises SettingError when another run has it, and StoreConflict when that cannot be told
    because two claim it in this moment: who asks again will know.
    """
    owner = _claim(store, settings, second, run_id)
    if owner is None:
        raise StoreConflict(f"{keys.claimed_second(second)} is being claimed: try again")
    _require(owner, second, run_id)


def check_second(
    store: ObjectStore, settings: Settings, second: RunTimestamp, *, run_id: str
) -> None:
    """Raise the SettingError that `claim_second` would raise now, without claiming anything."""
    _require(_owner(store, settings, second) or run_id, second, run_id)


def _claim(store: ObjectStore, settings: Settings, second: RunTimestamp, run_id: str) -> str | None:
    """Who has the second after this run has asked for it; None when that cannot be told."""
    bucket, key = settings.temp_bucket, keys.claimed_second(second)
    try:
        store.put(bucket, key, run_id.encode(), content_type="text/plain", if_absent=True)
    except StoreConflict:
        return _owner(store, settings, second)
    return run_id


def _owner(store: ObjectStore, settings: Settings, second: RunTimestamp) -> str | None:
    found = store.get(settings.temp_bucket, keys.claimed_second(second))
    return None if found is None else found.body.decode(errors="replace")


def _require(owner: str, second: RunTimestamp, run_id: str) -> None:
    if owner != run_id:
        raise SettingError(
            f"the second {second} belongs to run {owner}, whose collages run {run_id} would "
            "overwrite: trigger a new run"
        )
