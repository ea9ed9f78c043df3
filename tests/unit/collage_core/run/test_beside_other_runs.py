import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, override

import pytest

from collage_core.contract.reading import read
from collage_core.contract.summary import RunSummary
from collage_core.errors import MessageError, RaceError
from collage_core.layout import keys
from collage_core.run.batch_results import write_results
from collage_core.run.reconcile import summarise
from collage_core.run.statistics import write_statistics
from collage_core.run.summaries import write_summary
from collage_core.settings import Settings
from collage_core.storage.directory_store import DirectoryStore
from tests.support.failures import Where, failure
from tests.support.runs import TIMESTAMP, run, summary

SETTINGS = Settings()
OUTPUT = SETTINGS.output_bucket
MANIFEST, RECEIPTS = run([{"ana": 3, "bo": 2}, {"cy": 4}])


class RacedStore(DirectoryStore):
    """A store in which another worker may be faster: `before_put` is called once, then dropped."""

    before_put: Callable[[str], object] | None = None

    @override
    def put(self, bucket: str, key: str, body: bytes, **options: Any) -> str:
        interrupt, self.before_put = self.before_put, None
        if interrupt:
            interrupt(key)
        return super().put(bucket, key, body, **options)

    def read(self, key: str) -> bytes:
        found = self.get(OUTPUT, key)
        assert found is not None
        return found.body

    def document(self, key: str) -> Any:
        return json.loads(self.read(key))

    def everything(self) -> dict[str, bytes]:
        return {key: self.read(key) for key in self.list_keys(OUTPUT, "")}


@pytest.fixture
def store(tmp_path: Path) -> RacedStore:
    return RacedStore({OUTPUT: tmp_path})


# --- the summary


def test_the_key_of_a_summary_is_the_second_of_its_run(store: RacedStore) -> None:
    written = summarise(MANIFEST, RECEIPTS)
    key = write_summary(store, SETTINGS, written)
    assert key == "results/processing-summaries/2026/10/processing_summary_20261001_000000.json"
    assert read(store.document(key), RunSummary) == written


def test_a_run_that_is_repeated_overwrites_its_own_summary(store: RacedStore) -> None:
    first = write_summary(store, SETTINGS, summary("r", "20261001_000000"))
    again = write_summary(store, SETTINGS, summarise(*run([{"ana": 1}], run_id="r")))
    assert first == again
    assert store.document(first)["rows"]["placed"] == 1
    assert list(store.everything()) == [first]


def test_two_runs_of_the_same_second_both_keep_their_summary(store: RacedStore) -> None:
    first = write_summary(store, SETTINGS, summary("a", "20261001_000000"))
    second = write_summary(store, SETTINGS, summary("b", "20261001_000000"))
    assert second.endswith("processing_summary_20261001_000000_b.json")
    assert write_summary(store, SETTINGS, summary("b", "20261001_000000")) == second
    assert write_summary(store, SETTINGS, summary("a", "20261001_000000")) == first
    assert store.document(first)["run_id"] == "a"
    assert store.document(second)["run_id"] == "b"


# --- the day's results


def test_results_of_two_runs_of_a_day_are_in_one_file(store: RacedStore) -> None:
    write_results(store, SETTINGS, MANIFEST, RECEIPTS)
    key = write_results(store, SETTINGS, *run([{"dee": 1}], run_id="other"))
    assert key == "results/processing-summaries/2026/10/batch_results_20261001.csv"
    assert store.read(key).count(b"\n") == 1 + 3 + 1


@failure(
    Where.DOCUMENTS,
    fault="Two runs write the day's batch results at the same moment",
    happens="Each adds its lines to what the other has written",
    sees="nothing",
    fix="nothing",
)
def test_results_that_another_run_writes_at_the_same_moment_are_not_lost(store: RacedStore) -> None:
    other = run([{"dee": 1}], run_id="other")
    store.before_put = lambda _key: write_results(store, SETTINGS, *other)
    key = write_results(store, SETTINGS, MANIFEST, RECEIPTS)
    assert store.read(key).count(b"\n") == 1 + 3 + 1

    # The same once more, now that there is a file to be changed instead of created.
    third = run([{"eve": 1}], run_id="third")
    store.before_put = lambda _key: write_results(store, SETTINGS, *third)
    write_results(store, SETTINGS, *run([{"fay": 1}], run_id="fourth"))
    assert store.read(key).count(b"\n") == 1 + 3 + 1 + 1 + 1


