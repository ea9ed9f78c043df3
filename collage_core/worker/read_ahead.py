"""Starts the covers of the next creators before the present one is done, within a bound."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from itertools import chain
from threading import Lock

from collage_core.covers.grouping import CreatorRows
from collage_core.covers.rows import CoverRow
from collage_core.worker.recipe import Selection

type Start[Cover] = Callable[[StartedCreator[Cover], CoverRow], Future[Cover]]
"""Starts to load one cover of a creator."""


class StartedCreator[Cover]:
    """A creator whose covers are being loaded."""

    def __init__(self, group: CreatorRows, selection: Selection, start: Start[Cover]) -> None:
        self.group = group
        self.selection = selection
        self._start = start
        self._unstarted = deque(selection.selected)
        self._selected: list[Future[Cover]] = []
        self._next_reserves = iter(selection.reserves)
        self._reserves: list[Future[Cover]] = []
        self._lock = Lock()

    @property
    def covers(self) -> Iterator[Future[Cover]]:
        """The selected covers, then their reserves, also those that are started meanwhile.

        Wait for each before the next one: a reserve is started before the cover that it replaces
        is done.
        """
        return chain(self._selected, self._reserves)

    @property
    def selected_started(self) -> int:
        """How many selected covers have been started. The creator started last may have more."""
        return len(self._selected)

    def start_selected(self) -> bool:
        """Start the next selected cover; whether there was one."""
        if self._unstarted:
            self._selected.append(self._start(self, self._unstarted.popleft()))
            return True
        return False

    def start_reserve(self) -> None:
        """Start the next reserve, if there is one. Called from many threads."""
        with self._lock:
            for row in self._next_reserves:
                self._reserves.append(self._start(self, row))
                return


class ReadAhead[Cover]:
    """The creators that are being loaded, in their order. Their covers are started one by one."""

    def __init__(
        self,
        creators: Iterator[tuple[CreatorRows, Selection]],
        *,
        start: Start[Cover],
        most: int,
    ) -> None:
        """At most `most` covers are loaded at a time, or those of one creator if it has more.

        A reserve is not counted: it has the place of the cover that failed.
        """
        self._creators = creators
        self._start = start
        self._room = most
        self._started: deque[StartedCreator[Cover]] = deque()

    def __bool__(self) -> bool:
        return bool(self._started)

    def fill(self) -> None:
        """Start covers while there is room."""
        while self._room > 0:
            if self._started and self._started[-1].start_selected():
                self._room -= 1
            elif not self._begin_creator():
                return

    def pop(self) -> StartedCreator[Cover]:
        """The first creator, with all selected covers. Their room is free for the next ones."""
        creator = self._started.popleft()
        self._room += creator.selected_started
        while creator.start_selected():
            pass
        return creator

    def _begin_creator(self) -> bool:
        for group, selection in self._creators:
            self._started.append(StartedCreator(group, selection, self._start))
            return True
        return False
