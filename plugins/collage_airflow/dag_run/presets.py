"""Windows by their names: what a person means by "yesterday"."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from collage_core.contract.window import Window
from collage_core.errors import SettingError


class Preset(StrEnum):
    """The names. All days are days in UTC, and end before the day on which the run was due."""

    YESTERDAY = "yesterday"
    LAST_7_DAYS = "last 7 days"
    LAST_MONTH = "last month"


def preset_window(name: str, moment: datetime) -> Window:
    """The window that a preset means at `moment`, which is aware.

    Raises SettingError for a name that is no preset.
    """
    today = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first_of_month = today.replace(day=1)
    match name:
        case Preset.YESTERDAY:
            return Window(today - timedelta(days=1), today)
        case Preset.LAST_7_DAYS:
            return Window(today - timedelta(days=7), today)
        case Preset.LAST_MONTH:
            return Window((first_of_month - timedelta(days=1)).replace(day=1), first_of_month)
        case _:
            raise SettingError(f"window is {name!r}: it must be one of {', '.join(Preset)}")


def is_by_month(window: Window) -> bool:
    """Whether `pieces` cuts a window into months."""
    return window.end - window.start > timedelta(days=31)


def pieces(window: Window) -> list[tuple[str, Window]]:
    """The months or the days of a window, each with its label, as a backfill would run them.

    A window longer than 31 days is cut into calendar months, a shorter one into days.
    """
    by_month = is_by_month(window)
    found, start = [], window.start
    while start < window.end:
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        after = midnight + timedelta(days=1)
        if by_month:
            after = (midnight.replace(day=1) + timedelta(days=32)).replace(day=1)
        end = min(after, window.end)
        found.append((f"{start:%Y-%m}" if by_month else f"{start:%Y-%m-%d}", Window(start, end)))
        start = end
    return found
