"""What reconcile says of the cost, and of why it is not what was planned."""

from msgspec.structs import replace

from collage_core.contract.books import Books, DownloadCounts, RowCounts
from collage_core.contract.figures import Cost, CountedWork
from collage_core.contract.summary import RunSummary
from collage_core.run.cost_in_words import NOT_COUNTED, cost_in_words
from collage_core.run.figures import figures_of_run
from tests.support.runs import summary

WORK = CountedWork(
    chunks=1,
    invocations=1,
    seconds=10.0,
    puts=50,
    lists=4,
    gets=20,
    queue_requests=3,
    lambda_usd=0.0024,
    s3_usd=0.0003,
    sqs_usd=0.000001,
)
COVERS = RowCounts(total=100, placed=90, failed=10)

_ONE_LINE = (
    "Cost: counted 0.0027 USD, planned 0.0021 USD. Lambda 0.0024 USD: 10.0 s in 1 invocation, "
    "10.0 s planned. S3 0.0003 USD: 54 writes and lists, 20 reads. SQS 0.0000 USD: 3 requests"
)


def run(
    work: CountedWork | None = WORK,
    *,
    planned_seconds: float = 10.0,
    books: Books = Books(COVERS, seconds={"total": 9.9}),  # noqa: B008 - it is frozen
) -> RunSummary:
    cost = Cost.of(planned=0.0021, counted=0.0027, planned_seconds=planned_seconds, work=work)
    return summary("r", "20261001_000000", books, figures=figures_of_run([], cost))


def test_planned_and_counted_cost_are_beside_each_other_by_service() -> None:
    assert cost_in_words(run()) == [_ONE_LINE, NOT_COUNTED]


def why(summary: RunSummary) -> str:
    _, reasons, _ = cost_in_words(summary)
    return reasons.removeprefix("Why counted and planned differ: ")


def test_cold_starts_and_the_work_around_a_chunk_are_told_from_slow_covers() -> None:
    around = run(books=Books(COVERS, seconds={"total": 2.0}), planned_seconds=2.0)
    assert why(around) == (
        "8.0 s are cold starts and the work before and after a chunk's covers, for which the plan "
        "has one number for all chunks"
    )
    assert why(run(planned_seconds=2.0)) == (
        "the covers took 9.9 s, 99.0 ms for each of 100, and 2.0 s were planned"
    )


def test_chunks_that_ran_out_of_time_are_named() -> None:
    assert why(run(replace(WORK, invocations=3))) == (
        "1 chunk took 3 invocations: their time ran out, or they were interrupted or stopped"
    )


def test_covers_that_were_kept_and_not_fetched_are_named() -> None:
    books = Books(COVERS, seconds={"total": 9.9}, downloads=DownloadCounts(kept=80))
    assert why(run(books=books)) == (
        "80 covers were kept before and not fetched, which a first plan does not know"
    )


def test_chunks_of_a_release_that_counts_nothing_are_named() -> None:
    two = replace(run(), chunks=2)
    assert why(two).startswith("1 of 2 chunks were done by a release that counts nothing")
    (line,) = cost_in_words(run(None))
    assert line.startswith("Cost: counted 0.0027 USD, planned 0.0021 USD. The workers' release")


def test_a_run_without_a_cost_has_no_line() -> None:
    without = summary("r", "20261001_000000", figures=figures_of_run([], None))
    assert cost_in_words(without) == []
    assert cost_in_words(summary("old", "20261001_000000")) == []
