"""Which runs a person wants stopped, as one line of text names them, and how that is done."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

from collage_core.layout import keys
from collage_core.run.stop import keep_stopped, lift_all, see_stop
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore

ALL = "all"
"""In place of a run: all runs."""

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
    ask: Callable[[], StopRequest],
    why: Callable[[str], str],
    *,
    made_by: str,
) -> tuple[StopRequest, bool]:
    """Stop what is asked for, and let all runs go on if nobody asks for that.

    The answer is what `ask` said, and whether all runs go on since now. `why` gives the reason of a
    stop by a name, which begins with `made_by`. Single runs are only stopped here: who wants one to
    go on sends its chunks, too. Names that are no run's id are left to whoever knows them, and a
    stop of all runs that somebody else has made stays. Raises RaceError when all runs are stopped
    once more at the moment at which they would go on.
    """
    seen = see_stop(store, settings, None)
    request = ask()
    for name in request.runs:
        if store.head(settings.temp_bucket, keys.manifest(name)) is not None:
            keep_stopped(store, settings, name, why(name))
    if request.stops_all:
        keep_stopped(store, settings, None, why(ALL))
        return request, False
    if seen is None or not seen.stop.reason.startswith(made_by):
        return request, False
    lift_all(store, settings, seen)
    return request, True


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
