"""The engine: loads creators ahead, has a recipe make their objects, has them written, counts them.

It ends when all creators are done or the time is up. It knows neither what a recipe makes, nor
where covers come from, nor how objects get into the bucket.
"""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from collage_core.contract.receipt import CreatorResult
from collage_core.covers.grouping import CreatorRows
from collage_core.sources.source import Source
from collage_core.worker.accounts import Account, Entry
from collage_core.worker.attempt import UNWATCHED, Attempt
from collage_core.worker.keeping import CoverKeeper
from collage_core.worker.loading import (
    FINISH_SECONDS,
    CoverLoader,
    DoneBefore,
    LoadedCreator,
    OnFailedAnswer,
)
from collage_core.worker.machine import MACHINE, Machine
from collage_core.worker.mark import as_mark, from_mark
from collage_core.worker.recipe import Made, Recipe
from collage_core.worker.stopwatch import Stopwatch
from collage_core.worker.work import Work
from collage_core.worker.writing import CreatorWriter, UnwrittenCreator, WrittenCreator

log = logging.getLogger(__name__)

_REQUESTS = 4
"""At once, for the objects of a creator."""

_SAVE_SECONDS = 20.0
"""So often what is done is saved, so that no more than this has to be done again if the worker
dies. In that time a worker makes some two hundred other requests."""

type OnCreator = Callable[[CreatorResult], None]
"""Called for each creator that is done."""

type OnSave = Callable[[Work], None]
"""Called now and then with what is done so far. Its `stopped_at` is where the rest begins."""

type _Write = Callable[[], Entry]
"""Writes the objects of a creator; what the books count of it."""


@dataclass(frozen=True, slots=True)
class Engine[Part]:
    """Works on creators with one recipe. There is a drawing in `docs/adr/0013`.

    The objects of a creator are written while the next one is made. Creators are counted in their
    order, each when all of its objects are written.
    """

    recipe: Recipe[Part]
    source: Source
    writer: CreatorWriter
    """What it raises ends the work."""
    downloads: int
    """How many are made at once."""
    seconds_left: Callable[[], float]
    """Called often; counts down to the moment when the work must have returned."""
    on_creator: OnCreator | None = None
    on_failed_answer: OnFailedAnswer | None = None
    on_save: OnSave | None = None
    """Called in a thread of its own, one call at a time. What it raises ends the work."""
    keeper: CoverKeeper | None = None
    attempt: Attempt = UNWATCHED
    machine: Machine = MACHINE

    def work(self, groups: Iterator[CreatorRows]) -> Work:
        """Work on creators in their order until the time is up; the first one is always done.

        When the attempt is stopped, not even that: nothing more is done, and nothing more counted.
        """
        groups, done_before = self._begin(groups)
        stopwatch = Stopwatch(self.machine.monotonic)
        loader = CoverLoader(
            self.recipe,
            self.source,
            downloads=self.downloads,
            seconds_left=self.seconds_left,
            stopwatch=stopwatch,
            done_before=done_before,
            on_failed_answer=self.on_failed_answer,
            keeper=self.keeper,
            attempt=self.attempt,
            machine=self.machine,
        )
        with (
            stopwatch.stage("total"),
            loader,
            self.machine.executor(_REQUESTS, name="request") as requests,
            self.machine.executor(1, name="write") as writing,
            self.machine.executor(1, name="save") as saving,
        ):
            behind = _WritesBehind(self, stopwatch, writing, saving)
            work = self._work(loader, groups, stopwatch, requests, behind)
        return work.ended(stopped_at=work.stopped_at, milliseconds=stopwatch.milliseconds)

    def _work(
        self,
        loader: CoverLoader[Part],
        groups: Iterator[CreatorRows],
        stopwatch: Stopwatch,
        requests: Executor,
        behind: "_WritesBehind",
    ) -> Work:
        work = behind.work
        for creator in loader.creators(groups, before_waiting=behind.count):
            offset = creator.group.offset
            if self.attempt.is_stopped:
                work.stopped_at = offset
                break
            is_late = creator.ran_out_of_time or self.seconds_left() < FINISH_SECONDS
            if is_late and behind.has_begun:
                work.stopped_at = offset
                break
            write = self._make(creator, stopwatch, requests)
            del creator  # otherwise its parts stay in memory while the next ones are loaded
            behind.count(offset)
            behind.begin(write, offset)
            del write
        else:
            unstarted = next(groups, None)
            work.stopped_at = unstarted.offset if unstarted else None
        behind.end()
        return work

    def _begin(
        self, groups: Iterator[CreatorRows]
    ) -> tuple[Iterator[CreatorRows], DoneBefore | None]:
        """Prove that objects can be written; all groups, and how to find those done before."""
        read: list[CreatorRows] = []
        for group in groups:
            read.append(group)
            if group.creator is not None:
                places = self.recipe.places(group.creator)
                look = self.writer.begin(places)
                return chain(read, groups), self._done_before if look else None
        return iter(read), None

    def _done_before(self, group: CreatorRows) -> WrittenCreator | None:
        if group.creator is None:
            return None
        places = self.recipe.places(group.creator)
        return self.writer.done_before(places, group.creator, len(group.rows) + len(group.rejected))

    def _make(
        self, creator: LoadedCreator[Part], stopwatch: Stopwatch, requests: Executor
    ) -> _Write:
        """Have the objects of a creator made; a call that writes them."""
        mark, done_before = as_mark(creator.covers), creator.done_before
        account = Account.of(creator)
        if done_before or creator.group.creator is None:
            return partial(account.entry, done_before)
        with stopwatch.stage("compose"):
            made = self.recipe.make(account.ingredients(creator.group.creator))
        unwritten = UnwrittenCreator(
            self.recipe.places(creator.group.creator),
            made,
            mark,
            partial(self._complete, account.loaded),
        )

        def write() -> Entry:
            with stopwatch.stage("write"):
                return account.entry(self.writer.write(unwritten, requests))

        return write

    def _complete(self, creator: LoadedCreator[Part], mark: str, lead: bytes) -> Made:
        """What another worker has made of this creator, who got other answers for the covers."""
        covers = [object() if reason is None else reason for reason in from_mark(mark)]
        account = Account.of(LoadedCreator(creator.group, creator.selection, covers))
        if not account.placed:
            raise ValueError(f"{mark!r} places nothing, but there is a product")
        return self.recipe.complete(account.ingredients(creator.group.creator or ""), lead)

    def report(self, entry: Entry) -> None:
        """Say that a creator is written."""
        result = entry.result
        if result is None:
            return
        if result.collage_key:
            log.info(self.recipe.created_message, result.collage_key, result.rows.placed)
        if self.on_creator:
            self.on_creator(result)


