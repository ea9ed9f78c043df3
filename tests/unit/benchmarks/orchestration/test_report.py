"""The tables: every figure beside the product's, and what was not measured says so."""

from dataclasses import replace

from benchmarks.orchestration.counted_race import CountedResult
from benchmarks.orchestration.dag_runs import Cost, DagRuns
from benchmarks.orchestration.polls import Poll, dollars
from benchmarks.orchestration.report import as_markdown


def result(title: str, seconds: float = 1.0, **requests: int) -> CountedResult:
    return CountedResult(
        title=title,
        seconds=seconds,
        cpu_seconds=seconds / 2,
        start_seconds=1,
        start_cpu_seconds=1,
        peak_mb=50,
        idle_mb=40,
        requests=requests,
    )


LOOK = result("wait", ListObjectsV2=3, GetObject=2)
HEADS = result("heads", HeadObject=500)
SENDING = [
    result("dispatch", 2.0, SendMessageBatch=100, GetObject=3),
    result("one by one", 9.0, SendMessage=1000, GetObject=1),
]
RUNS = DagRuns(
    ours=Cost(2, 10, 30, 5),
    mapped={10: Cost(11, 50, 9, 4), 50: Cost(51, 250, 29, 12)},
    idle=0.1,
)


def table(runs: DagRuns = RUNS, *, chunks: int = 1000) -> str:
    return as_markdown([Poll(chunks // 2, [LOOK, HEADS])], SENDING, runs, chunks=chunks)


def test_a_listing_costs_as_much_as_a_put_and_all_else_as_a_get() -> None:
    assert round(dollars(LOOK) * 1e6, 1) == 3 * 5 + 2 * 0.4
    assert round(dollars(HEADS) * 1e6, 1) == 500 * 0.4


def test_a_look_is_compared_with_the_product_s_at_the_same_moment() -> None:
    assert "| 50 % done: wait | 5 | 1.00x | 0.0158 | 1.00x |" in table()
    assert "| 50 % done: heads | 500 | 100x | 0.2000 | 13x |" in table()


def test_requests_to_the_queue_and_to_s3_are_apart() -> None:
    assert "| dispatch | 100 | 1.00x | 3 | 2.00 | 1.00x | 1.00 | 1.00x |" in table()
    assert "| one by one | 1,000 | 10x | 1 | 9.00 | 4.50x | 4.50 | 4.50x |" in table()


def test_as_many_mapped_tasks_as_chunks_are_computed_from_two_numbers_of_them() -> None:
    computed = "1,001 | 500x | 5,000 | 500x | 504.0 | 17x | 202.0 | 40x |"
    assert f"| 1,000 mapped tasks, computed from 10 and 50 | {computed}" in table()


def test_what_was_measured_shows_beside_what_is_computed_from_less() -> None:
    runs = replace(RUNS, mapped={**RUNS.mapped, 1000: Cost(1001, 5000, 700, 210)})
    assert "| 1,000 mapped tasks | 1,001 | 500x | 5,000 | 500x | 700.0 | 23x | " in table(runs)
    assert "computed from 10 and 50 | 1,001 | 500x | 5,000 | 500x | 504.0 |" in table(runs)


def test_nothing_is_computed_from_itself() -> None:
    assert "50 mapped tasks | 51 |" in table(chunks=50)
    assert "computed" not in table(chunks=50)
