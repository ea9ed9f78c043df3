"""The covers of a chunk as cells, creator by creator, loaded ahead of whoever composes them.

Covers of all creators share two pools: many threads that download, and one for each processor
that decodes. A file is let go as soon as it is a cell. The files in memory are bounded by the
fetcher and by FILES_AHEAD, the cells by CELL_BYTES_AHEAD.
"""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from collage_core.contract.cell_size import CellSize
from collage_core.contract.reasons import Reason
from collage_core.covers.grouping import CreatorRows
from collage_core.covers.public_url import shown
from collage_core.covers.rows import CoverRow
from collage_core.pictures.imaging import Cell, decode_cell
from collage_core.recipes.collage.selection import Selection, select
from collage_core.sources.http.fetcher import Fetcher
from collage_core.sources.result import Answer, Failed
from collage_core.worker.stopwatch import Stopwatch

log = logging.getLogger(__name__)

CELL_BYTES_AHEAD = 67_200_000
"""Memory of the cells that may wait or be under way besides those of the creator being composed:
four creators of a 5x7 grid of 300x400, or a part of one with a larger grid. Less leaves
downloads idle, more gains nothing."""

FILES_AHEAD = 16
"""Downloaded files that may wait or be under way to become cells; the threads that have more
wait with them. So a thread goes on to the next download at once as long as decoding keeps up."""

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


type OnFailedAnswer = Callable[[CoverRow, str, Answer], None]
"""Is told a cover, the reason why it is none, and the 2xx that was answered."""

type _Decoding = Future[Cell | Reason]
type _Cover = Future[_Decoding | str]


@dataclass(frozen=True, slots=True)
class _Started:
    group: CreatorRows
    selection: Selection
    covers: list[_Cover]
    """In the order of the selected rows; of the creator that was started last, perhaps not all."""


class _Ahead:
    """Creators that are under way, in their order. Their covers are started one by one."""

    def __init__(
        self,
        creators: Iterator[tuple[CreatorRows, Selection]],
        *,
        start: Callable[[CoverRow], _Cover],
        cells: int,
    ) -> None:
        """At most `cells` covers are under way at a time, or one creator."""
        self._creators = creators
        self._start = start
        self._room = cells
        self._started: deque[_Started] = deque()
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

    def pop(self) -> _Started:
        """The first creator, with all its covers. They leave their room to the next ones."""
        creator = self._started.popleft()
        while self._unstarted and not self._started:
            self._start_cover_of(creator)
        self._room += len(creator.covers)
        return creator

    def _begin_creator(self) -> bool:
        for group, selection in self._creators:
            self._started.append(_Started(group, selection, []))
            self._unstarted.extend(selection.selected)
            return True
        return False

    def _start_cover_of(self, creator: _Started) -> None:
        creator.covers.append(self._start(self._unstarted.popleft()))
        self._room -= 1


