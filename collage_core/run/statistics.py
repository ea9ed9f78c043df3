"""Summaries of runs -> the log and the books of a day -> the report of a month.

All three are pure functions of all the summaries of the month. Computed again, in any order or
after a run was repeated, they are the same to the last digit. A run counts in the day and the month
of its timestamp. Runs that end at the same moment share these files: each is written only if no
other run has changed it meanwhile.
"""

from collections.abc import Iterable, Mapping

from collage_core.contract.books import Books
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.statistics import DailyStats, MonthlyReport, ProcessingLog
from collage_core.contract.summary import RunSummary
from collage_core.layout import keys
from collage_core.run.summaries import read_summaries_of_month
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.object_store import ObjectStore
from collage_core.storage.shared_objects import update_objects


def write_statistics(store: ObjectStore, settings: Settings, timestamp: RunTimestamp) -> list[str]:
    """Write the log and books of a run's day and the report of its month; their keys.

    Raises MessageError naming a summary that cannot be read, and RaceError when other runs keep
    changing the files.
    """
    log_key = keys.processing_log(timestamp)
    day_key, month_key = keys.daily_stats(timestamp), keys.monthly_report(timestamp)

    def compose(_present: Mapping[str, bytes | None]) -> dict[str, bytes]:
        summaries = read_summaries_of_month(store, settings, timestamp)
        return {
            log_key: to_document(processing_log(timestamp.day, summaries)),
            day_key: to_document(daily_stats(timestamp.day, summaries)),
            month_key: to_document(monthly_report(timestamp.month, summaries)),
        }

    written = [log_key, day_key, month_key]
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
