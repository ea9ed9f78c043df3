"""Summaries of runs -> the log and the books of a day -> the report of a month.

All three are pure functions of all the summaries of the month. Computed again, in any order or
after a run was repeated, they are the same to the last digit. A run counts in the day and the month
of its timestamp. Runs that end at the same moment share these files: each is written only if no
other run has changed it meanwhile.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from collage_core.contract.books import Books
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.statistics import DailyStats, MonthlyReport, ProcessingLog
from collage_core.contract.summary import RunSummary
from collage_core.layout import keys
from collage_core.run.family import closed_members
from collage_core.run.figures import figures_of_period
from collage_core.run.months import first_second
from collage_core.run.summaries import read_summaries_of_month
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.object_store import ObjectStore
from collage_core.storage.shared_objects import update_objects

_DAY = re.compile(r"/(?:processing_summary|daily_stats)_([0-9]{8})[_.]")


def write_statistics(store: ObjectStore, settings: Settings, timestamp: RunTimestamp) -> list[str]:
    """Write the log and books of a run's day and the report of its month; their keys.

    Raises MessageError naming a summary that cannot be read, and RaceError when other runs keep
    changing the files.
    """
    return _write(store, settings, timestamp.month, [timestamp.day])


def write_family_statistics(
    store: ObjectStore, settings: Settings, summary: RunSummary
) -> list[str]:
    """The same for the days of older runs that a fill has taken creators from; [] for other runs.

    Their reports of creators and covers are written by `rebuild`, which sees that their summaries
    have changed. Raises what `write_statistics` raises.
    """
    if summary.family is None:
        return []
    members = closed_members(store, settings, summary.family)
    months: dict[str, set[str]] = {}
    for one, _ in members:
        timestamp = one.run_timestamp
        if one.superseded is not None and timestamp.day != summary.run_timestamp.day:
            months.setdefault(timestamp.month, set()).add(timestamp.day)
    return [
        key
        for month, days in sorted(months.items())
        for key in _write(store, settings, month, sorted(days))
    ]


def write_month(store: ObjectStore, settings: Settings, month: str) -> list[str]:
    """Write the report of `month` (YYYYMM) and log and books of all of its days; their keys.

    A day has them if it has a run, or if it had one when its books were written. Raises what
    `write_statistics` raises.
    """
    summaries = keys.summaries_of_month(first_second(month))
    books = keys.daily_stats_of_month(first_second(month))
    listed = (
        key
        for prefix in (summaries, books)
        for key in store.list_keys(settings.output_bucket, prefix)
    )
    days = {found[1] for key in listed if (found := _DAY.search(key))}
    return _write(store, settings, month, sorted(days))


def _write(store: ObjectStore, settings: Settings, month: str, days: Sequence[str]) -> list[str]:
    seconds = {day: first_second(day) for day in days}
    month_key = keys.monthly_report(first_second(month))
    written = [
        *(
            key(second)
            for second in seconds.values()
            for key in (keys.processing_log, keys.daily_stats)
        ),
        month_key,
    ]

    def compose(_present: Mapping[str, bytes | None]) -> dict[str, bytes]:
        summaries = read_summaries_of_month(store, settings, first_second(month))
        composed = {month_key: to_document(monthly_report(month, summaries))}
        for day, second in seconds.items():
            composed[keys.processing_log(second)] = to_document(processing_log(day, summaries))
            composed[keys.daily_stats(second)] = to_document(daily_stats(day, summaries))
        return composed

    update_objects(store, settings.output_bucket, written, compose, content_type=JSON)
    return written


def processing_log(day: str, summaries: Iterable[RunSummary]) -> ProcessingLog:
    """The runs of `day` (YYYYMMDD) one by one; summaries of other days are ignored."""
    runs = _of_day(day, summaries)
    return ProcessingLog(day=day, runs=[run.without_rejected() for run in runs])


def daily_stats(day: str, summaries: Iterable[RunSummary]) -> DailyStats:
    """The books of all runs of `day` (YYYYMMDD); summaries of other days are ignored."""
    runs = _of_day(day, summaries)
    return DailyStats(
        day=day,
        run_ids=[run.run_id for run in runs],
        books=Books.total(run.counted for run in runs),
        figures=figures_of_period(runs),
    )


def monthly_report(month: str, summaries: Iterable[RunSummary]) -> MonthlyReport:
    """The books of `month` (YYYYMM), and under "days" those of each day that had a run."""
    runs = [summary for summary in summaries if summary.run_timestamp.month == month]
    return MonthlyReport(
        month=month,
        runs=len(runs),
        books=Books.total(run.counted for run in runs),
        days=[daily_stats(day, runs) for day in sorted({run.run_timestamp.day for run in runs})],
        figures=figures_of_period(runs),
    )


def _of_day(day: str, summaries: Iterable[RunSummary]) -> list[RunSummary]:
    runs = [summary for summary in summaries if summary.run_timestamp.day == day]
    return sorted(runs, key=lambda run: (run.run_timestamp, run.run_id))
