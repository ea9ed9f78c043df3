"""The names of a run: a pure function of its DAG run, not of the clock or the params.

A task that runs again, alone or with all the others, finds the same names and writes the same
keys. So does an interval that is backfilled after its DAG run was deleted.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

from collage_airflow.dag_run.keeping import KeepSchedule
from collage_airflow.dag_run.window import Intervals, interval_from
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.window import Window
from collage_core.layout import keys
from collage_core.layout.schedule import Schedule, outside_of_schedules

if TYPE_CHECKING:
    from airflow.sdk.types import DagRunProtocol


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """The names of a run."""

    run_id: str
    timestamp: RunTimestamp
    csv_key: str
    """Key in the input bucket; in the temp bucket for a run that only keeps covers."""
    keep_only: bool = False
    """Whether it is a run that only keeps covers."""

    @property
    def is_scheduled(self) -> bool:
        """Whether it is the run of an interval of the schedule, which may also be backfilled."""
        return not self.keep_only and self.csv_key != keys.cover_urls_csv(self.timestamp)

    @classmethod
    def of(cls, dag_run: "DagRunProtocol", schedule: Schedule | KeepSchedule | None) -> Self:
        """A scheduled run is named by its data interval, a manual run by the time it was due.

        A run that only keeps covers is named by the time it was due, whatever started it.

        A DAG without a schedule (None) has only manual runs.

        `run_type` cannot distinguish them: `backfill --reprocess-behavior` changes it.
        """
        if isinstance(schedule, KeepSchedule):
            return cls._keeping(dag_run)
        interval = _scheduled_interval(dag_run, schedule)
        if schedule is not None and interval is not None:
            timestamp = schedule.timestamp(interval.start)
            csv_key = keys.scheduled_csv(schedule, timestamp)
            identity = f"{RunTimestamp.of(interval.start)}/{RunTimestamp.of(interval.end)}"
        else:
            timestamp = outside_of_schedules(RunTimestamp.of(dag_run.run_after))
            csv_key = keys.cover_urls_csv(timestamp)
            identity = dag_run.run_id
        return cls(_run_id(dag_run, timestamp, identity), timestamp, csv_key)

    @classmethod
    def _keeping(cls, dag_run: "DagRunProtocol") -> Self:
        # Nobody else may have its second: no key of what it writes has that and no run.
        timestamp = RunTimestamp.of(dag_run.run_after)
        run_id = _run_id(dag_run, timestamp, dag_run.run_id)
        return cls(run_id, timestamp, keys.covers_to_keep(run_id), keep_only=True)


def _run_id(dag_run: "DagRunProtocol", timestamp: RunTimestamp, identity: str) -> str:
    digest = hashlib.sha256(identity.encode()).hexdigest()[:8]
    return f"{dag_run.dag_id}-{timestamp}-{digest}"


def data_interval(dag_run: "DagRunProtocol") -> Window | None:
    """The data interval of a DAG run, if it has one."""
    start, end = dag_run.data_interval_start, dag_run.data_interval_end
    # A plain cron string gives intervals of zero length, which would be windows without covers.
    return Window(start, end) if start and end and start != end else None


def interval_left_out(
    dag_run: "DagRunProtocol", window: Window | None, schedule: Intervals | None
) -> datetime | None:
    """The start of the interval that Airflow will skip because of this run, if any.

    Airflow makes only one DAG run for each logical date. A run whose logical date is the start of
    an interval takes the place of that interval's scheduled run, and its own `window` (None if it
    has none) may contain other covers.
    """
    place = _place(dag_run, schedule)
    if place is None or (
        window is not None and window.start <= place.start and place.end <= window.end
    ):
        return None
    return place.start


def _scheduled_interval(dag_run: "DagRunProtocol", schedule: Schedule | None) -> Window | None:
    """The interval of the schedule whose run this DAG run is; None for a manual run.

    The logical date of a scheduled run is the start of its interval, and Airflow allows one DAG run
    per logical date. For a manual run Airflow infers the last interval that was over at its logical
    date. `airflow dags trigger -l` infers it from the present time instead: with the start of the
    last interval as its logical date, it asks for exactly the scheduled run.

    A run with an interval that the schedule does not have, given through the API, is a manual run:
    it may not take the second and the CSV of the scheduled run of that day.
    """
    place = _place(dag_run, schedule)
    return place if place is not None and place == data_interval(dag_run) else None


def _place(dag_run: "DagRunProtocol", schedule: Intervals | None) -> Window | None:
    """The interval of the schedule that begins at the logical date, if there is one."""
    start = dag_run.logical_date
    return None if schedule is None or start is None else interval_from(schedule, start)
