"""Which runs a person wants stopped, as one line of text names them, and how that is done."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from collage_core.layout import keys
from collage_core.run.stop import lift_all, read_stop, stop
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.object_store import ObjectStore

ALL = "all"
"""In place of a run: all runs."""

_RENEWED_AFTER = timedelta(days=1)
"""The lifecycle of the temp bucket would remove the document after a week, and with it the stop."""

_BETWEEN = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class StopRequest:
    """The names of runs that are to be stopped: their own, or those that Airflow has for them."""

    names: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """From names between commas or spaces. Nothing is no name."""
        return cls(tuple(dict.fromkeys(name for name in _BETWEEN.split(text) if name)))

    @property
    def stops_all(self) -> bool:
        """Whether all runs are to be stopped."""
        return any(name.lower() == ALL for name in self.names)

    @property
    def runs(self) -> tuple[str, ...]:
        """The names of single runs."""
        return tuple(name for name in self.names if name.lower() != ALL)

    def name_for(self, names: Iterable[str]) -> str | None:
        """Which of its names stops the run that has these names; None if none does."""
        if self.stops_all:
            return ALL
        return next((name for name in self.names if name in {*names}), None)


def write_through(
    store: ObjectStore,
    settings: Settings,
    request: StopRequest,
    why: Callable[[str], str],
    *,
    made_by: str,
) -> bool:
    """Stop what is asked for, and let all runs go on if nobody asks for that; whether that is new.

    `why` gives the reason of a stop by a name, which begins with `made_by`. Single runs are only
    stopped here: who wants one to go on sends its chunks, too. Names that are no run's id are left
    to whoever knows them, and a stop of all runs that somebody else has made stays.
    """
    bucket = settings.temp_bucket

    def is_there(key: str) -> bool:
        return store.head(bucket, key) is not None

    for name in request.runs:
        if is_there(keys.manifest(name)) and not is_there(keys.stop(name)):
            stop(store, settings, name, why(name))
    if request.stops_all:
        _stop_all(store, settings, why(ALL))
        return False
    found = read_stop(store, settings, None)
    if found is None or not found.reason.startswith(made_by):
        return False
    lift_all(store, settings, found)
    return True


def _stop_all(store: ObjectStore, settings: Settings, reason: str) -> None:
    """Stop all runs, or see to it that they stay stopped."""
    bucket, key = settings.temp_bucket, keys.stop(None)
    head, found = store.head(bucket, key), read_stop(store, settings, None)
    if head is None or found is None:
        stop(store, settings, None, reason)
    elif datetime.now(UTC) - head.written >= _RENEWED_AFTER:
        store.put(bucket, key, to_document(found), content_type=JSON)


def unknown_names(
    store: ObjectStore,
    settings: Settings,
    request: StopRequest,
    is_known: Callable[[str], bool],
) -> list[str]:
    """The names that are neither a run's id nor known otherwise: nothing is stopped by them."""
    return [
        name
        for name in request.runs
        if store.head(settings.temp_bucket, keys.manifest(name)) is None and not is_known(name)
    ]
