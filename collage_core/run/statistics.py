"""Summaries of runs -> the log and the books of a day -> the report of a month.

All three are pure functions of the month's summaries and are always made from all of them:
made again, in any order or after a run was repeated, they are the same to the last digit.
A run counts in the day and the month of its timestamp.
"""

from collections.abc import Iterable

from collage_core.contract.books import Books
from collage_core.contract.statistics import DailyStats, MonthlyReport, ProcessingLog
from collage_core.contract.summary import RunSummary


def processing_log(day: str, summaries: Iterable[RunSummary]) -> ProcessingLog:
    """The runs of `day` (YYYYMMDD) one by one; summaries of other days are passed over."""
    runs = _of_day(day, summaries)
    return ProcessingLog(day=day, runs=[run.without_rejected() for run in runs])


def daily_stats(day: str, summaries: Iterable[RunSummary]) -> DailyStats:
    """The books of all runs of `day` (YYYYMMDD); summaries of other days are passed over."""
    runs = _of_day(day, summaries)
    return DailyStats(
        day=day,
        run_ids=[run.run_id for run in runs],
        books=Books.total(run.books for run in runs),
    )


def monthly_report(month: str, summaries: Iterable[RunSummary]) -> MonthlyReport:
    """The books of `month` (YYYYMM), and under "days" those of each day that had a run."""
    runs = [summary for summary in summaries if summary.run_timestamp.month == month]
    return MonthlyReport(
        month=month,
        runs=len(runs),
        books=Books.total(run.books for run in runs),
        days=[daily_stats(day, runs) for day in sorted({run.run_timestamp.day for run in runs})],
    )


def _of_day(day: str, summaries: Iterable[RunSummary]) -> list[RunSummary]:
    runs = [summary for summary in summaries if summary.run_timestamp.day == day]
    return sorted(runs, key=lambda run: (run.run_timestamp, run.run_id))
