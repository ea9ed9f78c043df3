"""The report as a picture: panels whose axes begin at zero, bars and lines labelled in place."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.collage.growth import Series
from benchmarks.collage.participants import BOUND, LIMIT
from benchmarks.collage.race import CollageResult
from benchmarks.collage.report import Report
from benchmarks.harness import plot

_LINE, _CURVE = "#c44536", "#6b6e68"
_REFERENCE_LINES = {BOUND: "bound", LIMIT: "limit"}


def save_plot(report: Report, path: Path) -> None:
    """Save it as a PNG. Only where matplotlib is installed."""
    latency = next((series for series in report.growth if series.title == "latency"), None)
    rows, cols = (2, 2) if latency else (1, 3)
    figure, axes = plot.new_figure(rows=rows, cols=cols)
    _panel(axes[0], report, "collages per second", lambda one: one.collages_per_second)
    _panel(axes[1], report, "CPU seconds per 1000 covers", lambda one: one.cpu_per_thousand)
    _panel(axes[2], report, "peak memory, MB", lambda one: one.peak_mb, lines=False)
    for index in range(3):
        if index % cols:  # the names are at the left of the row
            axes[index].set_yticklabels([])
    if latency:
        _curves(axes[3], latency)
    plot.save(figure, path)


def _panel(
    axis: Any,
    report: Report,
    title: str,
    value: Callable[[CollageResult], float],
    *,
    lines: bool = True,
) -> None:
    """Bars of the contenders, and dashed lines for the bound and the limit."""
    contenders = [one for one in report.results if one.name not in _REFERENCE_LINES]
    ours = frozenset(one.title for one in contenders if one.name.startswith("ours"))
    plot.bars(axis, title, {one.title: value(one) for one in contenders}, ours=ours)
    if lines:
        found = [one for one in report.results if one.name in _REFERENCE_LINES]
        _mark(axis, {_REFERENCE_LINES[one.name]: value(one) for one in found})


def _mark(axis: Any, lines: Mapping[str, float]) -> None:
    for index, (name, value) in enumerate(sorted(lines.items(), key=lambda line: line[1])):
        axis.axvline(value, color=_LINE, linewidth=1, linestyle="--")
        axis.annotate(
            f"{name} {plot.number(value)}",
            (value, 1.0),
            xycoords=("data", "axes fraction"),
            # The labels point away from each other, however close the lines are.
            ha="left" if index else "right",
            va="bottom",
            color=_LINE,
            fontsize=8,
        )
        axis.set_xlim(0, max(axis.get_xlim()[1], 1.15 * value))


def _curves(axis: Any, latency: Series) -> None:
    """Collages per second of each contender by the latency of the server."""
    curves: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for point in latency.points:
        milliseconds = float(point.value.removesuffix(" ms"))
        curves[point.result.title].append((milliseconds, point.result.collages_per_second))
    for label, points in curves.items():
        colour = plot.OURS if label.startswith("collage_core") else _CURVE
        axis.plot(*zip(*points, strict=True), marker="o", color=colour)
    values = [value for value, _ in next(iter(curves.values()))]
    axis.set_xticks(values)
    axis.set_xlim(0, 1.8 * max(values))  # room for the labels
    axis.set_ylim(bottom=0)
    _label_ends(axis, {label: points[-1] for label, points in curves.items()})
    plot.finish(axis, "collages per second by latency, ms")


def _label_ends(axis: Any, ends: Mapping[str, tuple[float, float]]) -> None:
    """Label each curve at its end, from the bottom up; a label that would overlap moves up."""
    line_height = 0.045 * axis.get_ylim()[1]
    lowest = 0.0
    for label, (x, y) in sorted(ends.items(), key=lambda end: end[1][1]):
        height = max(y, lowest)
        axis.annotate(
            label, (x, height), xytext=(8, 0), textcoords="offset points", va="center", fontsize=8
        )
        lowest = height + line_height
