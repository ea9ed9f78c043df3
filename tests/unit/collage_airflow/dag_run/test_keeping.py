"""Which rows a run that only keeps covers looks at, and what it is called."""

from datetime import UTC, datetime, timedelta
from typing import Any

import lazy_object_proxy
import pytest
from airflow.sdk.api.datamodels._generated import DagRun
from hypothesis import given
from hypothesis import strategies as st

from collage_airflow.dag_run.identity import RunIdentity
from collage_airflow.dag_run.request import done_until, window_asked_for
from collage_airflow.dag_run.schedules import DAILY, KEEPING
from collage_core.contract.window import Window
from collage_core.errors import SettingError
from collage_core.layout import keys
from tests.support.dag_runs import dag_run

NINE = datetime(2026, 10, 14, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hourly(start: datetime = NINE, **changes: Any) -> DagRun:
    """The run of the hour that begins then."""
    fields = {
        "dag_id": "keep_covers",
        "run_id": f"scheduled__{start.isoformat()}",
        "logical_date": start,
        "data_interval_start": start,
        "data_interval_end": start + HOUR,
        "run_after": start + HOUR,
    }
    return dag_run("scheduled", **fields | changes)


def window(since: datetime | None, run: DagRun | None = None, **params: Any) -> Window | None:
    return window_asked_for(run or hourly(), params, KEEPING, since)


def test_a_run_looks_at_its_hour_and_the_one_before() -> None:
    assert window(NINE) == Window(NINE - HOUR, NINE + HOUR)


def test_hours_without_a_run_that_has_succeeded_are_looked_at_again() -> None:
    assert window(NINE - 5 * HOUR) == Window(NINE - 6 * HOUR, NINE + HOUR)


def test_the_first_run_and_one_after_a_long_pause_look_back_two_days() -> None:
    two_days = Window(NINE + HOUR - timedelta(days=2), NINE + HOUR)
    assert window(None) == two_days
    assert window(NINE - timedelta(days=9)) == two_days


def test_a_run_of_long_ago_looks_at_its_own_hour_although_later_ones_have_succeeded() -> None:
    assert window(NINE + timedelta(days=3)) == Window(NINE - HOUR, NINE + HOUR)


def test_dates_that_are_given_are_taken_as_they_are() -> None:
    asked = window(None, window_start="2026-10-11", window_end="2026-10-13")
    assert asked == Window(datetime(2026, 10, 11, tzinfo=UTC), datetime(2026, 10, 13, tzinfo=UTC))
    with pytest.raises(SettingError, match="is in the future of this run"):
        window(None, window_start="2026-10-13", window_end="2026-10-15")


def test_a_run_without_an_interval_takes_the_hours_that_are_over() -> None:
    run = hourly(logical_date=None, data_interval_start=None, data_interval_end=None)
    assert window(NINE - HOUR, run) == Window(NINE - 2 * HOUR, NINE + HOUR)


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_no_moment_is_missed_however_runs_fail(outcomes: list[bool]) -> None:
    """Up to two days without success; what a failed run has looked at counts for nothing."""
    since: datetime | None = None
    seen_until = NINE - timedelta(days=2)
    for number, succeeds in enumerate(outcomes):
        start = NINE + number * HOUR
        found = window(since, hourly(start))
        assert found is not None
        assert found.end == start + HOUR
        assert found.start <= max(seen_until, found.end - KEEPING.longest)
        if succeeds:
            since = seen_until = found.end


def test_the_last_success_is_what_airflow_says_it_is() -> None:
    context: Any = {"prev_data_interval_end_success": NINE}
    assert done_until(context, KEEPING) == NINE
    assert done_until(context, DAILY) is None, "collages are made of exactly one interval"
    assert done_until({}, KEEPING) is None
    nothing: Any = {"prev_data_interval_end_success": lazy_object_proxy.Proxy(lambda: None)}
    assert done_until(nothing, KEEPING) is None
    later: Any = {"prev_data_interval_end_success": lazy_object_proxy.Proxy(lambda: NINE)}
    assert type(done_until(later, KEEPING)) is datetime


def test_its_names_are_those_of_its_dag_run_and_its_csv_is_in_its_own_folder() -> None:
    run = RunIdentity.of(hourly(), KEEPING)
    assert run.run_id.startswith("keep_covers-20261014_100000-")
    assert run.csv_key == keys.covers_to_keep(run.run_id)
    assert run.keep_only
    assert not run.is_scheduled, "it has no second that a schedule would own"
    assert RunIdentity.of(hourly(), KEEPING) == run, "a task that runs again finds the same"
    others = [hourly(NINE + HOUR), hourly(run_id="manual__1")]
    assert run.run_id not in {RunIdentity.of(other, KEEPING).run_id for other in others}
    # At midnight, the daily run begins as well: neither is in the way of the other.
    midnight = datetime(2026, 10, 13, 23, tzinfo=UTC)
    assert not RunIdentity.of(hourly(midnight), KEEPING).csv_key.startswith(keys.CSV_FILES)
