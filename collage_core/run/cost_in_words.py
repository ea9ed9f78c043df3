"""What a run cost beside what was planned, and why they differ, in lines for people."""

from collections.abc import Iterator

from collage_core.contract.figures import Cost, CountedWork
from collage_core.contract.summary import RunSummary
from collage_core.run.in_words import number_of

_WORTH_SAYING = 0.1
"""Differences of a smaller share of the billed time are not explained."""

NOT_COUNTED = (
    "Not counted: attempts that failed or were killed, earlier rounds of chunks that were done "
    "again, Airflow's own requests, storage, logs. It is no bill"
)


def cost_in_words(summary: RunSummary) -> list[str]:
    """The lines; none for a run without a cost."""
    cost = None if summary.figures is None else summary.figures.cost
    if cost is None:
        return []
    head = f"Cost: counted {cost.counted_usd:.4f} USD, planned {cost.planned_usd:.4f} USD"
    work = cost.counted
    if work is None:
        uncounted = (
            "The workers' release counts no time and no requests: this is what their measured "
            "seconds and objects cost, without cold starts and retries"
        )
        return [f"{head}. {uncounted}"]
    lines = [f"{head}. {_parts(work, cost)}"]
    if reasons := list(_why(summary, work, cost)):
        lines.append(f"Why counted and planned differ: {'; '.join(reasons)}")
    return [*lines, NOT_COUNTED]


def _parts(work: CountedWork, cost: Cost) -> str:
    planned = "" if cost.planned_seconds is None else f", {cost.planned_seconds:.1f} s planned"
    return (
        f"Lambda {work.lambda_usd:.4f} USD: {work.seconds:.1f} s in "
        f"{number_of(work.invocations, 'invocation')}{planned}. "
        f"S3 {work.s3_usd:.4f} USD: {work.puts + work.lists} writes and lists, {work.gets} reads. "
        f"SQS {work.sqs_usd:.4f} USD: {work.queue_requests} requests"
    )


def _why(summary: RunSummary, work: CountedWork, cost: Cost) -> Iterator[str]:
    books = summary.books
    if work.chunks < summary.chunks:
        yield (
            f"{summary.chunks - work.chunks} of {summary.chunks} chunks were done by a release "
            "that counts nothing, and are in it with their measured seconds"
        )
    worked = books.seconds.get("total", 0)
    around = work.seconds - worked
    if work.chunks == summary.chunks and around > _WORTH_SAYING * work.seconds:
        yield (
            f"{around:.1f} s are cold starts and the work before and after a chunk's covers, for "
            "which the plan has one number for all chunks"
        )
    if work.invocations > work.chunks:
        chunks = number_of(work.chunks, "chunk")
        yield (
            f"{chunks} took {work.invocations} invocations: their time ran out, or they were "
            "interrupted or stopped"
        )
    covers = books.rows.placed + books.rows.failed
    planned = cost.planned_seconds
    if planned is not None and covers and abs(worked - planned) > _WORTH_SAYING * work.seconds:
        yield (
            f"the covers took {worked:.1f} s, {worked / covers * 1000:.1f} ms for each of "
            f"{covers:,}, and {planned:.1f} s were planned"
        )
    if kept := books.known_downloads.kept:
        yield f"{kept:,} covers were kept before and not fetched, which a first plan does not know"
