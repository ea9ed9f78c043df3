"""How long workers took for a cover and how many covers failed, in the newest runs of a DAG.

`plan` estimates the next run from those before it, as their summaries have it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from collage_core.contract.books import Books
from collage_core.contract.reasons import Reason
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.run.estimate import SECONDS_PER_CHUNK, Rates
from collage_core.run.newest_runs import newest_runs
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore

MOST_RUNS = 5
"""Runs that are learned from, the newest ones."""

LEAST_COVERS = 500
"""Requested covers of a run that is learned from. In a smaller one, a worker's start decides."""

_NOT_REQUESTED = (Reason.EXPIRED_URL, Reason.BLOCKED_ADDRESS)
"""Covers that fail without a request take no time."""

_MOST_NAMED = 2


@dataclass(frozen=True, slots=True)
class MeasuredRates:
    """What some runs took together."""

    run_ids: tuple[str, ...]
    """The newest run first."""
    covers: int
    """Covers that were asked for: placed or failed."""
    failed: int
    """Those that failed, whatever the reason."""
    kept: int
    """Those that came from packs, not from their hosts."""
    seconds: float
    """Of all workers together, by their own clock."""
    seconds_per_chunk: float = SECONDS_PER_CHUNK
    """What is billed for a chunk besides; built in where no run has counted what is billed."""

    @classmethod
    def of(cls, runs: Iterable[RunSummary]) -> "MeasuredRates | None":
        """The rates of these runs; None without any that is large enough."""
        large = [run for run in runs if _is_measured(run.books)]
        if not large:
            return None
        books = Books.total(run.books for run in large)
        return cls(
            run_ids=tuple(run.run_id for run in large),
            covers=_requested(books),
            failed=books.rows.failed - _not_requested(books),
            kept=books.known_downloads.kept,
            seconds=books.seconds.get("total", 0),
            seconds_per_chunk=_around(large),
        )

    @property
    def rates(self) -> Rates:
        """The same for an estimate.

        The workers' own clock also runs while they read a chunk and write its objects. Lambda bills
        cold starts, and what comes before and after that, too.
        """
        named = ", ".join(self.run_ids[:_MOST_NAMED])
        more = len(self.run_ids) - _MOST_NAMED
        return Rates(
            seconds_per_cover=self.seconds / self.covers,
            seconds_per_chunk=self.seconds_per_chunk,
            failed_share=self.failed / self.covers,
            source=f"measured in {named}{f' and {more} more runs' * (more > 0)}, where "
            f"{self.kept / self.covers:.0%} of {self.covers:,} covers came from packs",
        )


def rates_of(
    store: ObjectStore,
    settings: Settings,
    dag_id: str,
    *,
    now: datetime,
    timestamp: RunTimestamp | None = None,
    keep_only: bool = False,
) -> Rates:
    """What the newest runs of a DAG took; the built-in rates if there are none to learn from.

    It looks where `newest_runs` does, and the arguments are those of it.
    """
    runs = newest_runs(store, settings, dag_id, now=now, timestamp=timestamp, keep_only=keep_only)
    large = (run for run in runs if _is_measured(run.books))
    measured = MeasuredRates.of(islice(large, MOST_RUNS))
    if measured is None:
        return Rates(
            source=f"built in: no run of {dag_id} with {LEAST_COVERS} covers was found to learn "
            "from"
        )
    return measured.rates


def _around(runs: Sequence[RunSummary]) -> float:
    """Billed seconds of a chunk that its worker did not measure."""
    seconds, chunks = 0.0, 0
    for run in runs:
        work = run.figures.cost.counted if run.figures and run.figures.cost else None
        if work is not None and work.chunks == run.chunks:  # or some are of a release before that
            seconds += work.seconds - run.books.seconds.get("total", 0)
            chunks += work.chunks
    return max(seconds, 0.0) / chunks if chunks else SECONDS_PER_CHUNK


def _is_measured(books: Books) -> bool:
    return _requested(books) >= LEAST_COVERS and books.seconds.get("total", 0) > 0


def _requested(books: Books) -> int:
    rows = books.rows
    return rows.placed + rows.failed - _not_requested(books)


def _not_requested(books: Books) -> int:
    return sum(books.reasons.get(reason, 0) for reason in _NOT_REQUESTED)
