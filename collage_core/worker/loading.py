"""The covers of a chunk as parts, creator by creator, loaded ahead of the recipe that uses them.

Covers of all creators share two pools: many threads that download, and one for each processor
that decodes. A file is freed as soon as it is a part. The files in memory are bounded by the
source and by FILES_AHEAD, the parts by PART_BYTES_AHEAD.

A cover that fails starts the next reserve of its creator at once, ahead of the covers of later
creators. No cover is fetched that may turn out not to be needed, so which covers are fetched does
not depend on which of them come first.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Self

from collage_core.contract.reasons import Reason
from collage_core.covers.grouping import CreatorRows
from collage_core.covers.public_url import shown
from collage_core.covers.rows import CoverRow
from collage_core.sources.result import Answer, Failed, Fetched
from collage_core.sources.source import Source
from collage_core.worker.attempt import UNWATCHED, Attempt
from collage_core.worker.keeping import CoverKeeper
from collage_core.worker.machine import MACHINE, Machine
from collage_core.worker.priority_pool import PriorityPool
from collage_core.worker.read_ahead import ReadAhead, StartedCreator
from collage_core.worker.recipe import Recipe, Selection
from collage_core.worker.stopwatch import Stopwatch
from collage_core.worker.writing import WrittenCreator

log = logging.getLogger(__name__)

PART_BYTES_AHEAD = 67_200_000
"""Memory of the parts that may be loading or waiting, besides those of the creator being made. For
collages that is four creators with a 5x7 grid of 300x400, or a part of one creator with a larger
grid. Less leaves downloads idle, more gains nothing."""

FILES_AHEAD = 16
"""Downloaded files that may be decoding or waiting for it. A thread that has one more waits with
it. So a thread starts its next download at once as long as decoding keeps up."""

START_SECONDS = 15.0
"""No creator is started with less time than this."""

FINISH_SECONDS = 5.0
"""Kept for making and writing the last creator; loading ends before, and no reserve is started."""


@dataclass(frozen=True, slots=True)
class LoadedCreator[Part]:
    """A creator's rows and what became of those that were fetched."""

    group: CreatorRows
    selection: Selection
    covers: list[Part | str]
    """One per selected row, then one per reserve that was needed, in their order: its part, or the
    reason why there is none."""

    done_before: WrittenCreator | None = None
    """A creator that was done before; then no cover was asked for."""

    @property
    def asked_and_not_needed(self) -> tuple[list[CoverRow], list[CoverRow]]:
        """The row of each of `covers`, and the reserves that were not fetched."""
        rows = [*self.selection.selected, *self.selection.reserves]
        return rows[: len(self.covers)], rows[len(self.covers) :]

    @property
    def ran_out_of_time(self) -> bool:
        """Whether some covers were given up because the worker's own time was up."""
        return any(isinstance(cover, str) and cover == Reason.OUT_OF_TIME for cover in self.covers)


type OnFailedAnswer = Callable[[CoverRow, str, Answer], None]
"""Called with a cover, the reason why it failed, and the 2xx answer."""

type DoneBefore = Callable[[CreatorRows], WrittenCreator | None]
"""What is written of the creator of these rows; None for one that is not done already."""

type _Decoding[Part] = Future[Part | Reason]
type _Cover[Part] = _Decoding[Part] | str
"""The result of a download: the part that is being decoded, or why there is none."""
type _Started[Part] = StartedCreator[_Cover[Part]]


