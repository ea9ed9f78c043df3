"""The figures of one contender of the extract benchmark."""

import pytest

from benchmarks.extract.race import ExtractResult


def result(seconds: float, cpu: float, start: float, peak: float, idle: float) -> ExtractResult:
    return ExtractResult(
        title="one",
        rows=1000,
        seconds=seconds,
        cpu_seconds=cpu,
        start_seconds=2 * start,
        start_cpu_seconds=start,
        peak_mb=peak,
        idle_mb=idle,
    )


def test_the_best_of_several_rounds_has_the_shortest_times_and_the_highest_memory() -> None:
    rounds = [result(2.0, 1.0, 0.3, 70.0, 50.0), result(1.0, 1.5, 0.2, 80.0, 60.0)]
    assert ExtractResult.best(rounds) == result(1.0, 1.0, 0.2, 80.0, 50.0)


def test_the_figures_are_per_row() -> None:
    one = result(2.0, 1.0, 0.3, 70.0, 50.0)
    assert one.rows_per_second == 500
    assert one.cpu_per_million == pytest.approx(1000)
    assert one.above_idle_mb == 20
