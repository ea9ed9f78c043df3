"""Runs contenders in turns, and reports how one failed."""

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.harness.contender import Contender
from benchmarks.harness.errors import BenchmarkError
from benchmarks.harness.measure import Work, measure
from benchmarks.harness.result import Result

_LOG_LINES = 20


def race[C: Contender[Any], R: Result](
    contenders: Sequence[C],
    run: Callable[[C, int], R],
    *,
    rounds: int,
    progress: Callable[[R], str] | None = None,
) -> list[R]:
    """Run every contender in every round and keep the best of each, in the order of `contenders`.

    They take turns, so that a slow minute of the machine does not hit one of them alone.

    Args:
        contenders: who takes part.
        run: runs and checks one contender in a round, counted from 0.
        rounds: how often each of them runs.
        progress: the figures of a run for the line that is printed on stderr after it;
            no line is printed without it.

    Raises BenchmarkError when a contender fails or leaves work undone.
    """
    runs: list[list[R]] = [[] for _ in contenders]
    for number in range(rounds):
        for contender, results in zip(contenders, runs, strict=True):
            result = run(contender, number)
            results.append(result)
            if progress:
                place = f"round {number + 1} of {rounds}: {contender.title}"
                print(f"{place}: {progress(result)}", file=sys.stderr)
    return [results[0].best(results) for results in runs]


def run_contender[Load](
    contender: Contender[Load],
    load: Load,
    *,
    output: Path,
    log: Path,
    environment: Mapping[str, str],
) -> Result:
    """Run one contender to its end and measure it.

    Args:
        contender: the program.
        load: what its command is made for.
        output: the file that gets its standard output.
        log: the file that gets its standard error.
        environment: variables of its process; the contender's own are added.

    Raises BenchmarkError with the end of the log when it fails.
    """
    try:
        with output.open("wb") as stdout, log.open("wb") as stderr:
            whole = measure(
                contender.command(load),
                env={**environment, **contender.environment},
                stdout=stdout,
                stderr=stderr,
            )
    except subprocess.CalledProcessError as error:
        end = log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
        raise BenchmarkError("\n".join([f"{contender.title} failed:", *end])) from error
    if contender.prints_work:
        work = Work.from_output(output.read_bytes())
    else:
        work = Work(whole.seconds, whole.cpu_seconds, idle_mb=0)
    return Result.of(contender.title, whole, work)