class CoverLoader[Part]:
    """The pools of threads. Leaving the context abandons downloads and decoding in progress."""

    def __init__(  # noqa: PLR0913 - what is loaded, how, and on what
        self,
        recipe: Recipe[Part],
        source: Source,
        *,
        downloads: int,
        seconds_left: Callable[[], float],
        stopwatch: Stopwatch,
        done_before: DoneBefore | None = None,
        on_failed_answer: OnFailedAnswer | None = None,
        keeper: CoverKeeper | None = None,
        attempt: Attempt = UNWATCHED,
        machine: Machine = MACHINE,
    ) -> None:
        """`downloads` are made at once; `seconds_left` counts down to zero.

        `stopwatch` counts "fetch" and "decode". `done_before` is asked for each creator, until it
        knows one of them not: creators are done in their order. `on_failed_answer` is called from
        many threads, and only if the source keeps answers. `attempt` is told which creators begin.
        """
        self._recipe = recipe
        self._source = source
        self._seconds_left = seconds_left
        self._stopwatch = stopwatch
        self._on_failed_answer = on_failed_answer
        self._keeper = keeper
        self._attempt = attempt
        self._done_before = done_before
        self._found_done: dict[int, WrittenCreator] = {}
        self._machine = machine
        self._downloads = PriorityPool(downloads, name="download", machine=machine)
        # Decoding keeps a processor busy. More threads than processors would only cost memory:
        # each thread keeps some of the memory that it has used.
        self._decoders = machine.executor(os.cpu_count(), name="decode")
        self._files_ahead = threading.BoundedSemaphore(FILES_AHEAD)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Do not wait: a name lookup cannot be interrupted, and may take longer than the time
        # that is left.
        self._downloads.shutdown()
        self._decoders.shutdown(wait=False, cancel_futures=True)

    def creators(
        self,
        groups: Iterator[CreatorRows],
        *,
        before_waiting: Callable[[int], object] = lambda _: None,
    ) -> Iterator[LoadedCreator[Part]]:
        """The creators of `groups` in their order, each when its covers are loaded.

        `before_waiting` is called with the offset of a creator whose covers are not loaded yet, and
        ends all if it raises.

        When time runs short this ends early and leaves `groups` at the first creator that was
        not started. The first creator is always started, so that even a worker with too little
        time makes progress.

        If the attempt is careful, a creator is begun when the one before is done: `before_waiting`
        is called with the offset of each, and returns when what is before it is saved.
        """
        careful = self._attempt.is_careful
        ahead = ReadAhead(
            self._in_time(groups, before_waiting if careful else None),
            start=self._start,
            most=1 if careful else max(PART_BYTES_AHEAD // self._recipe.part_bytes, 1),
        )
        ahead.fill()
        while ahead:
            started = ahead.pop()
            if not all(_is_loaded(cover) for cover in started.covers):
                before_waiting(started.group.offset)
            loaded = self._finished(started)
            del started
            if not careful:
                ahead.fill()  # so that the next ones are loaded while this one is made
            yield loaded
            if careful:
                ahead.fill()

    def _in_time(
        self, groups: Iterator[CreatorRows], before_each: Callable[[int], object] | None
    ) -> Iterator[tuple[CreatorRows, Selection]]:
        """The creators that there is time to start, and what is selected of each."""
        is_first = True
        while is_first or self._seconds_left() >= START_SECONDS:
            group = next(groups, None)
            if group is None:
                return
            if before_each is not None and not is_first:
                before_each(group.offset)
            is_first = False
            done = self._find_done(group)
            if done is None and group.creator is not None:
                self._attempt.begin(group.offset, group.creator)
            yield group, Selection([], [], []) if done else self._recipe.select(group.rows)

    def _find_done(self, group: CreatorRows) -> WrittenCreator | None:
        if self._done_before is None or group.creator is None:
            return None
        done = self._done_before(group)
        if done is None:
            self._done_before = None
        else:
            self._found_done[group.offset] = done
        return done

    def _finished(self, started: _Started[Part]) -> LoadedCreator[Part]:
        covers = [self._result(cover) for cover in started.covers]
        done_before = self._found_done.pop(started.group.offset, None)
        return LoadedCreator(started.group, started.selection, covers, done_before)

    def _start(self, creator: _Started[Part], row: CoverRow) -> Future[_Cover[Part]]:
        if self._attempt.is_set_aside(creator.group.offset):
            given_up: Future[_Cover[Part]] = self._machine.future()
            given_up.set_result(Reason.WORKER_DIED)
            return given_up
        # The place of a creator is where it begins in the CSV: the creator that is made next comes
        # first, also with a reserve that is started last.
        return self._downloads.submit(creator.group.offset, partial(self._load, creator, row))

    def _load(self, creator: _Started[Part], row: CoverRow) -> _Cover[Part]:
        url, start = row.url, self._machine.monotonic()
        with self._stopwatch.stage("fetch"):
            # The time is read twice: looking into packs may take a part of it.
            fetched = self._kept(row) or self._source.fetch(url, seconds_left=self._seconds)
        if isinstance(fetched, Failed):
            self._replace(creator, fetched.reason)
            self._report_failure(row, fetched.reason, fetched.answer)
            return fetched.reason
        milliseconds = (self._machine.monotonic() - start) * 1000
        log.debug(
            "Fetched %s: %d bytes in %.0f ms", shown(row.url), len(fetched.body), milliseconds
        )
        with ExitStack() as taken:
            # Keep only the room of `fetched`: its body would stay in memory as long as the part.
            taken.enter_context(fetched.room)
            taken.enter_context(self._files_ahead)
            decoding = self._decoders.submit(self._decode, creator, row, fetched)
            until_decoded = taken.pop_all()
        # Not in `_decode`, which never runs when the work is abandoned before it starts.
        decoding.add_done_callback(lambda _: until_decoded.close())
        return decoding

    @property
    def _seconds(self) -> float:
        """Time to get a cover."""
        return self._seconds_left() - FINISH_SECONDS

    def _kept(self, row: CoverRow) -> Fetched | None:
        return None if self._keeper is None else self._keeper.find(row, seconds_left=self._seconds)

    def _decode(self, creator: _Started[Part], row: CoverRow, fetched: Fetched) -> Part | Reason:
        with self._stopwatch.stage("decode"):
            cover = self._recipe.decode(fetched.body)
        if isinstance(cover, Reason):
            self._replace(creator, cover)
            self._report_failure(row, cover, fetched.answer)
        elif self._keeper is not None:
            with self._stopwatch.stage("keep"):
                self._keeper.keep(row, fetched)
        return cover

    def _replace(self, creator: _Started[Part], reason: str) -> None:
        """Start a reserve for a cover that failed, before that cover is done: see `covers`."""
        if reason != Reason.OUT_OF_TIME and self._seconds_left() > FINISH_SECONDS:
            creator.start_reserve()

    def _report_failure(self, row: CoverRow, reason: str, answer: Answer | None) -> None:
        log.warning("Failed to download %s: %s", shown(row.url), reason)
        # Not near the end: it takes time, and the cover would then end as out_of_time.
        if answer and self._on_failed_answer and self._seconds_left() > FINISH_SECONDS:
            self._on_failed_answer(row, reason, answer)

    def _result(self, cover: Future[_Cover[Part]]) -> Part | str:
        # Fetching keeps to the time by itself. This timeout is for work that cannot be interrupted.
        try:
            loaded = cover.result(timeout=self._patience())
            return loaded if isinstance(loaded, str) else loaded.result(timeout=self._patience())
        except TimeoutError:
            return Reason.OUT_OF_TIME

    def _patience(self) -> float:
        """Seconds to wait for a cover."""
        return min(max(self._seconds_left() - FINISH_SECONDS / 2, 0.0), threading.TIMEOUT_MAX)


def _is_loaded(cover: Future[_Cover[Any]]) -> bool:
    """Whether nobody has to wait for a cover."""
    if not cover.done() or cover.exception() is not None:
        return cover.done()
    loaded = cover.result()
    return isinstance(loaded, str) or loaded.done()
