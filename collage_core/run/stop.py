"""Stops a run, or all runs, and lets them go on.

Workers look for the document before they begin, and every now and then. It is all that they need:
nothing is sent to them, so a stop works whatever has become of Airflow and of the queue.

Whoever lets a run go on may stand still between its decision and the request that deletes the
document, and the run may be stopped once more meanwhile. So only that document is deleted that was
there before the decision, and to ask for a stop that is there makes another document of it.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from msgspec.structs import replace

from collage_core.contract.reading import read
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.stop import Stop
from collage_core.errors import ConditionFailedError, MessageError, RaceError
from collage_core.layout import keys
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SeenStop:
    """What stopped a run, or all runs (None), when somebody looked."""

    run_id: str | None
    stop: Stop
    etag: str


def stop(store: ObjectStore, settings: Settings, run_id: str | None, reason: str) -> None:
    """Stop a run; None: all runs, also those that are not planned yet. It may be repeated.

    `reason` is one line for whoever wonders: who stopped it, and how to go on.
    """
    _write(store, settings, run_id, new_stop(run_id, reason))


def keep_stopped(store: ObjectStore, settings: Settings, run_id: str | None, reason: str) -> None:
    """Stop a run, or all; a stop that is there keeps its reason, and is renewed.

    Then whoever has seen it before does not lift it, and the lifecycle of the temp bucket, which
    deletes what is a week old, does not either.
    """
    found = read_stop(store, settings, run_id)
    if found is None:
        stop(store, settings, run_id, reason)
    else:
        _write(store, settings, run_id, renewed(found))


def new_stop(run_id: str | None, reason: str) -> Stop:
    """A stop that begins now."""
    return Stop(run_id=run_id, since=_now(), reason=reason)


def as_stop(body: bytes, bucket: str, run_id: str | None) -> Stop:
    """What a document of this bucket says that stops a run, or all runs (None).

    One that cannot be read stops, too: somebody has meant to stop.
    """
    try:
        return read(body, Stop)
    except MessageError as error:
        reason = f"{keys.stop(run_id)} in bucket {bucket} cannot be read: {error}"
        log.warning("%s: it counts as a stop", reason)
        return new_stop(run_id, reason)


def renewed(found: Stop) -> Stop:
    """A stop that is asked for once more: never the same document, also within one second."""
    before, at = found.renewed, _now()
    return replace(found, renewed=at if before is None or at > before else before.later(1))


def go_on(store: ObjectStore, settings: Settings, seen: SeenStop) -> None:
    """Let workers work again on what was seen to be stopped; other stops stay.

    Look before you find out whether the run may go on: what is stopped after that stays stopped.
    Nothing is sent: `dispatch` does that. Raises RaceError when it was stopped once more since it
    was seen.
    """
    key = keys.stop(seen.run_id)
    try:
        store.delete_as_seen(settings.temp_bucket, key, etag=seen.etag)
    except ConditionFailedError as error:
        raise RaceError(
            f"{key} is another document than a moment ago: somebody stops "
            f"{seen.run_id or 'all runs'} just now; try again if it may go on"
        ) from error


def lift_all(store: ObjectStore, settings: Settings, seen: SeenStop) -> None:
    """Let workers work again on all runs, and note it for whoever sends their chunks again.

    The note is written first: nobody else would know which messages were dropped meanwhile. Raises
    RaceError as `go_on` does.
    """
    body, key = to_document(seen.stop), keys.lifted_stop()
    store.put(settings.temp_bucket, key, body, content_type=JSON)
    go_on(store, settings, seen)


def stopped(store: ObjectStore, settings: Settings, run_id: str | None) -> Stop | None:
    """What stops a run: all runs are stopped, or this one is; None if neither.

    A run that has no name yet (None) is stopped if all are.

    A document that cannot be read stops, too: somebody has meant to stop.
    """
    all_runs = read_stop(store, settings, None)
    if all_runs is not None or run_id is None:
        return all_runs
    return read_stop(store, settings, run_id)


def read_stop(store: ObjectStore, settings: Settings, run_id: str | None) -> Stop | None:
    """What stops exactly this run, or all runs (None)."""
    seen = see_stop(store, settings, run_id)
    return None if seen is None else seen.stop


def see_stop(store: ObjectStore, settings: Settings, run_id: str | None) -> SeenStop | None:
    """The same, for whoever may let it go on."""
    key = keys.stop(run_id)
    found = store.get(settings.temp_bucket, key)
    if found is None:
        return None
    return SeenStop(run_id, as_stop(found.body, settings.temp_bucket, run_id), found.etag)


def _write(store: ObjectStore, settings: Settings, run_id: str | None, document: Stop) -> None:
    body = to_document(document)
    store.put(settings.temp_bucket, keys.stop(run_id), body, content_type=JSON)


def _now() -> RunTimestamp:
    return RunTimestamp.of(datetime.now(UTC))
