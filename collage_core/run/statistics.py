"""Summaries of runs -> the log and the books of a day -> the report of a month.

All three are pure functions of the month's summaries and are always made from all of them:
made again, in any order or after a run was repeated, they are the same to the last digit.
A run counts in the day and the month of its timestamp.
"""

from collections.abc import Iterable
from typing import Any

from collage_core.contract.books import Books
from collage_core.contract.json_fields import SCHEMA_VERSION
from collage_core.contract.summary import RunSummary


def processing_log(day: str, summaries: Iterable[RunSummary]) -> dict[str, Any]:
    """The runs of `day` (YYYYMMDD) one by one; summaries of other days are passed over."""
    return {
        "schema_version": SCHEMA_VERSION,
        "day": day,
        "runs": [_entry(summary) for summary in _of_day(day, summaries)],
    }


def daily_stats(day: str, summaries: Iterable[RunSummary]) -> dict[str, Any]:
    """The books of all runs of `day` (YYYYMMDD); summaries of other days are passed over."""
    runs = _of_day(day, summaries)
    return {
        "schema_version": SCHEMA_VERSION,
        "day": day,
        "run_ids": [run.run_id for run in runs],
        **Books.total(run.books for run in runs).to_json(),
    }


def monthly_report(month: str, summaries: Iterable[RunSummary]) -> dict[str, Any]:
    """The books of `month` (YYYYMM), and under "days" those of each day that had a run."""
    runs = [summary for summary in summaries if summary.run_timestamp.month == month]
    days = [daily_stats(day, runs) for day in sorted({run.run_timestamp.day for run in runs})]
    return {
        "schema_version": SCHEMA_VERSION,
        "month": month,
        "runs": len(runs),
        **Books.total(run.books for run in runs).to_json(),
        "days": days,
    }


def _of_day(day: str, summaries: Iterable[RunSummary]) -> list[RunSummary]:
    runs = [summary for summary in summaries if summary.run_timestamp.day == day]
    return sorted(runs, key=lambda run: (run.run_timestamp, run.run_id))


def _entry(summary: RunSummary) -> dict[str, Any]:
    """A run without its rejected lines: those are in its summary."""
    entry = summary.to_json()
    del entry["rejected"], entry["schema_version"]
    return entry
