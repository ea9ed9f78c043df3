"""Stops a run, or all runs, and lets them go on.

Workers look for the document before they begin, and every now and then. It is all that they need:
nothing is sent to them, so a stop works whatever has become of Airflow and of the queue.
"""

import logging
from datetime import UTC, datetime

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.stop import Stop
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, read_document, to_document
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)


def stop(store: ObjectStore, settings: Settings, run_id: str | None, reason: str) -> None:
    """Stop a run; None: all runs, also those that are not planned yet. It may be repeated.

    `reason` is one line for whoever wonders: who stopped it, and how to go on.
    """
    since = RunTimestamp.of(datetime.now(UTC))
    document = to_document(Stop(run_id=run_id, since=since, reason=reason))
    store.put(settings.temp_bucket, keys.stop(run_id), document, content_type=JSON)


def go_on(store: ObjectStore, settings: Settings, run_id: str | None) -> None:
    """Let workers work again on a run, or on all that are not stopped themselves (None).

    Nothing is sent: `dispatch` does that.
    """
    store.delete_keys(settings.temp_bucket, [keys.stop(run_id)])


def lift_all(store: ObjectStore, settings: Settings, lifted: Stop) -> None:
    """Let workers work again on all runs, and note it for whoever sends their chunks again.

    The note is written first: nobody else would know which messages were dropped meanwhile.
    """
    body, key = to_document(lifted), keys.lifted_stop()
    store.put(settings.temp_bucket, key, body, content_type=JSON)
    go_on(store, settings, None)


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
    key = keys.stop(run_id)
    try:
        return read_document(store, settings.temp_bucket, key, Stop)
    except MessageError as error:
        log.warning("%s: it counts as a stop", error)
        since = RunTimestamp.of(datetime.now(UTC))
        return Stop(run_id=run_id, since=since, reason=f"{key} cannot be read: {error}")
