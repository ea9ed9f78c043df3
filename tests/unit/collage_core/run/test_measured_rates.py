"""How long covers take is learned from the newest large runs of the same DAG."""

from datetime import UTC, datetime
from typing import Any, override

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from collage_core.contract.books import Books, DownloadCounts, RowCounts
from collage_core.contract.figures import Cost, CountedWork
from collage_core.contract.summary import RunSummary
from collage_core.layout import keys
from collage_core.run.estimate import BUILT_IN, SECONDS_PER_CHUNK, Rates
from collage_core.run.figures import figures_of_run
from collage_core.run.measured_rates import (
    LEAST_COVERS,
    MOST_RUNS,
    MeasuredRates,
    rates_of,
)
from collage_core.run.newest_runs import MOST_READ, newest_runs
from collage_core.run.summaries import write_summary
from collage_core.settings import Settings
from collage_core.storage.documents import to_document
from tests.support.memory_store import MemoryStore
from tests.support.runs import summary

SETTINGS = Settings()
NOW = datetime(2026, 11, 1, 1, tzinfo=UTC)
MONTHLY = "cover_collage_monthly"


def books(
    *, placed: int, failed: int = 0, seconds: float, expired: int = 0, kept: int = 0
) -> Books:
    """`expired` of the failed covers were not asked for."""
    rows = RowCounts(placed + failed, placed, 0, 0, 0, failed)
    reasons = {"expired_url": expired, "timeout": failed - expired}
    return Books(
        rows=rows,
        reasons={name: count for name, count in reasons.items() if count},
        seconds={"total": seconds},
        downloads=DownloadCounts(placed - kept, 1, kept),
    )


def write(store: MemoryStore, timestamp: str, its: Books, *, dag: str = MONTHLY) -> RunSummary:
    run = summary(f"{dag}-{timestamp}-00000000", timestamp, its)
    write_summary(store, SETTINGS, run)
    return run


def learned(store: MemoryStore, **more: Any) -> Rates:
    return rates_of(store, SETTINGS, MONTHLY, now=NOW, **more)


def test_the_rates_are_those_of_the_requested_covers_and_name_their_run() -> None:
    store = MemoryStore()
    run = write(
        store, "20261001_000000", books(placed=900, failed=600, expired=500, kept=450, seconds=100)
    )
    found = learned(store)
    assert found.seconds_per_cover == pytest.approx(100 / 1000)
    assert found.failed_share == pytest.approx(100 / 1000)
    assert run.run_id in found.source
    assert "45% of 1,000 covers came from packs" in found.source


@pytest.mark.parametrize(("of_chunks", "per_chunk"), [(1, 3.0), (0, SECONDS_PER_CHUNK)])
def test_what_is_billed_around_a_chunk_is_learned_where_all_chunks_counted_it(
    of_chunks: int, per_chunk: float
) -> None:
    work = CountedWork(
        chunks=of_chunks,
        invocations=1,
        seconds=103.0,
        puts=0,
        lists=0,
        gets=0,
        queue_requests=0,
        lambda_usd=0,
        s3_usd=0,
        sqs_usd=0,
    )
    cost = Cost.of(planned=1, counted=1, work=work)
    figures = figures_of_run([], cost)
    run = summary("r", "20261001_000000", books(placed=1000, seconds=100), figures=figures)
    measured = MeasuredRates.of([run])
    assert measured is not None
    assert measured.rates.seconds_per_chunk == pytest.approx(per_chunk)


def test_without_a_run_to_learn_from_the_built_in_rates_count_and_it_says_so() -> None:
    found = learned(MemoryStore())
    assert (found.seconds_per_cover, found.failed_share) == (None, 0)
    assert found.seconds_per_chunk == BUILT_IN.seconds_per_chunk
    assert found.source.startswith("built in: no run of cover_collage_monthly with")


def test_runs_of_other_dags_small_ones_and_old_ones_teach_nothing() -> None:
    store = MemoryStore()
    big = books(placed=1000, seconds=10)
    write(store, "20261001_000001", big, dag="cover_collage_daily")
    write(store, "20261001_000002", big, dag="cover_collage_monthly_of_others")
    write(store, "20261002_000000", books(placed=LEAST_COVERS - 1, seconds=1))
    write(store, "20260901_000000", big)  # neither this month nor the one before
    assert learned(store).seconds_per_cover is None
    of_august = write(store, "20260801_000000", big)
    at = replace(of_august, run_timestamp=of_august.run_timestamp).run_timestamp
    assert learned(store, timestamp=at).seconds_per_cover == pytest.approx(0.01)


