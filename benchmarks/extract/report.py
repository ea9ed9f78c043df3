"""The outcome as Markdown, which reads well on a terminal and can be pasted into the docs."""

from collections.abc import Iterator, Sequence

from benchmarks.extract.covers_table import URL_LENGTH
from benchmarks.extract.outcome import Outcome
from benchmarks.extract.race import ExtractResult
from benchmarks.harness.report import Block, markdown
from benchmarks.harness.table import Table

_HEADER = [
    "",
    "rows/s",
    "its / our rows/s",
    "CPU s per 1M rows",
    "our / its CPU",
    "peak MB",
    "above idle MB",
]
_GROWTH_HEADER = ["rows", "seconds", "us per row", "CPU s per 1M rows", "peak MB", "above idle MB"]


def as_markdown(outcome: Outcome) -> str:
    """The load, the machine and the tables."""
    return markdown(_blocks(outcome))


def _blocks(outcome: Outcome) -> Iterator[Block]:
    machine, waiting = outcome.machine, outcome.waiting
    yield (
        f"{outcome.rows:,} covers of {outcome.creators:,} creators, URLs of {URL_LENGTH} "
        f"characters; {machine.cores} cores, Python {machine.python}, {machine.database}. "
        f"Rounds: {outcome.rounds}; the shortest times and the highest memory of them. "
        f"The server gives the first row after {waiting.first_row:.1f} s and the last after "
        f"{waiting.last_row:.1f} s to a client that throws them away."
    )
    ours, *_ = outcome.results
    yield _table(_HEADER, [_result_row(result, ours) for result in outcome.results])
    for title, reason in outcome.left_out.items():
        yield f"Left out: {title}: {reason}."
    if outcome.growth:
        yield "The extract task at growing numbers of rows:"
        yield _table(_GROWTH_HEADER, [_growth_row(result) for result in outcome.growth])


def _result_row(result: ExtractResult, ours: ExtractResult) -> list[str]:
    return [
        result.title,
        f"{result.rows_per_second:,.0f}",
        f"{result.rows_per_second / ours.rows_per_second:.2f}x",
        f"{result.cpu_per_million:.2f}",
        f"{ours.cpu_per_million / result.cpu_per_million:.2f}x",
        f"{result.peak_mb:,.0f}",
        f"{result.above_idle_mb:,.0f}",
    ]


def _growth_row(result: ExtractResult) -> list[str]:
    return [
        f"{result.rows:,}",
        f"{result.seconds:.1f}",
        f"{result.seconds / result.rows * 1e6:.2f}",
        f"{result.cpu_per_million:.2f}",
        f"{result.peak_mb:,.0f}",
        f"{result.above_idle_mb:,.0f}",
    ]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    return Table(header, rows).aligned()
