"""Months and days as statistics name them: `YYYYMM` and `YYYYMMDD`, in UTC."""

from collections.abc import Iterator
from datetime import timedelta

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.window import Window

_MONTH_LENGTH = len("YYYYMM")


def first_second(period: str) -> RunTimestamp:
    """The first second of a day or a month; the keys of the period are built from it."""
    day = f"{period}01" if len(period) == _MONTH_LENGTH else period
    return RunTimestamp.parse(f"{day}_000000")


def month_after(month: str) -> str:
    """The month after this one."""
    return f"{first_second(month).moment + timedelta(days=31):%Y%m}"


def month_before(month: str) -> str:
    """The month before this one."""
    return f"{first_second(month).moment - timedelta(days=1):%Y%m}"


def month_window(month: str) -> Window:
    """The window of a whole month."""
    return Window(first_second(month).moment, first_second(month_after(month)).moment)


def months_of(window: Window) -> Iterator[str]:
    """The months that a window touches."""
    month = f"{window.start:%Y%m}"
    while window.start < window.end and first_second(month).moment < window.end:
        yield month
        month = month_after(month)
