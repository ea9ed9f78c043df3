"""Objects that several workers change: no one's change is lost, and no lock is held."""

from collections.abc import Callable, Iterable, Mapping

from collage_core.errors import ConditionFailedError, RaceError
from collage_core.storage.object_store import ObjectStore

_MOST_TRIES = 20
"""Each lost race is one file written by another run. Statistics are three files, so another run
may cost up to three tries: about seven runs may end at once."""


def update_objects(
    store: ObjectStore,
    bucket: str,
    changing: Iterable[str],
    compose: Callable[[Mapping[str, bytes | None]], Mapping[str, bytes]],
    *,
    content_type: str,
) -> None:
    """Read the objects at these keys, compose them again and write those that changed.

    All of it is repeated when another worker was faster. What `compose` reads besides must be read
    inside of it: only then is it newer than the state that the conditions hold on to, and the last
    one to write has seen everything.

    Raises RaceError when others are faster all the time.
    """
    conflict: ConditionFailedError | None = None
    for _ in range(_MOST_TRIES):
        present = {key: store.get(bucket, key) for key in changing}
        composed = compose({key: found.body if found else None for key, found in present.items()})
        try:
            for key, body in composed.items():
                before = present[key]
                if before is None:
                    store.put(bucket, key, body, content_type=content_type, if_absent=True)
                elif before.body != body:
                    store.put(bucket, key, body, content_type=content_type, if_etag=before.etag)
        except ConditionFailedError as error:
            conflict = error
        else:
            return
    raise RaceError(
        f"{', '.join(changing)} in bucket {bucket} changed {_MOST_TRIES} times while being "
        "written: run this step again"
    ) from conflict
