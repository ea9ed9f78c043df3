"""What became of a run, in the words of a person: for logs, Airflow's notes and notifications."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import PurePosixPath

from collage_core.contract.summary import RunBooks
from collage_core.contract.window import Window

_DAY = timedelta(days=1)


def run_in_words(run: RunBooks) -> str:
    """For example "October 2026: 45 of 46 collages, 16 covers failed, 7 rows rejected".

    Of a run that only keeps covers: "2026-10-14: 1204 of 1220 covers kept, 16 covers failed".
    """
    about = window_in_words(run.window) if run.window else PurePosixPath(run.source.key).name
    if run.parent is not None:
        about += ", filled"
    elif run.selection is not None:
        about += ", some creators"
    rows, creators = run.books.rows, run.books.creators
    if rows.total == 0:
        return f"{about}: no covers"
    if run.keep_only:
        parts = [f"{rows.placed} of {number_of(rows.placed + rows.failed, 'cover')} kept"]
    else:
        parts = [f"{run.books.objects.collages} of {number_of(creators.total, 'collage')}"]
    if rows.failed:
        parts.append(f"{number_of(rows.failed, 'cover')} failed")
    if rows.rejected:
        parts.append(f"{number_of(rows.rejected, 'row')} rejected")
    return f"{about}: {', '.join(parts)}"


def window_in_words(window: Window) -> str:
    """A month or a day by its name, other days as "2026-10-01 to 2026-10-07", both included."""
    start, end = window.start, window.end
    if not (_is_midnight(start) and _is_midnight(end)):
        return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"
    last = end - _DAY
    if start.day == 1 and end == _next_month(start):
        return f"{start:%B %Y}"
    if start == last:
        return f"{start:%Y-%m-%d}"
    return f"{start:%Y-%m-%d} to {last:%Y-%m-%d}"


def reasons_in_words(counts: Mapping[str, int]) -> str:
    """Such as `2 http_404, 1 timeout`, the most frequent first."""
    most_first = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {reason}" for reason, count in most_first)


def _is_midnight(moment: datetime) -> bool:
    return moment.time() == time()


def _next_month(first: datetime) -> datetime:
    year, month = divmod(first.year * 12 + first.month, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)


def number_of(number: int, what: str) -> str:
    """For example "1 cover" and "2 covers"."""
    return f"{number} {what}{'s' * (number != 1)}"
