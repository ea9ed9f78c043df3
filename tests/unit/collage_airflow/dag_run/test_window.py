"""Which window a run is about, however it was started."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from airflow.sdk.exceptions import ParamValidationError
from hypothesis import given
from hypothesis import strategies as st

from collage_airflow.dag_defaults import window_params
from collage_airflow.dag_run.schedules import MONTHLY
from collage_airflow.dag_run.window import LONGEST_WINDOW, choose_window, stand_in_window
from collage_core.contract.window import Window
from collage_core.errors import SettingError

NOVEMBER_21 = datetime(2026, 11, 21, 4, 5, tzinfo=UTC)
OCTOBER = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
SEPTEMBER = Window(datetime(2026, 9, 1, tzinfo=UTC), OCTOBER.start)

moments = st.datetimes(
    min_value=datetime(2001, 1, 1),  # noqa: DTZ001 - the zone comes after
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.timezones(),
)


def choose(
    given_start: str | None = None,
    given_end: str | None = None,
    *,
    interval: Window | None = None,
    run_after: datetime = NOVEMBER_21,
) -> Window:
    return choose_window(
        given_start=given_start,
        given_end=given_end,
        interval=interval,
        run_after=run_after,
        schedule=MONTHLY,
    )


def test_a_window_that_was_asked_for_wins_over_the_data_interval() -> None:
    assert choose("2026-10-01", "2026-11-01", interval=SEPTEMBER) == OCTOBER


def test_without_a_window_it_is_the_data_interval() -> None:
    assert choose(interval=SEPTEMBER) == SEPTEMBER


def test_without_a_data_interval_it_is_the_last_whole_month() -> None:
    assert choose() == OCTOBER


@pytest.mark.parametrize(
    "typed",
    [
        "2026-10-01T12:00:00Z",
        "2026-10-01T00:00:00",
        "2026-10-01 ",
        "20261001",
        "2026-W40-4",
        "2026-W40",
        "2026-10",
        "1.10.2026",
    ],
)
def test_a_window_is_of_whole_days_and_nothing_else_is_taken_for_one(typed: str) -> None:
    with pytest.raises(SettingError, match=r"window_start is '.*': it must be a date such as"):
        choose(typed, "2026-11-01")
    with pytest.raises(ParamValidationError):
        window_params(MONTHLY)["window_start"].resolve(typed)


def test_a_day_that_the_form_takes_is_a_day_here() -> None:
    given = {name: param.resolve("2026-10-01") for name, param in window_params(MONTHLY).items()}
    assert set(given) == {"window_start", "window_end"}
    assert choose(given["window_start"], "2026-11-01") == OCTOBER


@given(moments)
def test_the_last_whole_month_ends_at_most_31_days_before_the_run(
    run_after: datetime,
) -> None:
    window = choose(run_after=run_after)
    assert window.end <= run_after < window.end + timedelta(days=31)
    assert (window.start.day, window.end.day) == (1, 1)
    assert timedelta(days=28) <= window.end - window.start <= timedelta(days=31)


@given(moments, moments)
def test_neighbouring_windows_share_no_moment_and_leave_none_out(
    run_after: datetime, moment: datetime
) -> None:
    later = choose(run_after=run_after)
    earlier = choose(run_after=later.end - timedelta(microseconds=1))
    inside = [window.start <= moment < window.end for window in (earlier, later)]
    assert sum(inside) == (earlier.start <= moment < later.end)


@pytest.mark.parametrize(
    ("given_start", "given_end", "said"),
    [
        ("2026-10-01", None, "window_end is missing"),
        (None, "2026-11-01", "window_start is missing"),
        ("2026-10-01", "2026-10-01", "window_end '2026-10-01' is not after"),
        ("2026-10-02", "2026-10-01", "not after window_start '2026-10-02'"),
        ("2026-11-01", "2026-12-01", "window_end '2026-12-01' is in the future of this run"),
        ("2025-10-01", "2026-11-01", "it is 396 days"),
        ("October", "2026-11-01", "window_start is 'October'"),
        ("2026-10-01", "2026-02-30", "window_end is '2026-02-30'"),
        ("0001-01-01", "0001-02-01", "window_start '0001-01-01' is before 1970"),
        ("2026-10-01", "9999-12-31", "window_end '9999-12-31' is in the future"),
    ],
)
def test_an_invalid_window_is_refused_with_the_reason(
    given_start: str | None, given_end: str | None, said: str
) -> None:
    with pytest.raises(SettingError, match=said):
        choose(given_start, given_end)


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        (Window(OCTOBER.end, NOVEMBER_21 + timedelta(minutes=1)), "data_interval_end 2026-11-21"),
        (Window(OCTOBER.end, OCTOBER.start), "is not after data_interval_start 2026-11-01"),
        (Window(OCTOBER.start - timedelta(days=366), OCTOBER.end), "397 days"),
    ],
    ids=["future", "reversed", "long"],
)
def test_an_invalid_data_interval_is_refused_like_a_window(interval: Window, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        choose(interval=interval)


def test_a_window_may_end_when_the_run_was_due_and_take_a_leap_year() -> None:
    leap_year = Window(datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
    assert choose("2024-01-01", "2025-01-01", run_after=leap_year.end) == leap_year
    assert choose(interval=leap_year, run_after=leap_year.end) == leap_year


iso_texts = st.one_of(
    st.datetimes(timezones=st.none() | st.timezones()).map(datetime.isoformat),
    st.dates().map(date.isoformat),
    st.text(max_size=12),
)


@given(moments, iso_texts, iso_texts)
def test_any_typed_window_is_in_the_past_and_of_sane_length_or_refused(
    run_after: datetime, given_start: str, given_end: str
) -> None:
    try:
        window = choose(given_start, given_end, run_after=run_after)
    except SettingError:
        return
    assert window.start < window.end <= run_after
    assert window.end - window.start <= LONGEST_WINDOW


@given(moments, st.dates(), st.integers(-400, 400))
def test_a_window_is_kept_to_the_day_or_refused(
    run_after: datetime, start: date, days: int
) -> None:
    try:
        end = start + timedelta(days=days)
    except OverflowError:
        return
    try:
        window = choose(start.isoformat(), end.isoformat(), run_after=run_after)
    except SettingError:
        return
    assert [window.start.date(), window.end.date()] == [start, end]
    assert [window.start.time(), window.end.time()] == [time(), time()]
    assert window.start < window.end <= run_after
    assert window.end - window.start <= LONGEST_WINDOW


@given(moments)
def test_the_substitute_window_is_over(moment: datetime) -> None:
    assert stand_in_window(MONTHLY, moment) == choose(run_after=moment)
    day = stand_in_window(None, moment)
    assert day.end - day.start == timedelta(days=1)
    assert day.end <= moment < day.end + timedelta(days=1)
    assert day.end == day.end.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
