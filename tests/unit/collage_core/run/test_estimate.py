from typing import Any

import pytest

from collage_core.run.estimate import (
    CPU_SECONDS_PER_COVER,
    MB_PER_VCPU,
    SECONDS_PER_CHUNK,
    SECONDS_PER_DOWNLOAD,
    SECONDS_TO_START,
    SECONDS_UNTIL_SEEN,
    Estimate,
    Rates,
    dollars,
    estimate,
)

AROUND = SECONDS_TO_START + SECONDS_UNTIL_SEEN


def run(**sizes: Any) -> Estimate:
    usual = {
        "covers_per_creator": 35,
        "downloads": 8,
        "concurrency": 10,
        "memory_mb": MB_PER_VCPU,
    }
    return estimate(**usual | sizes)


def a_month(**sizes: Any) -> Estimate:
    """A month whose time goes into decoding."""
    return run(**{"rows": 2_000_000, "creators": 60_000, "chunks": 1000, "downloads": 64} | sizes)


def test_a_month_costs_dollars_and_takes_minutes() -> None:
    month = a_month(concurrency=100)
    assert month.lambda_seconds == pytest.approx(
        2_000_000 * CPU_SECONDS_PER_COVER + 1000 * SECONDS_PER_CHUNK
    )
    assert month.wall_seconds == pytest.approx(AROUND + month.lambda_seconds / 100)
    assert 1 < month.dollars < 20


def test_with_few_downloads_at_a_time_the_waiting_is_billed() -> None:
    month = a_month(downloads=8)
    assert month.lambda_seconds == pytest.approx(
        2_000_000 * SECONDS_PER_DOWNLOAD / 8 + 1000 * SECONDS_PER_CHUNK
    )
    assert month.dollars > a_month(downloads=64).dollars


def test_covers_that_do_not_fit_on_a_collage_are_not_downloaded() -> None:
    many, fitting = (run(rows=rows, creators=10, chunks=1) for rows in (1000, 350))
    assert many == fitting


def test_a_run_that_only_keeps_covers_fetches_them_all_and_writes_no_objects() -> None:
    sizes = {"rows": 1000, "creators": 10, "chunks": 1}
    keeping, making = run(**sizes, keep_only=True), run(**sizes)
    assert (keeping.covers, making.covers) == (1000, 350)
    assert keeping.lambda_seconds > making.lambda_seconds
    only_lambda = dollars(gb_seconds=keeping.gb_seconds, chunks=1, objects=0)
    assert keeping.dollars == pytest.approx(only_lambda)


def test_more_memory_saves_time_at_the_same_cost_while_decoding_dominates() -> None:
    covers_alone = Rates(seconds_per_chunk=0)
    small, large = (a_month(memory_mb=memory, rates=covers_alone) for memory in (1769, 3538))
    assert large.wall_seconds - AROUND == pytest.approx((small.wall_seconds - AROUND) / 2)
    assert large.dollars == pytest.approx(small.dollars)


def test_an_x86_64_function_costs_more_for_the_same_time() -> None:
    arm64, x86_64 = (a_month(architecture=name) for name in ("arm64", "x86_64"))
    assert x86_64.gb_seconds == arm64.gb_seconds
    assert x86_64.dollars > arm64.dollars


def test_no_more_workers_run_at_a_time_than_there_are_chunks() -> None:
    few = run(rows=100, creators=10, chunks=2)
    assert few.workers == 2
    assert few.wall_seconds == pytest.approx(AROUND + few.lambda_seconds / 2)


def test_the_last_chunks_keep_some_workers_busy_while_the_others_are_done() -> None:
    ten, eleven = (run(rows=1100, creators=110, chunks=chunks) for chunks in (10, 11))
    assert (ten.rounds, eleven.rounds) == (1, 2)
    assert eleven.wall_seconds == pytest.approx(AROUND + 2 * eleven.lambda_seconds / 11)


def test_a_small_run_lasts_as_long_as_the_queue_the_start_and_a_look_take() -> None:
    assert 20 < run(rows=1003, creators=46, chunks=1).wall_seconds < 60


def test_measured_seconds_of_a_cover_take_the_place_of_those_that_are_built_in() -> None:
    measured = run(
        rows=1000, creators=100, chunks=1, rates=Rates(seconds_per_cover=0.5, seconds_per_chunk=3)
    )
    assert measured.lambda_seconds == pytest.approx(1000 * 0.5 + 3)


@pytest.mark.parametrize(
    ("rows", "share", "asked"),
    [(1000, 0.5, 700), (500, 0.5, 500), (10_000, 0.9, 3500), (10_000, 1.0, 3500)],
)
def test_a_reserve_is_asked_for_each_cover_that_fails_as_long_as_there_are_rows(
    rows: int, share: float, asked: int
) -> None:
    """Ten creators with grids of 35."""
    found = run(rows=rows, creators=10, chunks=1, rates=Rates(failed_share=share))
    assert abs(found.covers - asked) <= 1  # 1 - 0.9 is no number of a computer


def test_requests_that_only_prove_that_a_chunk_may_be_written_are_billed_too() -> None:
    one, two = (dollars(gb_seconds=0, chunks=chunks, objects=0) for chunks in (1, 2))
    assert two - one == pytest.approx(5 * 5e-6 + 8 * 4e-7 + 3 * 4e-7 + 2e-7)


def test_an_empty_run_costs_nothing() -> None:
    nothing = run(rows=0, creators=0, chunks=0)
    assert (nothing.lambda_seconds, nothing.wall_seconds, nothing.dollars) == (0, 0, 0)
