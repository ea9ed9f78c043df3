"""The timestamp of a run: chosen once when the run begins, then carried, never read off a clock.

A retry therefore writes the very keys that the first try wrote.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from collage_core.contract.json_fields import shown
from collage_core.errors import MessageError

_FORMAT = "%Y%m%d_%H%M%S"
_LENGTH = len("YYYYMMDD_HHMMSS")


@dataclass(frozen=True, slots=True, order=True)
class RunTimestamp:
    """A moment in UTC, to the second, spelled `YYYYMMDD_HHMMSS` in keys and messages."""

    moment: datetime

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """From any aware datetime; parts of a second are dropped."""
        if moment.tzinfo is None:
            raise ValueError(f"run timestamp {moment!r} has no time zone: pass an aware datetime")
        return cls(moment.astimezone(UTC).replace(microsecond=0))

    @classmethod
    def parse(cls, text: object) -> Self:
        """From `YYYYMMDD_HHMMSS`; raises MessageError on anything else."""
        # strptime alone would accept "2026101_000000", as another day, and digits of any script.
        if isinstance(text, str) and len(text) == _LENGTH and text.isascii():
            try:
                return cls(datetime.strptime(text, _FORMAT).replace(tzinfo=UTC))
            except ValueError:
                pass
        raise MessageError(
            f"run_timestamp is {shown(text)}: it must be UTC as YYYYMMDD_HHMMSS, "
            "for example 20261001_000000"
        )

    def __str__(self) -> str:
        return self.moment.strftime(_FORMAT)

    def later(self, seconds: int) -> Self:
        """The second that comes so many seconds after this one."""
        return type(self)(self.moment + timedelta(seconds=seconds))

    @property
    def day(self) -> str:
        """`YYYYMMDD`: the day whose statistics this run counts in."""
        return self.moment.strftime("%Y%m%d")

    @property
    def month(self) -> str:
        """`YYYYMM`."""
        return self.moment.strftime("%Y%m")

    @property
    def day_path(self) -> str:
        """`YYYY/MM/DD`, as it stands in keys."""
        return self.moment.strftime("%Y/%m/%d")

    @property
    def month_path(self) -> str:
        """`YYYY/MM`, as it stands in keys."""
        return self.moment.strftime("%Y/%m")