def test_a_file_that_keeps_changing_is_an_error_and_no_endless_loop(
    store: RacedStore,
) -> None:
    key = keys.batch_results(TIMESTAMP)
    changes = iter(range(1000))

    def change(_key: str) -> None:
        others = run([{"dee": 1}], run_id=f"other-{next(changes)}")
        write_results(store, SETTINGS, *others)
        store.before_put = change

    store.before_put = change
    with pytest.raises(RaceError, match=f"{key} .* run this step again"):
        write_results(store, SETTINGS, MANIFEST, RECEIPTS)


# --- statistics


def publish(store: RacedStore, *runs: RunSummary) -> None:
    for each in runs:
        write_summary(store, SETTINGS, each)
        write_statistics(store, SETTINGS, each.run_timestamp)


def test_statistics_are_made_of_all_summaries_of_the_month(store: RacedStore) -> None:
    publish(
        store,
        summarise(*run([{"ana": 3}], run_id="a")),
        summarise(*run([{"ana": 2}], run_id="b")),
    )
    written = write_statistics(store, SETTINGS, TIMESTAMP)
    assert written == [
        "metadata/2026/10/01/processing_log_20261001.json",
        "results/statistics/daily_stats_20261001.json",
        "results/statistics/monthly_report_202610.json",
    ]
    log, day, month = (store.document(key) for key in written)
    assert [entry["run_id"] for entry in log["runs"]] == ["a", "b"]
    assert day["rows"]["placed"] == month["rows"]["placed"] == 5
    assert month["runs"] == 2


def test_batch_results_and_runs_of_other_months_do_not_disturb_the_statistics(
    store: RacedStore,
) -> None:
    publish(store, summary("s", "20260930_235959"), summary("o", "20261001_000000"))
    write_results(store, SETTINGS, MANIFEST, RECEIPTS)
    write_statistics(store, SETTINGS, TIMESTAMP)
    assert store.document(keys.monthly_report(TIMESTAMP))["days"][0]["run_ids"] == ["o"]


def test_publishing_again_changes_nothing(store: RacedStore) -> None:
    publish(store, summary("a", "20261001_000000"), summary("b", "20261002_000000"))
    before = store.everything()
    store.before_put = lambda key: pytest.fail(f"{key} was written though it is the same")
    write_statistics(store, SETTINGS, TIMESTAMP)
    assert store.everything() == before


def test_statistics_count_both_of_two_runs_that_end_at_the_same_moment(
    store: RacedStore,
) -> None:
    publish(store, summary("a", "20261001_000000"))
    late = summary("late", "20261001_120000")

    def end_of_the_other_run(_key: str) -> None:
        write_summary(store, SETTINGS, late)
        write_statistics(store, SETTINGS, late.run_timestamp)

    write_summary(store, SETTINGS, summary("b", "20261001_060000"))
    store.before_put = end_of_the_other_run
    write_statistics(store, SETTINGS, TIMESTAMP)
    assert store.document(keys.daily_stats(TIMESTAMP))["run_ids"] == ["a", "b", "late"]
    assert store.document(keys.monthly_report(TIMESTAMP))["runs"] == 3


def test_a_summary_that_cannot_be_read_is_named_instead_of_left_out(store: RacedStore) -> None:
    publish(store, summary("a", "20261001_000000"))
    torn = f"{keys.summaries_of_month(TIMESTAMP)}processing_summary_x.json"
    store.put(OUTPUT, torn, b"{}", content_type="application/json")
    with pytest.raises(MessageError, match="processing_summary_x"):
        write_statistics(store, SETTINGS, TIMESTAMP)
