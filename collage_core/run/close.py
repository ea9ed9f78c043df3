"""Closes a run: adds up its books, then writes its record, the day's results and the summary.

The order is the same for every caller. The books come first, because nothing is written of a run
whose rows are not accounted for. The record comes next: the day's results can always be made again
from it. Then come the index of the packs that the run keeps, and the list of its dead URLs. The
summary comes last: it says that the run is closed, and statistics, claims and asset events count
the run by it (docs/adr/0015, docs/adr/0027). If the run has fills or is one, all summaries of its
family then say what newer ones replace (docs/adr/0033).

After that, and by whoever closes it: the CSV moves to the archive, the statistics are written, and
a document beside the archived CSV says what became of it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from msgspec.structs import replace

from collage_core.contract.figures import Cost
from collage_core.contract.summary import RunSummary
from collage_core.errors import TooManyFailedError
from collage_core.run.batch_results import write_results
from collage_core.run.equal_bucket import equal_bucket
from collage_core.run.estimate import MB_PER_VCPU
from collage_core.run.family import first_of_family, join_family, write_superseded
from collage_core.run.figures import cost_of_run, figures_of_run
from collage_core.run.pack_index import write_pack_index
from collage_core.run.planned_estimate import read_estimate
from collage_core.run.reconcile import summarise
from collage_core.run.refresh_list import write_refresh_list
from collage_core.run.run import Run
from collage_core.run.run_record import write_record
from collage_core.run.summaries import write_summary
from collage_core.run.tolerance import TooManyFailed, without_dead_urls
from collage_core.run.usable_receipts import FoundReceipts, RunFolder, read_receipts
from collage_core.storage.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class ClosedRun:
    """A run's summary, and the keys of what was written to the output bucket."""

    summary: RunSummary
    summary_key: str
    results_key: str | None
    """None for a run that only kept covers."""
    too_many_failed: TooManyFailed | None = None
    """If more covers failed than the settings allow: the run has failed, and its CSV stays."""
    refresh_key: str | None = None
    """None if no URL of the run is dead."""

    def require_tolerable(self, fix: str) -> None:
        """Raise TooManyFailedError, which ends with `fix`, if too many covers failed."""
        if self.too_many_failed is not None:
            raise TooManyFailedError(f"{self.too_many_failed.said}. {fix}")


def close_run[Store: ObjectStore](
    run: Run[Store],
    *,
    memory_mb: int | None = MB_PER_VCPU,
    found: FoundReceipts | None = None,
    compare: bool = True,
    today: date | None = None,
) -> ClosedRun:
    """Close the run. It may be repeated: the same receipts give the same objects.

    `memory_mb` is the memory of the function as it was planned, for the cost; None for a run
    without a function, which has no cost. `found` are the run's receipts if they are known.
    `compare`: whether the receipts are compared with the objects in the bucket. `today` is the day
    in UTC, if it is not that of the clock.

    Raises BooksError when the receipts do not account for every row of the manifest, UnequalError
    when the bucket has other objects than they say, and RaceError when other runs of the day keep
    changing the results.

    A run that only keeps covers has no objects, and so no record of them and no results. Its
    summary is beside its receipts.
    """
    keep_only = run.manifest.keep_only
    found = found or read_receipts(RunFolder.of(run))
    found.check(run.manifest)
    receipts = equal_bucket(run, found.usable) if compare and not keep_only else found.usable
    summary = summarise(run.manifest, receipts)
    books = summary.books
    cost: Cost | None = None
    if memory_mb is not None:
        cost = cost_of_run(
            run.manifest, receipts, run.settings, memory_mb=memory_mb, planned=read_estimate(run)
        )
    summary = replace(summary, figures=figures_of_run(receipts, cost))
    results_key = None
    if not keep_only:
        write_record(run, (result for receipt in receipts for result in receipt.results))
        results_key = write_results(run.store, run.settings, run.manifest, receipts)
    today = today or datetime.now(UTC).date()
    write_pack_index(run, found.usable, today=today)
    refresh_key = None
    if not keep_only:
        refresh_key = write_refresh_list(run, receipts, found.with_dead)
        join_family(run)
    summary_key = write_summary(run.store, run.settings, summary)
    if keep_only:
        books = without_dead_urls(books)
        receipts = [replace(each, books=without_dead_urls(each.books)) for each in receipts]
    else:
        write_superseded(run.store, run.settings, first_of_family(run.manifest))
    too_many = TooManyFailed.of(run.manifest.run_id, books, receipts, run.settings)
    return ClosedRun(summary, summary_key, results_key, too_many, refresh_key)