def test_only_the_newest_runs_are_read_however_many_there_are() -> None:
    store = MemoryStore()
    for day in range(1, 29):
        seconds = 1000 if day > 28 - MOST_RUNS else 10
        write(store, f"202610{day:02}_000000", books(placed=1000, seconds=seconds))
    assert learned(store).seconds_per_cover == pytest.approx(1)
    assert "and 3 more runs" in learned(store).source


def test_a_run_that_is_older_than_what_is_read_of_other_dags_is_not_found() -> None:
    store = MemoryStore()
    write(store, "20261001_000000", books(placed=1000, seconds=10))
    for number in range(MOST_READ):
        write(store, f"202610{number + 2:02}_000000", Books(), dag=f"another{number}")
    assert learned(store).seconds_per_cover is None


def test_a_run_of_a_month_is_not_hidden_by_those_of_its_days() -> None:
    store = MemoryStore()
    write(store, "20261001_000000", books(placed=1000, seconds=10))
    for day in range(1, 32):
        by_day = books(placed=1000, seconds=90)
        write(store, f"202610{day:02}_000001", by_day, dag="cover_collage_daily")
        write(store, f"202610{day:02}_120000", Books(), dag="cover_collage_manual")
    assert learned(store).seconds_per_cover == pytest.approx(0.01)


def test_nothing_is_learned_from_a_run_whose_workers_measured_no_time() -> None:
    """Its covers would cost nothing, and no run would ask anybody."""
    store = MemoryStore()
    its = replace(books(placed=1000, seconds=1), seconds={})
    write(store, "20261001_000000", its)
    assert learned(store).seconds_per_cover is None


def test_a_summary_that_cannot_be_read_is_passed_over() -> None:
    store = MemoryStore()
    write(store, "20261001_000000", books(placed=1000, seconds=10))
    run = write(store, "20261002_000000", books(placed=1000, seconds=99))
    key = keys.processing_summary(run.run_timestamp)
    store.put(SETTINGS.output_bucket, key, b"{}", content_type="application/json")
    assert learned(store).seconds_per_cover == pytest.approx(0.01)


def test_a_run_that_only_keeps_covers_learns_from_those_of_two_days() -> None:
    store = MemoryStore()
    for timestamp in ("20261030_230000", "20261031_230000"):
        run_id = f"keep_covers-{timestamp}-00000000"
        run = summary(run_id, timestamp, books(placed=1000, seconds=int(timestamp[7]) * 10))
        key = keys.summary_of_keeping(run_id)
        body = to_document(replace(run, keep_only=True))
        store.put(SETTINGS.temp_bucket, key, body, content_type="application/json")
    found = rates_of(store, SETTINGS, "keep_covers", now=NOW, keep_only=True)
    assert found.seconds_per_cover == pytest.approx(0.01)
    assert "20261030" not in found.source


class _OfFolders(MemoryStore):
    """Refuses to list all that runs have: that may be a hundred thousand objects."""

    @override
    def list_objects(self, bucket: str, prefix: str) -> Any:
        raise AssertionError(f"{prefix} in {bucket} is listed")

    @override
    def list_folders(self, bucket: str, prefix: str) -> Any:
        below = [key.removeprefix(prefix) for _, key in self.objects if key.startswith(prefix)]
        yield from (key.partition("/")[0] for key in below)


def test_of_runs_that_only_keep_covers_no_objects_are_listed() -> None:
    store = _OfFolders()
    run = summary("keep_covers-20261031_230000-00000000", "20261031_230000", Books())
    key = keys.summary_of_keeping(run.run_id)
    store.put(SETTINGS.temp_bucket, key, to_document(run), content_type="application/json")
    found = newest_runs(store, SETTINGS, "keep_covers", now=NOW, keep_only=True)
    assert [each.run_id for each in found] == [run.run_id]


@given(
    st.lists(
        st.tuples(st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 10**6)), max_size=6
    )
)
def test_the_rates_of_several_runs_lie_between_those_of_each(
    runs: list[tuple[int, int, int]],
) -> None:
    summaries = [
        summary(f"r{number}", "20261001_000000", books(placed=placed, failed=failed, seconds=took))
        for number, (placed, failed, took) in enumerate(runs)
    ]
    large = [(p, f, t) for p, f, t in runs if p + f >= LEAST_COVERS and t]
    measured = MeasuredRates.of(summaries)
    if not large:
        assert measured is None
        return
    assert measured is not None
    rates = measured.rates
    assert rates.seconds_per_cover is not None
    each = [took / (placed + failed) for placed, failed, took in large]
    assert min(each) - 1e-9 <= rates.seconds_per_cover <= max(each) + 1e-9
    shares = [failed / (placed + failed) for placed, failed, _ in large]
    assert min(shares) - 1e-9 <= rates.failed_share <= max(shares) + 1e-9
