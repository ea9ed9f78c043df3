"""Windows by their names, and windows in pieces."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest

from collage_airflow.dag_run.presets import Preset, pieces, preset_window
from collage_core.contract.window import Window
from collage_core.errors import SettingError
from tests.support.dag_runs import NOVEMBER_1, OCTOBER_1

MOMENT = datetime(2026, 11, 3, 0, 30, tzinfo=UTC)


def day(month: int, number: int, year: int = 2026) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("yesterday", day(11, 2), day(11, 3)),
        ("last 7 days", day(10, 27), day(11, 3)),
        ("last month", day(10, 1), day(11, 1)),
    ],
)
@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-5))], ids=str)
def test_a_preset_is_whole_days_in_utc(
    name: str, start: datetime, end: datetime, zone: timezone
) -> None:
    assert preset_window(name, MOMENT.astimezone(zone)) == Window(start, end)


def test_the_last_month_of_january_is_december_of_the_year_before() -> None:
    assert preset_window("last month", day(1, 31, 2027)).start == day(12, 1)


def test_a_name_that_is_no_preset_is_refused_with_those_that_are() -> None:
    with pytest.raises(SettingError, match=r"window is 'tomorrow'.*yesterday, last 7 days, last m"):
        preset_window("tomorrow", MOMENT)
    assert len(Preset) == 3


def test_a_window_longer_than_a_month_is_cut_into_months() -> None:
    found = pieces(Window(day(10, 15), day(1, 3, 2027)))
    assert [label for label, _ in found] == ["2026-10", "2026-11", "2026-12", "2027-01"]
    assert found[0][1] == Window(day(10, 15), NOVEMBER_1)
    assert found[-1][1] == Window(day(1, 1, 2027), day(1, 3, 2027))


def test_a_month_is_cut_into_days_and_a_day_is_one_piece() -> None:
    assert len(pieces(Window(OCTOBER_1, NOVEMBER_1))) == 31
    assert pieces(Window(OCTOBER_1, day(10, 2))) == [("2026-10-01", Window(OCTOBER_1, day(10, 2)))]


@pytest.mark.parametrize("days", [1, 2, 31, 32, 365, 1000])
def test_pieces_cover_the_window_without_a_gap(days: int) -> None:
    window = Window(day(10, 7), day(10, 7) + timedelta(days=days))
    found = [piece for _, piece in pieces(window)]
    assert (found[0].start, found[-1].end) == (window.start, window.end)
    assert all(before.end == after.start for before, after in pairwise(found))
