"""One month: its report, its creators and covers, and its runs one by one."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from collage_core.contract.covers_report import CoversReport
from collage_core.contract.creator_changes import CreatorsReport
from collage_core.contract.statistics import DailyStats
from collage_core.contract.summary import RunBooks
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.months import first_second
from collage_core.settings import Settings
from collage_core.storage.documents import read_document
from collage_core.storage.object_store import ObjectStore
from collage_core.views.day_logs import read_day_logs
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
    problems: Sequence[str]
    """A line for each document that should be there and is not, or that cannot be read."""


def read_month(
    store: ObjectStore, settings: Settings, month: str, *, now: datetime
) -> MonthInDetail:
    """A month (YYYYMM); `now` is aware.

    At most 34 requests: three reports at the same time, then the logs of its days with runs.
    """
    second, bucket = first_second(month), settings.output_bucket
    with ThreadPoolExecutor(3) as pool:
        months = pool.submit(read_months, store, settings, [month], now=now)
        creators = pool.submit(
            _read_or_say, store, bucket, keys.creators_report(second), CreatorsReport
        )
        covers = pool.submit(_read_or_say, store, bucket, keys.covers_report(second), CoversReport)
    (seen,) = months.result()
    creators_report, creators_problem = creators.result()
    covers_report, covers_problem = covers.result()
    days = [] if seen.report is None else _newest_days(seen.report.days)
    logs = read_day_logs(store, settings, days)
    runs = logs.runs[:MOST_RUNS]
    total = 0 if seen.report is None else seen.report.runs
    missing = (
        f"{keys.processing_log(first_second(day))} is not in bucket {bucket}, so the runs of that "
        "day are not named: run cover_collage_statistics with every_month, which writes it again"
        for day in logs.missing
    )
    problems = (seen.problem, creators_problem, covers_problem, *logs.problems, *missing)
    return MonthInDetail(
        month=seen,
        creators=creators_report,
        covers=covers_report,
        runs=runs,
        runs_left_out=max(total - len(runs), 0),
        problems=[problem for problem in problems if problem],
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


def _read_or_say[T: Struct](
    store: ObjectStore, bucket: str, key: str, kind: type[T]
) -> tuple[T | None, str]:
    """A document, and a line that says why it cannot be read."""
    try:
        return read_document(store, bucket, key, kind), ""
    except MessageError as error:
        return None, str(error)
