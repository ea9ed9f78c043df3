"""What the charts of months show: values by day and by month, as `_charts.html` takes them.

A series has a label, a look and one value for each day or month; None is not known.
"""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

from collage_airflow.run_page.periods import month_name
from collage_core.contract.statistics import DailyStats, MonthlyReport
from collage_core.views.months import Month, counted_usd, placed_share

type Series = Sequence[dict[str, Any]]


def by_day(month: Month) -> dict[str, Series]:
    """Charts of one month, with a value for each of its days."""
    return {
        "covers": [
            _series("placed", "good", month.by_day(lambda day: day.books.rows.placed)),
            _series("failed", "bad", month.by_day(lambda day: day.books.rows.failed)),
            _series("rejected", "warn", month.by_day(lambda day: day.books.rows.rejected)),
        ],
        "share": [_series("share placed", "good", month.by_day(_share, idle=None))],
        "collages": [_series("collages", "plain", month.by_day(_collages))],
        "seconds": [
            _series("time", "plain", month.by_day(lambda day: day.books.seconds.get("total", 0)))
        ],
        "cost": [_series("cost", "plain", month.by_day(lambda day: counted_usd(day.figures)))],
    }


def by_month(months: Sequence[Month]) -> dict[str, Series]:
    """Charts of some months, with a value for each of them."""

    def values(figure: Callable[[MonthlyReport], float | None]) -> list[float | None]:
        return [None if month.report is None else figure(month.report) for month in months]

    return {
        "covers": [
            _series("placed", "good", values(lambda report: report.books.rows.placed)),
            _series("failed", "bad", values(lambda report: report.books.rows.failed)),
            _series("rejected", "warn", values(lambda report: report.books.rows.rejected)),
        ],
        "share": [
            _series("share placed", "good", values(lambda report: placed_share(report.books)))
        ],
        "collages": [
            _series("collages", "plain", values(lambda report: report.books.objects.collages))
        ],
        "cost": [_series("cost", "plain", values(lambda report: counted_usd(report.figures)))],
    }


def side_by_side(before: Month, after: Month) -> dict[str, Series]:
    """Charts of two months, day by day; the shorter one has no value at the end."""

    def both(figure: Callable[[DailyStats], float | None], idle: float | None = 0) -> Series:
        pairs = list(zip_longest(before.by_day(figure, idle=idle), after.by_day(figure, idle=idle)))
        return [
            _series(month_name(month.month), look, [pair[place] for pair in pairs])
            for place, (month, look) in enumerate(((before, "kept"), (after, "plain")))
        ]

    return {
        "placed": both(lambda day: day.books.rows.placed),
        "failed": both(lambda day: day.books.rows.failed),
        "share": both(_share, idle=None),
        "collages": both(_collages),
    }


def _share(day: DailyStats) -> float | None:
    return placed_share(day.books)


def _collages(day: DailyStats) -> float:
    return day.books.objects.collages


def _series(label: str, look: str, values: Sequence[float | None]) -> dict[str, Any]:
    return {"label": label, "look": look, "values": values}
