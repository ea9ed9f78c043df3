"""What a DAG run is called: a pure function of the DAG run, never of the clock or of its params.

A task that runs again, alone or with all the others, finds the same names and writes the same
keys. So does an interval that is backfilled after its DAG run was deleted.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

from collage_airflow.dag_run.window import interval_from
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.database.window import Window
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
    """Key in the input bucket."""

    @property
    def is_scheduled(self) -> bool:
        """Whether it stands for an interval of the schedule, as a backfilled run does too."""
        return self.csv_key != keys.cover_urls_csv(self.timestamp)

    @classmethod
    def of(cls, dag_run: "DagRunProtocol", schedule: Schedule | None) -> Self:
        """A run of the schedule is named by its data interval, any other by the moment it was due.

        A DAG without a schedule (None) has runs by hand only.

        `run_type` does not tell them apart: `backfill --reprocess-behavior` changes it.
        """
        interval = _scheduled_interval(dag_run, schedule)
        if schedule is not None and interval is not None:
            timestamp = schedule.timestamp(interval.start)
            csv_key = keys.scheduled_csv(schedule, timestamp)
            identity = f"{RunTimestamp.of(interval.start)}/{RunTimestamp.of(interval.end)}"
        else:
            timestamp = outside_of_schedules(RunTimestamp.of(dag_run.run_after))
            csv_key = keys.cover_urls_csv(timestamp)
            identity = dag_run.run_id
        digest = hashlib.sha256(identity.encode()).hexdigest()[:8]
        return cls(f"{dag_run.dag_id}-{timestamp}-{digest}", timestamp, csv_key)


def data_interval(dag_run: "DagRunProtocol") -> Window | None:
    """The data interval of a DAG run; None for one that has none."""
    start, end = dag_run.data_interval_start, dag_run.data_interval_end
    # A plain cron string gives intervals of zero length, which would be a window of no covers.
    return Window(start, end) if start and end and start != end else None


def interval_left_out(
    dag_run: "DagRunProtocol", window: Window | None, schedule: Schedule | None
) -> datetime | None:
    """The start of the interval that Airflow will skip because of this run, if any.

    Airflow makes no second DAG run of a logical date. A run whose logical date is the start of an
    interval takes the place of that interval's scheduled run, and its own `window` (None if it
    has none) may hold other covers.
    """
    place = _place(dag_run, schedule)
    if place is None or (
        window is not None and window.start <= place.start and place.end <= window.end
    ):
        return None
    return place.start


def _scheduled_interval(dag_run: "DagRunProtocol", schedule: Schedule | None) -> Window | None:
    """The data interval that this DAG run stands for in the schedule; None for a run by hand.

    The schedule gives a run the start of its interval for a logical date, and Airflow allows one
    DAG run per logical date. For a run by hand Airflow infers the last interval that was over
    at its logical date. `airflow dags trigger -l` infers it from the present instead: naming the
    start of the last interval there asks for the very run of the schedule.

    An interval that the schedule itself does not have, given through the API, makes a run by
    hand: it may not take the second and the CSV of the schedule's own run of that day.
    """
    place = _place(dag_run, schedule)
    return place if place is not None and place == data_interval(dag_run) else None


def _place(dag_run: "DagRunProtocol", schedule: Schedule | None) -> Window | None:
    """The interval of the schedule that begins at the logical date, if there is one."""
    start = dag_run.logical_date
    return None if schedule is None or start is None else interval_from(schedule, start)
