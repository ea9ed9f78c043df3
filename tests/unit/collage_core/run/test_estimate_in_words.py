"""An estimate says how it was computed, and what it assumes."""

import pytest

from collage_core.run.estimate import BUILT_IN, Rates, estimate
from collage_core.run.estimate_in_words import duration, formula


def words(rates: Rates = BUILT_IN, chunks: int = 25) -> str:
    return formula(
        estimate(
            rows=50_000,
            creators=1000,
            chunks=chunks,
            covers_per_creator=35,
            downloads=8,
            concurrency=10,
            memory_mb=1769,
            rates=rates,
        )
    )


def test_the_formula_has_queue_start_and_look_and_where_the_rates_are_from() -> None:
    assert words() == (
        "35,000 covers x 15.0 ms + 25 chunks x 1.0 s = 550 s of the function, 950 GB-seconds. It "
        "lasts 7 s until the queue has handed over and the function has started + 3 chunks one "
        "after the other x 22.0 s, with 10 workers + up to 15 s until wait looks. Rates: built in"
    )


def test_measured_rates_name_their_runs_and_their_failures() -> None:
    rates = Rates(seconds_per_cover=0.02, failed_share=0.125, source="measured in run r")
    assert words(rates).startswith("40,000 covers x 20.0 ms")
    assert words(rates).endswith("Rates: measured in run r; 12.5% of them failed")


def test_a_run_of_no_chunks_says_that_there_is_nothing_to_do() -> None:
    assert words(chunks=0) == "No chunks: nothing to do"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (36.2, "37 s"),
        (99, "99 s"),
        (101, "2 min"),
        (3000, "50 min"),
        (43_200, "12 hours"),
        (36 * 3600, "36 hours"),
        (72 * 3600, "3 days"),
        (50_940, "14 h 09 min"),
    ],
)
def test_a_duration_is_rounded_up(seconds: float, said: str) -> None:
    assert duration(seconds) == said
