"""Keeps the runs of two scheduled DAGs distinct, by the names of their CSVs and by their seconds.

The keys of collages, thumbnails and metadata contain a creator and a second, but no run. Runs of
two DAGs often begin on the same day, so each schedule has a second of its own in the first minute
of a day. Uploads, messages and manual runs never take a second of that minute, so a schedule that
is added later finds its second free on every past day.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from collage_core.contract.run_timestamp import RunTimestamp

_KEPT_UNTIL = time(0, 1)
_SECONDS = range(60)

MANUAL_CSV = "cover_urls_"
"""How the names of the CSVs of manual runs begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The schedule of one DAG. Its data intervals begin and end at midnight UTC.

    Raises ValueError for a schedule whose runs could get the names of other runs.
    """

    cron: str
    """When one data interval ends and the next begins, for example "0 0 1 * *"."""
    interval: str
    """The word for one data interval: "month"."""
    label: str
    """How one data interval is shown, as a strftime format of its first moment: "%Y-%m"."""
    csv_name: str
    """Name of a run's CSV in the folder of the interval's first day, as a strftime format of its
    first moment. Every schedule needs a different one."""
    second: int
    """The second of the first minute of a day that its runs take, 0 to 59. Every schedule needs a
    different one."""

    def __post_init__(self) -> None:
        if not self.cron.startswith("0 0 "):
            raise ValueError(
                f"cron is {self.cron!r}: intervals must begin at midnight, because a schedule has "
                "one second of each day; begin it with '0 0 '"
            )
        if self.second not in _SECONDS:
            raise ValueError(f"second is {self.second}: it must be from 0 to {_SECONDS[-1]}")
        if "/" in self.csv_name or not self.csv_name.endswith(".csv"):
            raise ValueError(f"csv_name is {self.csv_name!r}: it must be a file name with .csv")
        if self.csv_name.startswith(MANUAL_CSV):
            raise ValueError(
                f"csv_name is {self.csv_name!r}: choose another name, because {MANUAL_CSV}* are "
                "CSVs of manual runs"
            )

    def timestamp(self, start: datetime) -> RunTimestamp:
        """The timestamp of the run whose data interval begins at `start`."""
        return RunTimestamp.of(start + timedelta(seconds=self.second))


def outside_of_schedules(second: RunTimestamp) -> RunTimestamp:
    """Return the second itself, or one minute later if it is reserved for scheduled runs."""
    return second.later(len(_SECONDS)) if second.moment.time() < _KEPT_UNTIL else second
