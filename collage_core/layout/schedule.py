"""What makes runs of two scheduled DAGs distinct: the names of their CSVs, and their seconds.

The keys of collages, thumbnails and metadata hold a creator and a second, but no run. Runs of two
DAGs often begin on the same day, so each schedule has a second of its own. All of them lie in the
first minute of a day, which no upload, no message and no run by hand may take: a schedule that is
added later finds its second free on every day of the past.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from collage_core.contract.run_timestamp import RunTimestamp

_KEPT_UNTIL = time(0, 1)
_SECONDS = range(60)

BY_HAND = "cover_urls_"
"""How the names of CSVs of runs by hand begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The schedule of one DAG. Its data intervals begin and end at midnight UTC.

    Raises ValueError for a schedule whose runs could get the names of other runs.
    """

    cron: str
    """When one data interval ends and the next begins, for example "0 0 1 * *"."""
    interval: str
    """What people call one data interval: "month"."""
    label: str
    """How people name one, as a strftime format of its first moment: "%Y-%m"."""
    csv_name: str
    """Name of a run's CSV in the folder of the interval's first day, as a strftime format of its
    first moment. Different from that of every other schedule."""
    second: int
    """Second of the first minute of a day that its runs take, 0 to 59. Different from that of
    every other schedule."""

    def __post_init__(self) -> None:
        if not self.cron.startswith("0 0 "):
            raise ValueError(
                f"cron is {self.cron!r}: intervals must begin at midnight, so it must begin with "
                "'0 0 ', because a schedule has one second of each day"
            )
        if self.second not in _SECONDS:
            raise ValueError(f"second is {self.second}: it must be from 0 to {_SECONDS[-1]}")
        if "/" in self.csv_name or not self.csv_name.endswith(".csv"):
            raise ValueError(f"csv_name is {self.csv_name!r}: it must be a file name with .csv")
        if self.csv_name.startswith(BY_HAND):
            raise ValueError(f"csv_name is {self.csv_name!r}: {BY_HAND}* are CSVs of runs by hand")

    def timestamp(self, start: datetime) -> RunTimestamp:
        """The timestamp of the run whose data interval begins at `start`."""
        return RunTimestamp.of(start + timedelta(seconds=self.second))


def outside_of_schedules(second: RunTimestamp) -> RunTimestamp:
    """The second itself, or the one a minute later if it is kept for runs of a schedule."""
    return second.later(len(_SECONDS)) if second.moment.time() < _KEPT_UNTIL else second