class CoverLoader:
    """The pools of threads. Leaving the context abandons what is under way."""

    def __init__(  # noqa: PLR0913 - the limits of a chunk, and who is told of it
        self,
        fetcher: Fetcher,
        *,
        downloads: int,
        covers_per_creator: int,
        cell_size: CellSize,
        seconds_left: Callable[[], float],
        stopwatch: Stopwatch,
        on_failed_answer: OnFailedAnswer | None = None,
    ) -> None:
        """`seconds_left` falls towards zero; `stopwatch` counts "fetch" and "decode".

        `on_failed_answer` is called from many threads, and only if the fetcher keeps answers.
        """
        self._fetcher = fetcher
        self._covers_per_creator = covers_per_creator
        self._cell_size = cell_size
        self._seconds_left = seconds_left
        self._stopwatch = stopwatch
        self._on_failed_answer = on_failed_answer
        self._downloads = ThreadPoolExecutor(downloads, thread_name_prefix="download")
        # Decoding is the work of a processor. More threads than there are would only cost
        # memory: each keeps some of what it has used.
        self._decoders = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="decode")
        self._files_ahead = threading.BoundedSemaphore(FILES_AHEAD)

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
        self._downloads.shutdown(wait=False, cancel_futures=True)
        self._decoders.shutdown(wait=False, cancel_futures=True)

    def creators(self, groups: Iterator[CreatorRows]) -> Iterator[LoadedCreator]:
        """The creators of `groups` in their order, each when its covers are loaded.

        When time runs short this ends early and leaves `groups` at the first creator that
        was not started. The first creator of all is always started, so that a worker that
        is given too little time still gets on.
        """
        ahead = _Ahead(
            self._in_time(groups),
            start=lambda row: self._downloads.submit(self._load, row),
            cells=CELL_BYTES_AHEAD // self._cell_size.bytes,
        )
        ahead.fill()
        while ahead:
            loaded = self._finished(ahead.pop())
            ahead.fill()  # so that the next ones are loaded while this one is composed
            yield loaded

    def _in_time(self, groups: Iterator[CreatorRows]) -> Iterator[tuple[CreatorRows, Selection]]:
        """Those that there is time to start, and what is selected of each."""
        is_first = True
        while is_first or self._seconds_left() >= START_SECONDS:
            group = next(groups, None)
            if group is None:
                return
            is_first = False
            yield group, select(group.rows, self._covers_per_creator)

    def _finished(self, started: _Started) -> LoadedCreator:
        covers = [self._result(cover) for cover in started.covers]
        return LoadedCreator(started.group, started.selection, covers)

    def _load(self, row: CoverRow) -> _Decoding | str:
        url, start = row.url, time.perf_counter()
        with self._stopwatch.stage("fetch"):
            seconds = self._seconds_left() - FINISH_SECONDS
            fetched = self._fetcher.fetch(url, seconds_left=seconds)
        if isinstance(fetched, Failed):
            self._report_failure(row, fetched.reason, fetched.answer)
            return fetched.reason
        milliseconds = (time.perf_counter() - start) * 1000
        log.debug(
            "Fetched %s: %d bytes in %.0f ms", shown(row.url), len(fetched.body), milliseconds
        )
        with ExitStack() as taken:
            # Of `fetched` only the room: its body would be kept as long as the cell.
            taken.enter_context(fetched.room)
            taken.enter_context(self._files_ahead)
            decoding = self._decoders.submit(self._decode, row, fetched.body, fetched.answer)
            until_decoded = taken.pop_all()
        # Not at the end of `_decode`, which is never reached when the work is abandoned.
        decoding.add_done_callback(lambda _: until_decoded.close())
        return decoding

    def _decode(self, row: CoverRow, body: bytes, answer: Answer | None) -> Cell | Reason:
        with self._stopwatch.stage("decode"):
            cover = decode_cell(body, self._cell_size)
        if isinstance(cover, Reason):
            self._report_failure(row, cover, answer)
        return cover

    def _report_failure(self, row: CoverRow, reason: str, answer: Answer | None) -> None:
        log.warning("Failed to download %s: %s", shown(row.url), reason)
        # Near the end the reason itself would come too late, and the cover end as out_of_time.
        if answer and self._on_failed_answer and self._seconds_left() > FINISH_SECONDS:
            self._on_failed_answer(row, reason, answer)

    def _result(self, cover: Future[_Decoding | str]) -> Cell | str:
        # Fetching keeps to the time by itself. Only what cannot be interrupted is left behind.
        try:
            loaded = cover.result(timeout=self._patience())
            return loaded if isinstance(loaded, str) else loaded.result(timeout=self._patience())
        except TimeoutError:
            return Reason.OUT_OF_TIME

    def _patience(self) -> float:
        """Seconds to wait for a cover."""
        return min(max(self._seconds_left() - FINISH_SECONDS / 2, 0.0), threading.TIMEOUT_MAX)
