"""The benchmarks start as a user starts them, outside pytest, which finds more modules."""

import sys

import pytest

from benchmarks.harness.measure import measure


@pytest.mark.parametrize(
    "benchmark",
    [
        "benchmarks.extract",
        "benchmarks.collage",
        "benchmarks.crops",
        "benchmarks.intake",
        "benchmarks.orchestration",
        "benchmarks.planning",
        "benchmarks.run_page",
    ],
)
def test_a_benchmark_starts_from_the_command_line(
    benchmark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    measure([sys.executable, "-m", benchmark, "--help"])
