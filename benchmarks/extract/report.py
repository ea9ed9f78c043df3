"""The outcome as Markdown, which reads well on a terminal and can be pasted into the docs."""

from collections.abc import Iterator, Sequence

from benchmarks.extract.covers import URL_LENGTH
from benchmarks.extract.outcome import Outcome
from benchmarks.extract.race import Result
from benchmarks.table import Table

_HEAD = [
    "",
    "rows/s",
    "its / our rows/s",
    "CPU s per 1M rows",
    "our / its CPU",
    "peak MB",
    "above idle MB",
]
_GROWTH_HEAD = ["rows", "seconds", "us per row", "CPU s per 1M rows", "peak MB", "above idle MB"]


def markdown(outcome: Outcome) -> str:
    """What was measured, on what, and the tables."""
    return "\n".join(_lines(outcome)) + "\n"


def _lines(outcome: Outcome) -> Iterator[str]:
    machine, waiting = outcome.machine, outcome.waiting
    yield (
        f"{outcome.rows:,} covers of {outcome.creators:,} creators, URLs of {URL_LENGTH} "
        f"characters; {machine.cores} cores, Python {machine.python}, {machine.database}. "
        f"Rounds: {outcome.rounds}; the shortest times and the highest memory of them. "
        f"The server gives the first row after {waiting.first_row:.1f} s and the last after "
        f"{waiting.last_row:.1f} s to a client that throws them away."
    )
    yield ""
    ours, *_ = outcome.results
    yield _markdown(_HEAD, [_result_row(result, ours) for result in outcome.results])
    for title, reason in outcome.left_out.items():
        yield ""
        yield f"Left out: {title}: {reason}."
    if outcome.growth:
        yield ""
        yield "The extract task at growing numbers of rows:"
        yield ""
        yield _markdown(_GROWTH_HEAD, [_growth_row(result) for result in outcome.growth])


def _result_row(result: Result, ours: Result) -> list[str]:
    return [
        result.title,
        f"{result.rows_per_second:,.0f}",
        f"{result.rows_per_second / ours.rows_per_second:.2f}x",
        f"{result.cpu_per_million:.2f}",
        f"{ours.cpu_per_million / result.cpu_per_million:.2f}x",
        f"{result.peak_mb:,.0f}",
        f"{result.above_idle_mb:,.0f}",
    ]


def _growth_row(result: Result) -> list[str]:
    return [
        f"{result.rows:,}",
        f"{result.seconds:.1f}",
        f"{result.seconds / result.rows * 1e6:.2f}",
        f"{result.cpu_per_million:.2f}",
        f"{result.peak_mb:,.0f}",
        f"{result.above_idle_mb:,.0f}",
    ]


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return Table(head, rows).aligned().markdown()
