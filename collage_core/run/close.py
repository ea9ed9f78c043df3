"""Closes a run: adds up its books, then writes the day's results and the run's summary.

The order is the same for every caller. The books come first, because nothing is written of a run
whose rows are not accounted for. The summary comes last: it says that the run is closed, and
statistics, claims and asset events count the run by it (docs/adr/0015).
"""

from dataclasses import dataclass

from msgspec.structs import replace

from collage_core.contract.figures import Cost
from collage_core.contract.summary import RunSummary
from collage_core.run.batch_results import write_results
from collage_core.run.estimate import MB_PER_VCPU
from collage_core.run.figures import cost_of_run, figures_of_run
from collage_core.run.reconcile import summarise
from collage_core.run.run import Run
from collage_core.run.summaries import write_summary
from collage_core.storage.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class ClosedRun:
    """A run's summary, and the keys of what was written to the output bucket."""

    summary: RunSummary
    summary_key: str
    results_key: str


def close_run[Store: ObjectStore](
    run: Run[Store], *, memory_mb: int | None = MB_PER_VCPU
) -> ClosedRun:
    """Close the run. It may be repeated: the same receipts give the same objects.

    `memory_mb` is the memory of the function that did the work, for its cost; None for a run
    without a function, which has no cost.

    Raises BooksError when the receipts do not account for every row of the manifest, MessageError
    when a receipt or the day's results cannot be read, and RaceError when other runs of the day
    keep changing the results.
    """
    receipts = run.receipts()
    summary = summarise(run.manifest, receipts)
    cost: Cost | None = None
    if memory_mb is not None:
        cost = cost_of_run(run.manifest, summary.books, run.settings, memory_mb=memory_mb)
    summary = replace(summary, figures=figures_of_run(receipts, cost))
    results_key = write_results(run.store, run.settings, run.manifest, receipts)
    summary_key = write_summary(run.store, run.settings, summary)
    return ClosedRun(summary, summary_key, results_key)