class _WritesBehind:
    """The creator that is being written, and the work on those before it."""

    def __init__(
        self, engine: Engine[Any], stopwatch: Stopwatch, writing: Executor, saving: Executor
    ) -> None:
        self.work = Work()
        self.has_begun = False
        """Whether there is a creator at all that is written or being written."""
        self._engine = engine
        self._stopwatch = stopwatch
        self._writing = writing
        self._saving = saving
        self._being_written: Future[Entry] | None = None
        self._offset = 0
        """Of the creator that is being written."""
        self._being_saved: Future[None] | None = None
        self._saved_at = engine.machine.monotonic()

    def begin(self, write: _Write, offset: int) -> None:
        """Have the creator at `offset` written, after the one before was counted."""
        self.has_begun = True
        self._offset = offset
        self._being_written = self._writing.submit(write)

    def count(self, offset: int) -> None:
        """Count the creator that is being written, when it is; the rest begins at `offset`.

        Called before anything is waited for: an error of a write ends the work at once, and what is
        done is saved although the next creator is late. It is saved while the next ones are made;
        in a careful attempt, before this returns.

        Raises what the write, or saving before, has raised.
        """
        if self._being_written is None:
            return
        self._count_written()
        engine, now = self._engine, self._engine.machine.monotonic
        is_careful = engine.attempt.is_careful
        if engine.on_save and (is_careful or now() - self._saved_at >= _SAVE_SECONDS):
            self._end_saving()
            done = self.work.ended(stopped_at=offset, milliseconds=self._stopwatch.milliseconds)
            self._being_saved = self._saving.submit(engine.on_save, done)
            self._saved_at = now()
            if is_careful:
                self._end_saving()

    def end(self) -> None:
        """Count the last creator, and wait until what is being saved is saved."""
        self._count_written()
        self._end_saving()

    def _end_saving(self) -> None:
        being_saved, self._being_saved = self._being_saved, None
        if being_saved is not None:
            being_saved.result()

    def _count_written(self) -> None:
        being_written, self._being_written = self._being_written, None
        if being_written is not None:
            entry = being_written.result()
            self.work.add(entry)
            self._engine.attempt.end(self._offset)
            self._engine.report(entry)
