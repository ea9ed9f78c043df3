"""A schedule that could give its runs the names of other runs is refused."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_airflow.dag_run import schedules
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from collage_core.layout.schedule import Schedule, outside_of_schedules
from tests.support.schedules import DAILY, MONTHLY, SCHEDULES

moments = st.datetimes(
    min_value=datetime(2001, 1, 1),  # noqa: DTZ001 - the zone comes after
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.timezones(),
)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"second": 60}, "second is 60: it must be from 0 to 59"),
        ({"second": -1}, "second is -1"),
        ({"cron": "0 1 * * *"}, "cron is '0 1 .*': intervals must begin at midnight"),
        ({"cron": "@hourly"}, "cron is '@hourly'"),
        ({"csv_name": "update_batch_001"}, "csv_name is 'update_batch_001': it must be a file"),
        ({"csv_name": "other/daily.csv"}, "csv_name is 'other/daily.csv'"),
        ({"csv_name": "cover_urls_%Y%m%d.csv"}, r"cover_urls_\* are CSVs of manual runs"),
    ],
)
def test_schedules_that_would_share_names_are_refused_with_the_fix(
    changes: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        replace(DAILY, **changes)


def test_the_schedules_here_share_neither_a_second_nor_the_name_of_a_csv() -> None:
    here = [value for value in vars(schedules).values() if isinstance(value, Schedule)]
    day = datetime(2026, 10, 1, tzinfo=UTC)
    for one, other in combinations({*here, *SCHEDULES}, 2):
        assert one.timestamp(day) != other.timestamp(day)
        assert csv_of(one, day) != csv_of(other, day)


def csv_of(schedule: Schedule, day: datetime) -> str:
    return keys.scheduled_csv(schedule, schedule.timestamp(day))


@given(moments)
def test_unscheduled_runs_never_take_a_reserved_second(moment: datetime) -> None:
    second = RunTimestamp.of(moment)
    moved = outside_of_schedules(second)
    midnight = moved.moment.replace(hour=0, minute=0, second=0)
    assert moved.moment - midnight >= timedelta(minutes=1)
    assert moved in {second, second.later(60)}
    assert outside_of_schedules(moved) == moved


@given(st.dates(), st.sampled_from(SCHEDULES))
def test_scheduled_runs_always_take_a_reserved_second(day: date, schedule: Schedule) -> None:
    timestamp = schedule.timestamp(datetime(day.year, day.month, day.day, tzinfo=UTC))
    assert outside_of_schedules(timestamp) != timestamp
    assert timestamp.moment.date() == day


def test_the_csv_of_the_monthly_dag_keeps_its_name() -> None:
    timestamp = MONTHLY.timestamp(datetime(2026, 10, 1, tzinfo=UTC))
    assert str(timestamp) == "20261001_000000"
    key = "csv-files/2026/10/01/monthly_batch_20261001.csv"
    assert keys.scheduled_csv(MONTHLY, timestamp) == key
