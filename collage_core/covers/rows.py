"""One usable line of a cover CSV."""

from datetime import UTC, date, datetime
from typing import NamedTuple


class CoverRow(NamedTuple):
    """One usable line of a cover CSV. A tuple, as a chunk may have half a million of them.

    `line` counts from 1 at the start of the bytes that were read; `offset` is the byte
    at which the line begins there.
    """

    creator: str
    url: str
    updated_at: datetime | None
    """Has a time zone. None when the value is empty or unreadable; then it sorts as the oldest."""
    line: int
    offset: int
    is_date_unread: bool = False
    """Whether the CSV has a value that cannot be read."""

    @property
    def day(self) -> date | None:
        """The day of `updated_at` in UTC, as windows are; None without one."""
        if self.updated_at is None:
            return None
        try:
            return self.updated_at.astimezone(UTC).date()
        except OverflowError:  # an hour before the year 1, or after 9999: its own day
            return self.updated_at.date()
