"""The names of a DAG run's run, the same however it was started and at every try."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.api.datamodels._generated import DagRun
from airflow.timetables.interval import CronDataIntervalTimetable
from pendulum import DateTime

from collage_airflow.dag_run.identity import RunIdentity, interval_left_out
from collage_airflow.dag_run.schedules import MONTHLY
from collage_core.contract.window import Window
from collage_core.layout.schedule import Schedule
from tests.support.dag_runs import NOVEMBER_1, OCTOBER_1, dag_run
from tests.support.schedules import DAILY

OCTOBER = Window(OCTOBER_1, NOVEMBER_1)
SEPTEMBER = Window(datetime(2026, 9, 1, tzinfo=UTC), OCTOBER_1)


def by_hand(**changes: Any) -> DagRun:
    """A run of September's interval, as the form makes it of a logical date in October."""
    fields = {
        "run_type": "manual",
        "logical_date": OCTOBER_1,
        "data_interval_start": SEPTEMBER.start,
        "data_interval_end": SEPTEMBER.end,
    }
    return dag_run(**fields | changes)


@pytest.mark.parametrize("run_type", ["scheduled", "backfill", "manual"])
def test_a_scheduled_run_is_named_by_the_start_of_its_month(
    run_type: str,
) -> None:
    run = RunIdentity.of(dag_run(run_type), MONTHLY)
    assert run.csv_key == "csv-files/2026/10/01/monthly_batch_20261001.csv"
    assert run.run_id.startswith("cover_collage_monthly-20261001_000000-")


def test_a_month_backfilled_after_its_dag_run_was_deleted_is_the_same_run() -> None:
    scheduled = dag_run("scheduled", run_id="scheduled__2026-10-01T00:00:00+00:00")
    backfilled = dag_run("backfill", run_id="backfill__2026-10-01T00:00:00+00:00")
    assert RunIdentity.of(scheduled, MONTHLY) == RunIdentity.of(backfilled, MONTHLY)


def test_another_interval_or_another_dag_is_another_run() -> None:
    runs = [
        dag_run("scheduled"),
        dag_run("scheduled", data_interval_end=NOVEMBER_1 - timedelta(days=1)),
        dag_run("scheduled", dag_id="cover_collage_daily"),
    ]
    assert len({RunIdentity.of(run, MONTHLY).run_id for run in runs}) == len(runs)


@pytest.mark.parametrize("run_type", ["manual", "asset_triggered", "operator_triggered"])
@pytest.mark.parametrize("interval", [True, False])
def test_any_other_run_is_named_by_the_second_at_which_it_was_due(
    run_type: str, interval: bool
) -> None:
    logical_date = OCTOBER_1 + timedelta(hours=4) if interval else None
    run = RunIdentity.of(dag_run(run_type, interval=interval, logical_date=logical_date), MONTHLY)
    assert run.csv_key == "csv-files/2026/11/01/cover_urls_20261101_040000.csv"
    assert run.run_id.startswith("cover_collage_monthly-20261101_040000-")


def test_two_manual_runs_in_one_second_have_two_ids() -> None:
    first, second = (
        RunIdentity.of(by_hand(run_id=name), MONTHLY) for name in ("manual__1", "manual__2")
    )
    assert first.timestamp == second.timestamp
    assert first.run_id != second.run_id


def test_a_manual_run_that_a_backfill_reprocesses_keeps_its_name() -> None:
    # `--reprocess-behavior` clears the run and changes nothing of it but its type.
    assert RunIdentity.of(by_hand(), MONTHLY) == RunIdentity.of(
        by_hand(run_type="backfill", run_id=by_hand().run_id), MONTHLY
    )


@pytest.mark.parametrize(
    "logical_date",
    [OCTOBER_1, OCTOBER_1 + timedelta(seconds=1), datetime(2026, 10, 31, 23, 59, tzinfo=UTC)],
    ids=str,
)
def test_the_interval_that_airflow_infers_does_not_begin_at_the_logical_date(
    logical_date: datetime,
) -> None:
    schedule = CronDataIntervalTimetable("0 0 1 * *", timezone="UTC")
    inferred = schedule.infer_manual_data_interval(run_after=DateTime.instance(logical_date))
    run = by_hand(
        logical_date=logical_date,
        data_interval_start=inferred.start,
        data_interval_end=inferred.end,
    )
    assert "cover_urls" in RunIdentity.of(run, MONTHLY).csv_key


def test_an_invented_interval_within_a_day_does_not_share_the_days_csv() -> None:
    noon = OCTOBER_1 + timedelta(hours=12)
    run = dag_run("manual", logical_date=noon, data_interval_start=noon)
    assert "cover_urls" in RunIdentity.of(run, MONTHLY).csv_key


def test_a_data_interval_of_zero_length_names_no_run() -> None:
    run = dag_run("scheduled", data_interval_end=OCTOBER_1)
    assert "cover_urls" in RunIdentity.of(run, MONTHLY).csv_key


@pytest.mark.parametrize("window", [SEPTEMBER, Window(OCTOBER_1, OCTOBER_1 + timedelta(1)), None])
def test_a_run_with_other_covers_in_the_place_of_a_month_skips_the_month(
    window: Window | None,
) -> None:
    assert interval_left_out(by_hand(), window, MONTHLY) == OCTOBER_1
    assert interval_left_out(dag_run("backfill"), window, MONTHLY) == OCTOBER_1


@pytest.mark.parametrize(
    ("run", "window", "schedule"),
    [
        (dag_run("scheduled"), OCTOBER, MONTHLY),
        (by_hand(), OCTOBER, MONTHLY),
        (by_hand(logical_date=OCTOBER_1 + timedelta(days=1)), SEPTEMBER, MONTHLY),
        (by_hand(logical_date=None), SEPTEMBER, MONTHLY),
        (
            dag_run("scheduled", data_interval_end=OCTOBER_1 + timedelta(1)),
            Window(OCTOBER_1, OCTOBER_1 + timedelta(1)),
            DAILY,
        ),
    ],
    ids=["scheduled", "whole month", "any other day", "no logical date", "day by day"],
)
def test_any_other_run_skips_no_month(run: DagRun, window: Window, schedule: Schedule) -> None:
    assert interval_left_out(run, window, schedule) is None


@pytest.mark.parametrize("run_type", ["scheduled", "backfill", "manual", "asset_triggered"])
def test_in_a_dag_without_a_schedule_every_run_is_a_manual_run(run_type: str) -> None:
    run = RunIdentity.of(dag_run(run_type), None)
    assert not run.is_scheduled
    assert run.csv_key == "csv-files/2026/11/01/cover_urls_20261101_040000.csv"
    assert interval_left_out(dag_run(run_type), SEPTEMBER, None) is None
