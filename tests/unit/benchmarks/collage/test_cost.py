"""The cost of a month on Lambda, computed from a measurement."""

from dataclasses import replace

import pytest

from benchmarks.collage.cost import costs
from tests.support.benchmark_results import OURS


def test_a_month_costs_more_on_x86_64_for_the_same_gb_seconds() -> None:
    arm64, x86_64 = costs(OURS, downloads=64)
    assert arm64.gb_seconds_per_thousand == x86_64.gb_seconds_per_thousand
    # 10 CPU ms per cover at 1769 MB: a cover takes 0.0173 GB-seconds.
    assert arm64.gb_seconds_per_thousand == pytest.approx(17.28, abs=0.01)
    assert arm64.lambda_dollars < x86_64.lambda_dollars < x86_64.dollars


def test_a_month_of_waiting_costs_the_seconds_that_were_waited_at_the_latency_of_the_run() -> None:
    waiting = replace(OURS, seconds=7.0)
    cost, _ = costs(waiting, downloads=8)
    # 20 ms per cover, twice what the CPU was busy.
    assert cost.gb_seconds_per_thousand == pytest.approx(34.55, abs=0.01)
    assert costs(replace(waiting, seconds=14.0), downloads=8)[0].gb_seconds_per_thousand == (
        pytest.approx(2 * cost.gb_seconds_per_thousand)
    )
