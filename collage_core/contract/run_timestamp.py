"""The timestamp of a run: chosen once when the run begins, and passed on from then.

No later step reads a clock, so a retry writes the same keys as the first try.
"""

from datetime import UTC, datetime, timedelta
from typing import ClassVar, Self

from collage_core.contract.fields import END
from collage_core.contract.wording import shown
from collage_core.errors import MessageError

_FORMAT = "%Y%m%d_%H%M%S"
_LENGTH = len("YYYYMMDD_HHMMSS")


class RunTimestamp(str):
    """A moment in UTC, to the second, written `YYYYMMDD_HHMMSS` in keys and messages.

    It is that text, so texts sort like the moments.
    """

    __slots__ = ()

    RULE: ClassVar = "it must be UTC as YYYYMMDD_HHMMSS, for example 20261001_000000"
    PATTERN: ClassVar = f"^[0-9]{{8}}_[0-9]{{6}}{END}"

    def __new__(cls, moment: datetime) -> Self:
        """From a moment in UTC; `of` takes any other."""
        # Not %Y: before the year 1000 it writes fewer than four digits.
        return super().__new__(cls, f"{moment.year:04d}{moment:%m%d_%H%M%S}")

    def __getnewargs__(self) -> tuple[datetime]:  # type: ignore[override]
        return (self.moment,)

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """From any aware datetime; parts of a second are dropped."""
        if moment.tzinfo is None:
            raise ValueError(f"run timestamp {moment!r} has no time zone: pass an aware datetime")
        return cls(moment.astimezone(UTC))

    @classmethod
    def parse(cls, text: object) -> Self:
        """From `YYYYMMDD_HHMMSS`; raises MessageError on anything else."""
        # strptime alone would accept "2026101_000000" as another day, and digits of any script.
        if isinstance(text, str) and len(text) == _LENGTH and text.isascii():
            try:
                return cls(_moment(text))
            except ValueError:
                pass
        raise MessageError(f"run_timestamp is {shown(text)}: {cls.RULE}")

    @property
    def moment(self) -> datetime:
        """The moment, in UTC."""
        return _moment(self)

    def later(self, seconds: int) -> Self:
        """The second that comes so many seconds after this one."""
        return type(self)(self.moment + timedelta(seconds=seconds))

    @property
    def day(self) -> str:
        """`YYYYMMDD`: the day whose statistics count this run."""
        return self[:8]

    @property
    def month(self) -> str:
        """`YYYYMM`."""
        return self[:6]

    @property
    def day_path(self) -> str:
        """`YYYY/MM/DD`, as in keys."""
        return f"{self[:4]}/{self[4:6]}/{self[6:8]}"

    @property
    def month_path(self) -> str:
        """`YYYY/MM`, as in keys."""
        return f"{self[:4]}/{self[4:6]}"


def _moment(text: str) -> datetime:
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)
