import random
from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.contract.distribution import Distribution

values = st.lists(st.floats(0, 1e6), max_size=30)


@given(st.lists(values, max_size=5), st.randoms(use_true_random=False))
def test_distributions_add_up_to_that_of_all_values_in_any_order(
    parts: list[list[float]], shuffler: random.Random
) -> None:
    whole = Distribution.of(value for part in parts for value in part)
    shuffler.shuffle(parts)
    assert Distribution.total(map(Distribution.of, parts)) == whole


@given(st.floats(0.001, 1e6))
def test_a_value_is_off_by_at_most_a_twentieth(value: float) -> None:
    ((kept, chunks),) = Distribution.of([value]).values
    assert chunks == 1
    assert kept == pytest.approx(value, rel=0.05)


def test_it_stays_small_however_many_values_there_are() -> None:
    chance = random.Random(7)  # noqa: S311 - no secret
    many = Distribution.of(chance.uniform(0.1, 900) for _ in range(20_000))
    assert len(many.values) < 4 * 90
    assert sum(chunks for _, chunks in many.values) == 20_000


def test_percentiles_are_those_of_the_nearest_rank() -> None:
    spread = Distribution.of(range(1, 101)).spread
    assert spread is not None
    assert (spread.chunks, spread.least, spread.p50, spread.p95, spread.most) == (
        100,
        1,
        50,
        95,
        100,
    )
    alone = Distribution.of([3.14]).spread
    assert alone is not None
    assert (alone.least, alone.p50, alone.p95, alone.most) == (3.1, 3.1, 3.1, 3.1)


def test_percentiles_of_many_chunks_are_near_the_exact_ones() -> None:
    chance = random.Random(7)  # noqa: S311 - no secret
    seconds = [chance.lognormvariate(3, 1) for _ in range(5000)]
    spread = Distribution.of(seconds).spread
    exact = quantiles(seconds, n=100, method="inclusive")
    assert spread is not None
    assert spread.p50 == pytest.approx(exact[49], rel=0.06)
    assert spread.p95 == pytest.approx(exact[94], rel=0.06)


def test_without_values_there_are_no_percentiles() -> None:
    assert Distribution.of([]).spread is None
