"""Which covers a run is about: a half-open window of their `updated_at`, in UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from collage_core.errors import SettingError

LONGEST_WINDOW = timedelta(days=366)
"""A longer one is more likely a slip of the year than a wish."""


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` up to but without `end`; both aware and in UTC."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"[{self.start:%Y-%m-%d %H:%M:%S}, {self.end:%Y-%m-%d %H:%M:%S}) UTC"


def choose_window(
    *,
    given_start: str | None,
    given_end: str | None,
    interval: Window | None,
    run_after: datetime,
) -> Window:
    """The window that was asked for, else the data interval, else the last whole month.

    Args:
        given_start: `window_start` of the trigger form, ISO 8601, UTC unless it says otherwise.
        given_end: `window_end`, the first moment that no longer belongs to the window.
        interval: the run's data interval; runs from the API or an asset have none.
        run_after: when the run was due, aware. Nothing later can be in the database yet.

    Raises SettingError when the window that was asked for cannot be meant.
    """
    if given_start or given_end:
        return _checked(given_start, given_end, run_after)
    if interval is not None:
        return interval
    return _month_before(run_after)


def _checked(given_start: str | None, given_end: str | None, run_after: datetime) -> Window:
    if not (given_start and given_end):
        missing = "window_end" if given_start else "window_start"
        raise SettingError(f"{missing} is missing: give both ends of the window, or neither")
    window = Window(_moment("window_start", given_start), _moment("window_end", given_end))
    if window.end <= window.start:
        raise SettingError(
            f"window_end is {given_end!r}, not after window_start {given_start!r}: it must be "
            "the first day after the window, for example 2026-10-01 to 2026-11-01"
        )
    if window.end > run_after:
        raise SettingError(
            f"window_end is {given_end!r}, but this run was due at {run_after:%Y-%m-%d %H:%M} UTC: "
            "a window may not reach into the future, its covers would be missed for good"
        )
    if window.end - window.start > LONGEST_WINDOW:
        raise SettingError(
            f"the window from {given_start!r} to {given_end!r} is "
            f"{(window.end - window.start).days} days long: at most {LONGEST_WINDOW.days} days "
            "fit in one run, split it"
        )
    return window


def _moment(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SettingError(
            f"{name} is {text!r}: it must be a date such as 2026-10-01 or a time such as "
            "2026-10-01T12:00:00Z"
        ) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _month_before(moment: datetime) -> Window:
    end = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Window((end - timedelta(days=1)).replace(day=1), end)
