"""The runs of some days one by one, from the logs of these days."""

from collections.abc import Sequence
from dataclasses import dataclass

from collage_core.contract.statistics import ProcessingLog
from collage_core.contract.summary import RunBooks
from collage_core.layout import keys
from collage_core.run.months import first_second
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore
from collage_core.views.documents import Documents, Unreadable


@dataclass(frozen=True, slots=True)
class DayLogs:
    """What the logs of some days have."""

    runs: Sequence[RunBooks]
    """Their runs, the newest first."""
    missing: Sequence[str]
    """Days without a log, YYYYMMDD."""
    unreadable: Sequence[Unreadable]
    """Logs that cannot be read."""


def read_day_logs(store: ObjectStore, settings: Settings, days: Sequence[str]) -> DayLogs:
    """The runs of these days (YYYYMMDD): one request for each day, ten at the same time."""
    documents = Documents(store)
    wanted = {day: keys.processing_log(first_second(day)) for day in days}
    found = documents.read_all(settings.output_bucket, wanted, ProcessingLog)
    unreadable = {each.key for each in documents.unreadable}
    runs = [run for log in found.values() for run in log.runs]
    return DayLogs(
        runs=sorted(runs, key=lambda run: run.name.age, reverse=True),
        missing=[day for day, key in wanted.items() if day not in found and key not in unreadable],
        unreadable=documents.unreadable,
    )
