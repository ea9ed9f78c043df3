"""The report of the covers of a month, whenever their runs were.

The same covers may be in several runs: October by its schedule, by hand in November, and day by
day. Runs count in this order, and a run counts only if its window overlaps that of no run before
it: first the runs that had rows; of them those with the widest window; of equally wide ones the
newest. So two runs of October count once, and a run of October is not replaced by one of its days
(docs/adr/0020).

A fill has the window of its family's first run, and counts if and because that one does.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from collage_core.contract.books import Books
from collage_core.contract.covers_report import Because, CoversReport, CoversRun, RunLeftOut
from collage_core.contract.creator_changes import CreatorChanges
from collage_core.contract.summary import RunBooks
from collage_core.contract.window import Window
from collage_core.run.figures import figures_of_period
from collage_core.run.months import month_window


def covers_report(
    month: str, runs: Iterable[RunBooks], changes: CreatorChanges | None
) -> CoversReport:
    """The report of the covers of `month` (YYYYMM); runs about other covers are ignored."""
    counted, left_out = select_runs(month, runs)
    return CoversReport(
        month=month,
        runs=[CoversRun(**_fields(run)) for run in counted],
        left_out=left_out,
        gaps=_gaps(month_window(month), [run.window for run in counted if run.window]),
        books=Books.total(run.counted for run in counted),
        changes=changes,
        figures=figures_of_period(counted),
    )


def select_runs(
    month: str, runs: Iterable[RunBooks]
) -> tuple[Sequence[RunBooks], Sequence[RunLeftOut]]:
    """The runs that count for the covers of a month, and those that do not; by their windows."""
    whole = month_window(month)
    counted: list[RunBooks] = []
    left_out: list[RunLeftOut] = []
    about = [run for run in runs if run.window and _overlap(run.window, whole)]
    for run in _first_to_last(run for run in about if run.family is None):
        window = _window_of(run)
        if window.start < whole.start or whole.end < window.end:
            left_out.append(_left_out(run, "beyond_month", None))
            continue
        if run.selection is not None:
            left_out.append(_left_out(run, "some_creators", None))
            continue
        other = next((each for each in counted if _overlap(_window_of(each), window)), None)
        if other is None:
            counted.append(run)
        else:
            because: Because = "repeated" if other.window == window else "overlaps"
            left_out.append(_left_out(run, because, other.run_id))
    for fill in (run for run in about if run.family is not None):
        first = fill.family_name.run_id
        if any(run.run_id == first for run in counted):
            counted.append(fill)
            continue
        same = (run for run in left_out if run.run_id == first)
        # A first run whose summary is gone counts nowhere, and its fills are not all of its window.
        why = next(((run.because, run.counted) for run in same), ("some_creators", None))
        left_out.append(_left_out(fill, *why))
    return sorted(counted, key=_place), sorted(left_out, key=_place)


def _first_to_last(runs: Iterable[RunBooks]) -> list[RunBooks]:
    """In the order in which they are considered."""
    newest_first = sorted(runs, key=lambda run: (run.run_timestamp, run.run_id), reverse=True)
    return sorted(newest_first, key=lambda run: (run.books.rows.total == 0, -_width(run)))


def _width(run: RunBooks) -> float:
    window = _window_of(run)
    return (window.end - window.start).total_seconds()


def _window_of(run: RunBooks | CoversRun) -> Window:
    if run.window is None:
        raise ValueError(f"run {run.run_id} has no window")
    return run.window


def _overlap(one: Window, other: Window) -> bool:
    return one.start < other.end and other.start < one.end


def _place(run: RunBooks | CoversRun) -> tuple[datetime, datetime, str, str]:
    window = _window_of(run)
    return window.start, window.end, run.run_timestamp, run.run_id


def _left_out(run: RunBooks, because: Because, counted: str | None) -> RunLeftOut:
    return RunLeftOut(**_fields(run), because=because, counted=counted)


def _fields(run: RunBooks) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "run_timestamp": run.run_timestamp,
        "window": run.window,
        "status": run.status,
        "rows": run.books.rows,
    }


def _gaps(whole: Window, windows: Sequence[Window]) -> list[Window]:
    """The parts of `whole` that are in none of these windows, which do not overlap."""
    gaps, at = [], whole.start
    for window in windows:
        if at < window.start:
            gaps.append(Window(at, window.start))
        at = window.end
    return [*gaps, Window(at, whole.end)] if at < whole.end else gaps
