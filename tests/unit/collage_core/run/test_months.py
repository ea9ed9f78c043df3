from datetime import UTC, datetime
from itertools import pairwise

import pytest

from collage_core.contract.window import Window
from collage_core.run.months import (
    first_second,
    month_after,
    month_before,
    month_window,
    months_of,
)

MONTHS = [f"{year}{month:02d}" for year in (2026, 2027, 2028) for month in range(1, 13)]


@pytest.mark.parametrize(("month", "after"), list(pairwise(MONTHS)))
def test_months_follow_each_other(month: str, after: str) -> None:
    assert (month_after(month), month_before(after)) == (after, month)
    assert month_window(month).end == month_window(after).start


def test_the_first_second_of_a_day_and_of_a_month() -> None:
    assert first_second("20261014") == "20261014_000000"
    assert first_second("202610") == "20261001_000000"


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ((2026, 10, 1), (2026, 11, 1), ["202610"]),
        ((2026, 10, 31), (2026, 11, 2), ["202610", "202611"]),
        ((2026, 12, 1), (2027, 2, 2), ["202612", "202701", "202702"]),
        ((2026, 10, 1), (2026, 10, 1), []),
    ],
)
def test_a_window_touches_months(
    start: tuple[int, int, int], end: tuple[int, int, int], months: list[str]
) -> None:
    window = Window(datetime(*start, tzinfo=UTC), datetime(*end, tzinfo=UTC))
    assert list(months_of(window)) == months
