"""The covers of a chunk as cells, creator by creator, loaded ahead of whoever composes them.

Covers of all creators share one pool of threads. Each thread downloads a cover and decodes
it at once, so that what waits is small cells and never whole files: the files in memory are
bounded by the fetcher, the cells by CELLS_AHEAD.
"""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from collage_core.fetch import Failed, Fetcher, shown
from collage_core.imaging import Cell, decode_cell
from collage_core.reasons import Reason
from collage_core.selection import CreatorRows, Selection, select
from collage_core.stopwatch import Stopwatch

log = logging.getLogger(__name__)

CELLS_AHEAD = 140
"""Cells that may wait or be under way besides those of the creator being composed: four
creators of a 5x7 grid, 67 MB. Fewer leave downloads idle, more gain nothing."""

START_SECONDS = 15.0
"""No creator is started with less time than this."""

FINISH_SECONDS = 5.0
"""Kept back from loading, to compose and write the last creator."""


@dataclass(frozen=True, slots=True)
class LoadedCreator:
    """A creator's rows and what became of the selected ones."""

    group: CreatorRows
    selection: Selection
    covers: list[Cell | str]
    """One per selected row, in their order: its cell, or the reason why there is none."""

    @property
    def ran_out_of_time(self) -> bool:
        """Whether some covers were given up because the worker's own time was up."""
        return any(isinstance(cover, str) and cover == Reason.OUT_OF_TIME for cover in self.covers)


@dataclass(frozen=True, slots=True)
class _Started:
    group: CreatorRows
    selection: Selection
    covers: list[Future[Cell | str]]


class CoverLoader:
    """The pool of threads. Leaving the context abandons what is under way."""

    def __init__(
        self,
        fetcher: Fetcher,
        *,
        threads: int,
        covers_per_creator: int,
        seconds_left: Callable[[], float],
        stopwatch: Stopwatch,
    ) -> None:
        """`seconds_left` falls towards zero; `stopwatch` counts "fetch" and "decode"."""
        self._fetcher = fetcher
        self._covers_per_creator = covers_per_creator
        self._seconds_left = seconds_left
        self._stopwatch = stopwatch
        # Decoding is the work of a processor: more at once than there are only costs memory.
        self._decoders = threading.BoundedSemaphore(os.cpu_count() or 1)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="cover")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Not waited for: a look-up of a name cannot be interrupted, and may outlive the
        # time that is left.
        self._pool.shutdown(wait=False, cancel_futures=True)

    def creators(self, groups: Iterator[CreatorRows]) -> Iterator[LoadedCreator]:
        """The creators of `groups` in their order, each when its covers are loaded.

        When time runs short this ends early and leaves `groups` at the first creator that
        was not started. The first creator of all is always started, so that a worker that
        is given too little time still gets on.
        """
        ahead: deque[_Started] = deque()
        cells_ahead = 0
        is_first = True
        while is_first or self._seconds_left() >= START_SECONDS:
            group = next(groups, None)
            if group is None:
                break
            is_first = False
            selection = select(group.rows, self._covers_per_creator)
            while ahead and cells_ahead + len(selection.selected) > CELLS_AHEAD:
                cells_ahead -= len(ahead[0].covers)
                yield self._finished(ahead.popleft())
            ahead.append(self._start(group, selection))
            cells_ahead += len(selection.selected)
        while ahead:
            yield self._finished(ahead.popleft())

    def _start(self, group: CreatorRows, selection: Selection) -> _Started:
        covers = [self._pool.submit(self._load, row.url) for row in selection.selected]
        return _Started(group, selection, covers)

    def _finished(self, started: _Started) -> LoadedCreator:
        covers = [self._result(cover) for cover in started.covers]
        return LoadedCreator(started.group, started.selection, covers)

    def _load(self, url: str) -> Cell | str:
        start = time.perf_counter()
        with self._stopwatch.stage("fetch"):
            seconds = self._seconds_left() - FINISH_SECONDS
            fetched = self._fetcher.fetch(url, seconds_left=seconds)
        if isinstance(fetched, Failed):
            cover: Cell | str = fetched.reason
        else:
            milliseconds = (time.perf_counter() - start) * 1000
            log.debug(
                "Fetched %s: %d bytes in %.0f ms", shown(url), len(fetched.body), milliseconds
            )
            with fetched, self._decoders, self._stopwatch.stage("decode"):
                cover = decode_cell(fetched.body)
        if isinstance(cover, str):
            log.warning("Failed to download %s: %s", shown(url), cover)
        return cover

    def _result(self, cover: Future[Cell | str]) -> Cell | str:
        # Fetching keeps to the time by itself. Only what cannot be interrupted is left behind.
        seconds = self._seconds_left() - FINISH_SECONDS / 2
        try:
            return cover.result(timeout=min(max(seconds, 0.0), threading.TIMEOUT_MAX))
        except TimeoutError:
            return Reason.OUT_OF_TIME
