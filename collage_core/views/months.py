"""The months of a year as their reports tell of them, for a calendar."""

import calendar
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from collage_core.contract.books import Books
from collage_core.contract.figures import PeriodFigures
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.statistics import DailyStats, MonthlyReport
from collage_core.contract.summary import Status, status_of
from collage_core.layout import keys
from collage_core.run.months import first_second
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore
from collage_core.views.documents import Documents, Unreadable

MonthState = Status | Literal["not_begun", "no_report", "unreadable"]


@dataclass(frozen=True, slots=True)
class Month:
    """A month of runs, by its report."""

    month: str
    """YYYYMM."""
    today: str
    """The day of the reader's clock, YYYYMMDD."""
    report: MonthlyReport | None = None
    """None if it has none, or one that cannot be read."""
    unreadable: Unreadable | None = None
    """Its report, if it cannot be read."""

    @property
    def is_over(self) -> bool:
        """Whether no further run will count in it, but those that are backfilled."""
        return self.month < self.today[:6]

    @property
    def state(self) -> MonthState:
        """The status of all of its runs together, as a run's own; or why there is none."""
        if self.report is not None:
            return status_of(self.report.books)
        if self.unreadable is not None:
            return "unreadable"
        return "not_begun" if self.month > self.today[:6] else "no_report"

    @property
    def days(self) -> list[str]:
        """All of its days, YYYYMMDD."""
        _, last = calendar.monthrange(int(self.month[:4]), int(self.month[4:]))
        return [f"{self.month}{day:02d}" for day in range(1, last + 1)]

    def by_day(
        self, figure: Callable[[DailyStats], float | None], *, idle: float | None = 0
    ) -> list[float | None]:
        """A figure of each of its days: `idle` without a run; None if no report can know it."""
        if self.report is None:
            return [None for _ in self.days]
        known = {day.day: figure(day) for day in self.report.days}
        return [known.get(day, idle if day <= self.today else None) for day in self.days]

    @property
    def placed_share(self) -> float | None:
        """The success rate of its covers; None without any."""
        return None if self.report is None else placed_share(self.report.books)

    @property
    def failed_share(self) -> float | None:
        """Failed / (placed + failed); None without any."""
        placed = self.placed_share
        return None if placed is None else 1 - placed

    @property
    def counted_usd(self) -> float | None:
        """What its runs are counted to have cost; None if no run has a cost."""
        return None if self.report is None else counted_usd(self.report.figures)


def read_months(
    store: ObjectStore, settings: Settings, months: Sequence[str], *, now: datetime
) -> list[Month]:
    """These months (YYYYMM), in order; `now` is aware.

    One request for each month that has begun.
    """
    today = RunTimestamp.of(now).day
    documents = Documents(store)
    wanted = {
        month: keys.monthly_report(first_second(month)) for month in months if month <= today[:6]
    }
    found = documents.read_all(settings.output_bucket, wanted, MonthlyReport)
    unreadable = {each.key: each for each in documents.unreadable}
    return [
        Month(month, today, found.get(month), unreadable.get(wanted.get(month, "")))
        for month in months
    ]


def read_year(store: ObjectStore, settings: Settings, year: int, *, now: datetime) -> list[Month]:
    """The twelve months of a year, 1 to 9999; at most 12 requests at the same time."""
    months = [f"{year:04d}{number:02d}" for number in range(1, 13)]
    return read_months(store, settings, months, now=now)


def placed_share(books: Books) -> float | None:
    """The success rate of covers: placed / (placed + failed); None without any."""
    asked = books.rows.placed + books.rows.failed
    return books.rows.placed / asked if asked else None


def counted_usd(figures: PeriodFigures | None) -> float | None:
    """What runs of a period are counted to have cost; None if none of them has a cost."""
    return None if figures is None or figures.cost is None else figures.cost.counted_usd
