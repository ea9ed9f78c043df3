"""The runs of some days one by one, from the logs of these days."""

from collections.abc import Sequence
from dataclasses import dataclass

from collage_core.contract.statistics import ProcessingLog
from collage_core.contract.summary import RunBooks
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.months import first_second
from collage_core.settings import Settings
from collage_core.storage.documents import read_each
from collage_core.storage.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class DayLogs:
    """What the logs of some days have."""

    runs: Sequence[RunBooks]
    """Their runs, the newest first."""
    missing: Sequence[str]
    """Days without a log, YYYYMMDD."""
    problems: Sequence[str]
    """A line for each log that cannot be read."""


def read_day_logs(store: ObjectStore, settings: Settings, days: Sequence[str]) -> DayLogs:
    """The runs of these days (YYYYMMDD): one request for each day, ten at the same time."""
    wanted = (keys.processing_log(first_second(day)) for day in days)
    found = read_each(store, settings.output_bucket, wanted, ProcessingLog)
    runs = [run for log in found if isinstance(log, ProcessingLog) for run in log.runs]
    return DayLogs(
        runs=sorted(runs, key=lambda run: run.name.age, reverse=True),
        missing=[day for day, log in zip(days, found, strict=True) if log is None],
        problems=[str(log) for log in found if isinstance(log, MessageError)],
    )
