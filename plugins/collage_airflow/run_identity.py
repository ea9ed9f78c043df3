"""What a DAG run is called: a pure function of the DAG run, never of the clock or of its params.

A task that runs again, alone or with all the others, finds the same names and writes the same
keys. So does a month that is backfilled after its DAG run was deleted.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Self

from collage_airflow.run_window import Window
from collage_core import keys
from collage_core.run_timestamp import RunTimestamp

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
        return self.csv_key == keys.monthly_batch_csv(self.timestamp)

    @classmethod
    def of(cls, dag_run: "DagRunProtocol") -> Self:
        """A run of the schedule is named by its data interval, any other by the moment it was due.

        `run_type` does not tell them apart: `backfill --reprocess-behavior` changes it.
        """
        interval = _scheduled_interval(dag_run)
        if interval is not None:
            timestamp = RunTimestamp.of(interval.start)
            csv_key = keys.monthly_batch_csv(timestamp)
            identity = f"{timestamp}/{RunTimestamp.of(interval.end)}"
        else:
            timestamp = RunTimestamp.of(dag_run.run_after)
            csv_key = keys.cover_urls_csv(timestamp)
            identity = dag_run.run_id
        digest = hashlib.sha256(identity.encode()).hexdigest()[:8]
        return cls(f"{dag_run.dag_id}-{timestamp}-{digest}", timestamp, csv_key)


def data_interval(dag_run: "DagRunProtocol") -> Window | None:
    """The data interval of a DAG run; None for one that has none."""
    start, end = dag_run.data_interval_start, dag_run.data_interval_end
    # A plain cron string gives intervals of zero length, which would be a window of no covers.
    return Window(start, end) if start and end and start != end else None


def month_left_out(dag_run: "DagRunProtocol", window: Window | None) -> datetime | None:
    """The start of the month whose scheduled run never comes because of this run; else None.

    Airflow makes no second DAG run of a logical date. One with the first moment of a month stands
    in the place of that month's scheduled run, and its own `window` (None: there is none) may
    hold other covers.
    """
    place = _scheduled_interval(dag_run) or _month_from(dag_run.logical_date)
    if place is None or (
        window is not None and window.start <= place.start and place.end <= window.end
    ):
        return None
    return place.start


def _scheduled_interval(dag_run: "DagRunProtocol") -> Window | None:
    """The data interval that this DAG run stands for in the schedule; None for a run by hand.

    The schedule gives a run the start of its interval for a logical date, and Airflow allows one
    DAG run per logical date. For a run by hand Airflow infers the last interval that was over
    at its logical date. `airflow dags trigger -l` infers it from the present instead: whoever
    names the start of the last interval there has asked for the very run of the schedule.
    """
    interval = data_interval(dag_run)
    if interval is None or dag_run.logical_date != interval.start:
        return None
    # The CSV of a run of the schedule is named by its day: an interval that somebody made up
    # within a day must not share it.
    return interval if _in_utc(interval.start).time() == time.min else None


def _month_from(moment: datetime | None) -> Window | None:
    if moment is None:
        return None
    start = _in_utc(moment)
    if (start.day, start.time()) != (1, time.min):
        return None
    return Window(start, (start + timedelta(days=31)).replace(day=1))


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
