"""The schedule of a DAG that only keeps covers, and which rows one of its runs looks at.

Its runs write no object whose key has a second, so they need no second and no CSV of their own
among those of other schedules, and may begin at any minute (docs/adr/0012).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from collage_core.contract.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepSchedule:
    """When covers are kept, and how far back each run looks."""

    cron: str
    """When one data interval ends and the next begins, for example "0 * * * *"."""
    interval: str
    """The word for one data interval: "hour"."""
    label: str
    """How one data interval is shown, as a strftime format of its first moment."""
    look_back: timedelta
    """So much later than its `updated_at` a row may come into the table."""
    longest: timedelta
    """A run looks no further back than this before its end, unless its interval begins earlier:
    most URLs are dead by then."""

    def widened(self, interval: Window, done_until: datetime | None) -> Window:
        """The window of a run: all rows since the last run that has succeeded, and some before.

        `interval` is what its own run would look at alone. `done_until` is where the interval of
        that last run ended; None if there is none. What is kept already costs no request to a host,
        so windows may overlap.
        """
        earliest = interval.end - self.longest
        since = earliest if done_until is None else max(done_until - self.look_back, earliest)
        return Window(min(since, interval.start - self.look_back), interval.end)
