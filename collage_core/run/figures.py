"""The figures of a run, from its receipts, and those of a period, from its runs."""

from collections import Counter
from collections.abc import Iterable, Sequence

from collage_core.contract.books import Books
from collage_core.contract.distribution import Distribution
from collage_core.contract.figures import (
    Cost,
    CountedWork,
    FailedHosts,
    PeriodFigures,
    RunFigures,
)
from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import Receipt
from collage_core.contract.run_estimate import RunEstimate
from collage_core.contract.summary import RunBooks
from collage_core.contract.usage import Usage
from collage_core.run.estimate import dollars, estimate
from collage_core.run.prices import UsagePrice
from collage_core.settings import Settings


def figures_of_run(receipts: Iterable[Receipt], cost: Cost | None) -> RunFigures:
    """The figures of a run with these receipts."""
    hosts: Counter[str] = Counter()
    seconds, rates = [], []
    failed = 0
    for receipt in receipts:
        rows, took = receipt.books.rows, receipt.books.seconds.get("total", 0)
        hosts.update(receipt.failed_hosts or {})
        failed += rows.failed
        seconds.append(took)
        if took and rows.placed + rows.failed:
            rates.append((rows.placed + rows.failed) / took)
    return RunFigures(
        failed_hosts=FailedHosts.of(hosts, failed=failed),
        chunk_seconds=Distribution.of(seconds),
        covers_per_second=Distribution.of(rates),
        cost=cost,
    )


def cost_of_run(
    manifest: Manifest,
    receipts: Sequence[Receipt],
    settings: Settings,
    *,
    memory_mb: int,
    planned: RunEstimate | None = None,
) -> Cost:
    """What the run was planned to cost, and what its receipts say that it did cost.

    `planned` is what `plan` said; without it, the cost is estimated now, with the built-in rates.
    `memory_mb` is the memory of the function in that estimate, and for the chunks whose workers did
    not count what they used.
    """
    expected = estimate(
        rows=manifest.rows,
        creators=manifest.creators,
        chunks=len(manifest.chunks),
        covers_per_creator=settings.covers_per_creator(manifest.config),
        downloads=manifest.config.max_workers,
        concurrency=1,  # it changes the duration only
        memory_mb=memory_mb,
        keep_only=manifest.keep_only,
    )
    used = [receipt.usage for receipt in receipts if receipt.usage is not None]
    work = _counted_work(used) if used else None
    others = [receipt.books for receipt in receipts if receipt.usage is None]
    counted = 0 if work is None else work.usd
    if others:
        counted += _uncounted(manifest, others, settings, memory_mb=memory_mb)
    return Cost.of(
        planned=planned.usd if planned else expected.dollars,
        counted=counted,
        planned_seconds=planned.function_seconds if planned else expected.lambda_seconds,
        work=work,
    )


def _counted_work(used: Sequence[Usage]) -> CountedWork:
    prices = [UsagePrice.of(usage) for usage in used]
    return CountedWork(
        chunks=len(used),
        invocations=sum(usage.invocations for usage in used),
        seconds=sum(usage.milliseconds for usage in used) / 1000,
        puts=sum(usage.puts for usage in used),
        lists=sum(usage.lists for usage in used),
        gets=sum(usage.gets for usage in used),
        queue_requests=sum(usage.queue_requests for usage in used),
        lambda_usd=round(sum(price.function for price in prices), 6),
        s3_usd=round(sum(price.s3 for price in prices), 6),
        sqs_usd=round(sum(price.sqs for price in prices), 6),
    )


def _uncounted(
    manifest: Manifest, chunks: Sequence[Books], settings: Settings, *, memory_mb: int
) -> float:
    """About what chunks cost whose workers counted nothing but their books."""
    books = Books.total(chunks)
    copies = books.objects.collages if settings.by_creator_copies else 0
    metadata = 0 if manifest.keep_only else books.creators.total
    return dollars(
        gb_seconds=books.seconds.get("total", 0) * memory_mb / 1024,
        chunks=len(chunks),
        objects=books.objects.collages + copies + books.objects.thumbnails + metadata,
    )


def figures_of_period(runs: Sequence[RunBooks]) -> PeriodFigures | None:
    """The figures of these runs together, in whatever order they come.

    None if no run has figures. Failed covers of a run without figures have no host. The shares are
    those of the books, which count each creator of a family once; all else is of all runs.
    """
    figures = [run.figures for run in runs if run.figures is not None]
    if not figures:
        return None
    books = Books.total(run.counted for run in runs)
    rows, creators = books.rows, books.creators
    costs = [each.cost for each in figures if each.cost is not None]
    return PeriodFigures(
        runs=len(figures),
        placed_share=_share(rows.placed, rows.placed + rows.failed),
        complete_share=_share(creators.complete, creators.total),
        failed_hosts=FailedHosts.total(map(_failed_hosts, runs)),
        chunk_seconds=Distribution.total(each.chunk_seconds for each in figures).spread,
        covers_per_second=Distribution.total(each.covers_per_second for each in figures).spread,
        cost=Cost.total(costs) if costs else None,
    )


def _failed_hosts(run: RunBooks) -> FailedHosts:
    if run.figures is None:
        return FailedHosts.of({}, failed=run.books.rows.failed)
    return run.figures.failed_hosts


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
