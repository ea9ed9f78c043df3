from datetime import UTC, datetime

import pytest

from collage_core.layout import keys
from collage_core.run.months import first_second
from collage_core.views import month as view
from collage_core.views.month import MonthInDetail, read_month
from tests.support.closed_months import DROPPED, OCTOBER, SEPTEMBER, SETTINGS, books, close
from tests.support.counted_store import CountedStore
from tests.support.runs import summary

NOW = datetime(2026, 11, 29, 15, tzinfo=UTC)
OUTPUT = SETTINGS.output_bucket


@pytest.fixture
def store() -> CountedStore:
    return CountedStore()


def october(store: CountedStore) -> MonthInDetail:
    store.forget_requests()
    return read_month(store, SETTINGS, "202610", now=NOW)


def test_a_month_has_its_reports_and_its_runs_the_newest_first(store: CountedStore) -> None:
    close(store, SEPTEMBER, OCTOBER, DROPPED)
    found = october(store)
    assert found.month.state == "partial"
    assert [run.run_id for run in found.runs] == [DROPPED.run_id, OCTOBER.run_id]
    assert found.runs[0].run_timestamp == DROPPED.run_timestamp
    assert found.covers is not None
    assert [run.run_id for run in found.covers.runs] == [OCTOBER.run_id]
    assert found.creators is not None
    assert (found.runs_left_out, found.missing_logs, found.unreadable) == (0, [], [])


def test_a_month_without_a_report_is_empty_and_takes_three_requests(
    store: CountedStore,
) -> None:
    found = october(store)
    assert found.month.state == "no_report"
    assert (found.creators, found.covers, list(found.runs)) == (None, None, [])
    assert found.unreadable == []
    assert store.requests == 3


def test_a_month_with_a_run_every_day_takes_at_most_34_requests(store: CountedStore) -> None:
    days = range(1, 32)
    close(store, *(summary(f"run-{day}", f"202610{day:02d}_120000") for day in days))
    found = october(store)
    assert len(found.runs) == 31
    assert store.requests == 34


def test_only_the_newest_runs_are_named_and_only_their_days_read(
    store: CountedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "MOST_RUNS", 4)
    close(store, *(summary(f"run-{n}", f"202610{n // 3 + 1:02d}_12000{n % 3}") for n in range(12)))
    found = october(store)
    assert [run.run_id for run in found.runs] == ["run-11", "run-10", "run-9", "run-8"]
    assert found.runs_left_out == 8
    logs = [key for key in store.gets if "processing_log" in key]
    assert sorted(logs) == [
        keys.processing_log(first_second(day)) for day in ("20261003", "20261004")
    ]


def test_a_log_that_is_gone_hides_the_runs_of_its_day_alone(store: CountedStore) -> None:
    close(store, OCTOBER, DROPPED)
    store.delete_keys(OUTPUT, [keys.processing_log(first_second("20261014"))])
    found = october(store)
    assert [run.run_id for run in found.runs] == [OCTOBER.run_id]
    assert found.runs_left_out == 1
    assert found.missing_logs == ["20261014"]


@pytest.mark.parametrize(
    "key",
    [keys.monthly_report, keys.creators_report, keys.covers_report, keys.processing_log],
    ids=lambda key: key.__name__,
)
def test_a_document_that_cannot_be_read_hides_no_other(store: CountedStore, key: object) -> None:
    close(store, OCTOBER)
    broken = key(first_second("202610"))  # type: ignore[operator]
    store.put(OUTPUT, broken, b"{", content_type="application/json")
    found = october(store)
    (unreadable,) = found.unreadable
    assert (unreadable.bucket, unreadable.key) == (OUTPUT, broken)
    assert found.missing_logs == []
    kept = [found.month.report, found.creators, found.covers, *found.runs]
    assert sum(each is not None for each in kept) >= 2


def test_the_current_month_counts_up_to_now(store: CountedStore) -> None:
    close(store, summary("now", "20261103_000000", books(placed=20)))
    found = read_month(store, SETTINGS, "202611", now=NOW)
    assert not found.month.is_over
    assert len(found.runs) == 1
