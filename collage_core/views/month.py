"""One month: its report, its creators and covers, and its runs one by one."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from collage_core.contract.covers_report import CoversReport
from collage_core.contract.creator_changes import CreatorsReport
from collage_core.contract.statistics import DailyStats
from collage_core.contract.summary import RunBooks
from collage_core.layout import keys
from collage_core.run.months import first_second
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore
from collage_core.views.day_logs import read_day_logs
from collage_core.views.documents import Documents, Unreadable
from collage_core.views.months import Month, read_months

MOST_RUNS = 200
"""Runs of a month that are named: the newest."""


@dataclass(frozen=True, slots=True)
class MonthInDetail:
    """All that is told of a month."""

    month: Month
    creators: CreatorsReport | None
    """None if it is not written yet, or cannot be read."""
    covers: CoversReport | None
    """The report of the month's covers; None as above."""
    runs: Sequence[RunBooks]
    """Its newest runs, the newest first; at most MOST_RUNS."""
    runs_left_out: int
    """How many other runs its report counts."""
    missing_logs: Sequence[str]
    """Days with runs, YYYYMMDD, that have no log."""
    unreadable: Sequence[Unreadable]
    """Documents that cannot be read."""


def read_month(
    store: ObjectStore, settings: Settings, month: str, *, now: datetime
) -> MonthInDetail:
    """A month (YYYYMM); `now` is aware.

    At most 34 requests: three reports at the same time, then the logs of its days with runs.
    """
    second, bucket = first_second(month), settings.output_bucket
    documents = Documents(store)
    with ThreadPoolExecutor(3) as pool:
        months = pool.submit(read_months, store, settings, [month], now=now)
        creators = pool.submit(documents.read, bucket, keys.creators_report(second), CreatorsReport)
        covers = pool.submit(documents.read, bucket, keys.covers_report(second), CoversReport)
    (seen,) = months.result()
    days = [] if seen.report is None else _newest_days(seen.report.days)
    logs = read_day_logs(store, settings, days)
    runs = logs.runs[:MOST_RUNS]
    total = 0 if seen.report is None else seen.report.runs
    of_month = [] if seen.unreadable is None else [seen.unreadable]
    return MonthInDetail(
        month=seen,
        creators=creators.result(),
        covers=covers.result(),
        runs=runs,
        runs_left_out=max(total - len(runs), 0),
        missing_logs=logs.missing,
        unreadable=[*of_month, *documents.unreadable, *logs.unreadable],
    )


def _newest_days(days: Sequence[DailyStats]) -> list[str]:
    """The newest days that together have MOST_RUNS runs: no other log is needed."""
    newest, runs = [], 0
    for day in reversed(days):
        if runs >= MOST_RUNS:
            break
        newest.append(day.day)
        runs += len(day.run_ids)
    return newest
