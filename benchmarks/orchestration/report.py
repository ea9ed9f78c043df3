"""The figures as Markdown, each beside the product's."""

import os
import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import version

from benchmarks.harness.report import Block, markdown
from benchmarks.harness.table import Table
from benchmarks.orchestration.counted_race import CountedResult
from benchmarks.orchestration.dag_runs import Cost, DagRuns
from benchmarks.orchestration.polls import Poll, dollars

_POLLS_HEADER = [
    *("", "requests", "its / our requests", "USD per 1,000 looks", "its / our USD", "CPU s"),
]
_SENDING_HEADER = [
    *("", "requests to SQS", "its / our", "to S3", "seconds", "its / our", "CPU s", "its / our"),
]
_RUNS_HEADER = [
    *("", "task instances", "its / our", "rows in the database", "its / our", "seconds"),
    *("its / our", "CPU s", "its / our"),
]


def as_markdown(
    polls: Sequence[Poll], sending: Sequence[CountedResult], runs: DagRuns, *, chunks: int
) -> str:
    """The three tables, and what they were measured on."""
    return markdown(_blocks(polls, sending, runs, chunks))


def _blocks(
    polls: Sequence[Poll], sending: Sequence[CountedResult], runs: DagRuns, chunks: int
) -> Iterator[Block]:
    yield Table(
        _POLLS_HEADER,
        [
            _poll_row(f"{100 * poll.done / chunks:.0f} % done: {result.title}", result, ours)
            for poll in polls
            for ours in poll.results[:1]
            for result in poll.results
        ],
    )
    yield Table(_SENDING_HEADER, [_sending_row(result, sending[0]) for result in sending])
    yield Table(_RUNS_HEADER, list(_runs_rows(runs, chunks)))
    yield (
        f"{chunks:,} chunks; {os.cpu_count()} cores, Python {platform.python_version()}, Airflow "
        f"{version('apache-airflow')}. An Airflow with nothing to do takes {runs.idle:.2f} CPU "
        "seconds a second, which are not counted."
    )


def _poll_row(title: str, result: CountedResult, ours: CountedResult) -> list[str]:
    return [
        title,
        f"{result.all_requests:,}",
        _ratio(result.all_requests, ours.all_requests),
        f"{1000 * dollars(result):.4f}",
        _ratio(dollars(result), dollars(ours)),
        f"{result.cpu_seconds:.2f}",
    ]


def _sending_row(result: CountedResult, ours: CountedResult) -> list[str]:
    return [
        result.title,
        f"{_to_queue(result):,}",
        _ratio(_to_queue(result), _to_queue(ours)),
        f"{result.all_requests - _to_queue(result):,}",
        f"{result.seconds:.2f}",
        _ratio(result.seconds, ours.seconds),
        f"{result.cpu_seconds:.2f}",
        _ratio(result.cpu_seconds, ours.cpu_seconds),
    ]


def _to_queue(result: CountedResult) -> int:
    return sum(times for name, times in result.requests.items() if name.startswith("SendMessage"))


def _runs_rows(runs: DagRuns, chunks: int) -> Iterator[list[str]]:
    yield _runs_row(f"dispatch and wait, {chunks:,} chunks", runs.ours, runs.ours)
    for tasks, cost in runs.mapped.items():
        yield _runs_row(f"{tasks:,} mapped tasks", cost, runs.ours)
    if chunks not in runs.computed_from:
        small, large = runs.computed_from
        title = f"{chunks:,} mapped tasks, computed from {small} and {large}"
        yield _runs_row(title, runs.mapped_at(chunks), runs.ours)


def _runs_row(title: str, cost: Cost, ours: Cost) -> list[str]:
    return [
        title,
        f"{cost.task_instances:,.0f}",
        _ratio(cost.task_instances, ours.task_instances),
        f"{cost.rows:,.0f}",
        _ratio(cost.rows, ours.rows),
        f"{cost.seconds:,.1f}",
        _ratio(cost.seconds, ours.seconds),
        f"{cost.cpu_seconds:,.1f}",
        _ratio(cost.cpu_seconds, ours.cpu_seconds),
    ]


def _ratio(theirs: float, ours: float) -> str:
    """To two digits, or more where there are more before the point."""
    times = theirs / ours
    return f"{times:.0f}x" if times >= 10 else f"{times:.2f}x"
