"""Starts the covers of the next creators before the present one is done, within a bound."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass

from collage_core.covers.grouping import CreatorRows
from collage_core.covers.rows import CoverRow
from collage_core.worker.recipe import Selection


@dataclass(frozen=True, slots=True)
class StartedCreator[Cover]:
    """A creator whose covers are being loaded."""

    group: CreatorRows
    selection: Selection
    covers: list[Future[Cover]]
    """In the order of the selected rows. The creator that was started last may not have all yet."""


class ReadAhead[Cover]:
    """The creators that are being loaded, in their order. Their covers are started one by one."""

    def __init__(
        self,
        creators: Iterator[tuple[CreatorRows, Selection]],
        *,
        start: Callable[[CoverRow], Future[Cover]],
        most: int,
    ) -> None:
        """At most `most` covers are loaded at a time, or those of one creator if it has more."""
        self._creators = creators
        self._start = start
        self._room = most
        self._started: deque[StartedCreator[Cover]] = deque()
        self._unstarted: deque[CoverRow] = deque()
        """Rows of the creator that was started last."""

    def __bool__(self) -> bool:
        return bool(self._started)

    def fill(self) -> None:
        """Start covers while there is room."""
        while self._room > 0:
            if self._unstarted:
                self._start_cover_of(self._started[-1])
            elif not self._begin_creator():
                return

    def pop(self) -> StartedCreator[Cover]:
        """The first creator, with all its covers. Their room is free for the next ones."""
        creator = self._started.popleft()
        while self._unstarted and not self._started:
            self._start_cover_of(creator)
        self._room += len(creator.covers)
        return creator

    def _begin_creator(self) -> bool:
        for group, selection in self._creators:
            self._started.append(StartedCreator(group, selection, []))
            self._unstarted.extend(selection.selected)
            return True
        return False

    def _start_cover_of(self, creator: StartedCreator[Cover]) -> None:
        creator.covers.append(self._start(self._unstarted.popleft()))
        self._room -= 1
