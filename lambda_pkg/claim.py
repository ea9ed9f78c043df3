"""A second of its own for each run whose CSV came from outside.

The keys of collages hold a creator and a second. Two CSVs that are uploaded within one
second, as `aws s3 cp --recursive` does, would overwrite each other's collages of a creator
that is in both, and both books would count them.
"""

from datetime import timedelta

from collage_core import keys
from collage_core.run_timestamp import RunTimestamp
from collage_core.storage.object_store import StoreConflict
from lambda_pkg.services import Services

_MOST_SECONDS = 900
"""How far a run may be moved: as many CSVs handed in at once, each a request of a few ms."""


def claim_second(wanted: RunTimestamp, run_id: str, services: Services) -> RunTimestamp:
    """The first second from `wanted` on that no other run has; the same one when asked again.

    Raises StoreConflict when _MOST_SECONDS in a row are taken.
    """
    for later in range(_MOST_SECONDS):
        second = RunTimestamp.of(wanted.moment + timedelta(seconds=later))
        if _claim(second, run_id, services):
            return second
    raise StoreConflict(
        f"run {run_id} found {_MOST_SECONDS} seconds from {wanted} on taken by other runs: "
        "hand its CSV in again, some minutes later"
    )


def _claim(second: RunTimestamp, run_id: str, services: Services) -> bool:
    store, bucket = services.store, services.settings.temp_bucket
    key, owner = keys.claimed_second(second), run_id.encode()
    try:
        store.put(bucket, key, owner, content_type="text/plain", if_absent=True)
    except StoreConflict:
        found = store.get(bucket, key)
        return found is not None and found.body == owner
    return True
