"""The window of a run: what was asked for, its data interval, or the schedule's last one."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from croniter import croniter  # type: ignore[import-untyped]

from collage_core.contract.window import Window
from collage_core.errors import SettingError
from collage_core.layout.schedule import Schedule


class Intervals(Protocol):
    """The part of a schedule that says how long an interval is."""

    @property
    def cron(self) -> str:
        """When one data interval ends and the next begins."""
        ...


LONGEST_WINDOW = timedelta(days=366)
"""A longer window is more likely a typing error in the year."""

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""TIMESTAMP columns hold nothing earlier, and MySQL reads years with few digits as other years."""


def choose_window(
    *,
    given_start: str | None,
    given_end: str | None,
    interval: Window | None,
    run_after: datetime,
    schedule: Intervals | None,
    longest: timedelta | None = LONGEST_WINDOW,
) -> Window:
    """The window that was asked for, or the data interval, or the schedule's last whole interval.

    Args:
        given_start: `window_start` of the trigger form, a day in UTC as YYYY-MM-DD.
        given_end: `window_end`, the first day after the window.
        interval: the run's data interval; runs from the API or an asset have none.
        run_after: when the run was due, aware. Nothing later can be in the database yet.
        schedule: of the run's DAG; None for a DAG without one.
        longest: the longest window that is accepted; None: any.

    Raises SettingError when the window is not valid, and when no window is given in any way.
    """
    if given_start or given_end:
        if not (given_start and given_end):
            missing = "window_end" if given_start else "window_start"
            raise SettingError(f"{missing} is missing: give both ends of the window, or neither")
        window = Window(_midnight("window_start", given_start), _midnight("window_end", given_end))
        named = f"window_start {given_start!r}", f"window_end {given_end!r}"
    elif interval is not None:
        # The schedule gives only valid intervals, but a manual run may be given any dates.
        window = interval
        named = f"data_interval_start {interval.start}", f"data_interval_end {interval.end}"
    elif schedule is not None:
        return last_interval(schedule, run_after)
    else:
        raise SettingError(
            "nothing says which covers: give window, the two dates window_start and window_end, "
            "csv_key, csv_text or parent"
        )
    _check(window, run_after, *named, longest=longest)
    return window


def last_interval(schedule: Intervals, moment: datetime) -> Window:
    """The last interval of a schedule that is over at `moment`, which is aware."""
    whole_second = moment.astimezone(UTC).replace(microsecond=0)
    # croniter looks for times strictly before.
    ends = croniter(schedule.cron, whole_second + timedelta(seconds=1))
    end = ends.get_prev(datetime)
    return Window(ends.get_prev(datetime), end)


def stand_in_window(schedule: Intervals | None, moment: datetime) -> Window:
    """A window for asking the database about the SQL, when the run's own window is unknown.

    It is the schedule's last whole interval at `moment`, which is aware; without a schedule, the
    last whole day. No covers are read with it.
    """
    if schedule is not None:
        return last_interval(schedule, moment)
    today = datetime.combine(moment.astimezone(UTC), time(), tzinfo=UTC)
    return Window(today - timedelta(days=1), today)


def interval_from(schedule: Intervals, start: datetime) -> Window | None:
    """The interval of a schedule that begins at `start`, which is aware; None if none does."""
    ends = croniter(schedule.cron, start.astimezone(UTC))
    end = ends.get_next(datetime)
    interval = Window(ends.get_prev(datetime), end)
    return interval if interval.start == start else None


def intervals_of(schedule: Schedule, window: Window) -> list[tuple[str, Window]]:
    """The intervals of a schedule that make up a window, each with its label.

    Raises SettingError for a window that begins or ends within one.
    """
    found, start = [], window.start
    while start < window.end:
        interval = interval_from(schedule, start)
        if interval is None or window.end < interval.end:
            raise SettingError(
                f"the window {window} is not made of whole {schedule.interval}s, as a backfill is: "
                f"let it begin with a {schedule.interval}, and end where another one begins"
            )
        found.append((f"{start:{schedule.label}}", interval))
        start = interval.end
    return found


def _check(
    window: Window, run_after: datetime, start: str, end: str, *, longest: timedelta | None
) -> None:
    """Raise SettingError if the window is not valid; `start` and `end` name its ends."""
    if window.end <= window.start:
        raise SettingError(
            f"{end} is not after {start}: it must be the first day after the window, for example "
            "2026-10-01 to 2026-11-01"
        )
    if window.end > run_after:
        raise SettingError(
            f"{end} is in the future of this run, which was due at {run_after:%Y-%m-%d %H:%M} UTC: "
            "covers that come later would be missed for good; trigger a run after that"
        )
    if window.start < _EARLIEST:
        raise SettingError(f"{start} is before {_EARLIEST:%Y-%m-%d}: no cover is that old")
    if longest is not None and window.end - window.start > longest:
        raise SettingError(
            f"from {start} to {end} it is {(window.end - window.start).days} days: at most "
            f"{longest.days} days fit in one run, split it"
        )


def _midnight(name: str, text: str) -> datetime:
    """The first moment of a day. The form accepts only a date, and so does this."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    # Python also reads weeks, and dates without hyphens, which the form refuses.
    if day is None or day.isoformat() != text:
        raise SettingError(f"{name} is {text!r}: it must be a date such as 2026-10-01")
    return datetime.combine(day, time(), tzinfo=UTC)
