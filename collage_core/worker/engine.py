"""The engine: loads creators ahead, has a recipe make their objects, writes and counts them.

It ends when all creators are done or the time is up. It knows neither what a recipe makes nor
where covers come from.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Protocol

from collage_core.contract.books import Books, in_seconds
from collage_core.contract.date_counts import DateCounts
from collage_core.contract.receipt import CreatorResult
from collage_core.contract.rejected import RejectedRow
from collage_core.covers.grouping import CreatorRows
from collage_core.sources.source import Source
from collage_core.worker.accounts import Account
from collage_core.worker.loading import FINISH_SECONDS, CoverLoader, LoadedCreator, OnFailedAnswer
from collage_core.worker.machine import MACHINE, Machine
from collage_core.worker.recipe import NOTHING_MADE, ObjectToWrite, Recipe
from collage_core.worker.stopwatch import Stopwatch

log = logging.getLogger(__name__)

_WRITERS = 4
"""How many objects of a creator are written at once. For a collage: the collage, its copy, its
thumbnail and its metadata."""


class PutObject(Protocol):
    """Writes one object to the output bucket. Called from several threads at once."""

    def __call__(self, key: str, body: bytes, *, content_type: str) -> object: ...


type OnCreator = Callable[[CreatorResult], None]
"""Called for each creator that is done."""


@dataclass(slots=True)
class Work:
    """The results of the creators that were worked on."""

    books: Books = field(default_factory=Books)
    dates: DateCounts = field(default_factory=DateCounts)
    results: list[CreatorResult] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    failed_hosts: Counter[str] = field(default_factory=Counter)
    """Failed covers by the host in their URL."""
    stopped_at: int | None = None
    """The offset of the first creator that was not done in time; None when all are done."""


@dataclass(frozen=True, slots=True)
class Engine[Part]:
    """Works on creators with one recipe. There is a drawing in `docs/adr/0013`."""

    recipe: Recipe[Part]
    source: Source
    put: PutObject
    """What it raises ends the work."""
    downloads: int
    """How many are made at once."""
    seconds_left: Callable[[], float]
    """Called often; counts down to the moment when the work must have returned."""
    on_creator: OnCreator | None = None
    on_failed_answer: OnFailedAnswer | None = None
    machine: Machine = MACHINE

    def work(self, groups: Iterator[CreatorRows]) -> Work:
        """Work on creators in their order until the time is up; the first one is always done."""
        work, stopwatch = Work(), Stopwatch(self.machine.monotonic)
        loader = CoverLoader(
            self.recipe,
            self.source,
            downloads=self.downloads,
            seconds_left=self.seconds_left,
            stopwatch=stopwatch,
            on_failed_answer=self.on_failed_answer,
            machine=self.machine,
        )
        writers = self.machine.executor(_WRITERS, name="write")
        with stopwatch.stage("total"), loader, writers:
            for creator in loader.creators(groups):
                is_late = creator.ran_out_of_time or self.seconds_left() < FINISH_SECONDS
                if is_late and work.books.rows.total:
                    work.stopped_at = creator.group.offset
                    break
                self._finish(creator, work, stopwatch, writers)
                del creator  # otherwise its parts stay in memory while the next ones are loaded
            else:
                unstarted = next(groups, None)
                work.stopped_at = unstarted.offset if unstarted else None
        work.books += Books(seconds=in_seconds(stopwatch.milliseconds))
        return work

    def _finish(
        self,
        creator: LoadedCreator[Part],
        work: Work,
        stopwatch: Stopwatch,
        writers: Executor,
    ) -> None:
        """Make and write the creator's objects, and add the creator to `work`."""
        with stopwatch.stage("compose"):
            account = Account.of(creator)
            ingredients = account.ingredients()
            made = self.recipe.make(ingredients) if ingredients else NOTHING_MADE
        with stopwatch.stage("write"):
            _write(made.objects, self.put, writers)
        work.books += account.books(made.counts)
        work.dates += account.dates
        work.rejected += account.rejected
        work.failed_hosts += account.failed_hosts
        if ingredients:
            result = ingredients.result(made.key)
            work.results.append(result)
            self._report(result)

    def _report(self, result: CreatorResult) -> None:
        if result.collage_key:
            log.info(self.recipe.created_message, result.collage_key, result.rows.placed)
        if self.on_creator:
            self.on_creator(result)


def _write(objects: Sequence[ObjectToWrite], put: PutObject, writers: Executor) -> None:
    """Write all objects of one creator at once: each is a round trip to S3."""
    written = [
        writers.submit(put, item.key, item.body, content_type=item.content_type) for item in objects
    ]
    for future in written:
        future.result()
