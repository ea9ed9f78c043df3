"""The report as a picture: panels whose axes begin at zero, bars and lines named in place."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.collage.field import BOUND, LIMIT
from benchmarks.collage.race import Result
from benchmarks.collage.report import Report

CAN_PLOT = find_spec("matplotlib") is not None

_OURS, _OTHERS, _LINE = "#0b6e4f", "#b5b8b1", "#c44536"
_LINES = {BOUND: "bound", LIMIT: "limit"}


def plot(report: Report, path: Path) -> None:
    """Save it as a PNG."""
    from matplotlib.figure import Figure  # only where CAN_PLOT

    latency = next((series for series in report.growth if series.title == "latency"), None)
    rows, cols = (2, 2) if latency else (1, 3)
    figure = Figure(figsize=(5 * cols, 3.9 * rows), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.1)
    axes = figure.subplots(rows, cols).flatten()
    contenders = [result for result in report.results if result.name not in _LINES][::-1]
    lines = {result.name: result for result in report.results if result.name in _LINES}
    _bars(axes[0], "collages per second", contenders, lines, lambda one: one.collages_per_second)
    _bars(
        axes[1], "CPU seconds per 1000 covers", contenders, lines, lambda one: one.cpu_per_thousand
    )
    _bars(axes[2], "peak memory, MB", contenders, {}, lambda one: one.peak_mb)
    for index in range(3):
        if index % cols:  # the names stand at the left of the row
            axes[index].set_yticklabels([])
    if latency:
        by_title: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for point in latency.points:
            milliseconds = float(point.value.removesuffix(" ms"))
            by_title[point.result.title].append((milliseconds, point.result.collages_per_second))
        _curves(axes[3], "collages per second by latency, ms", by_title)
    figure.savefig(path, dpi=110)


def _bars(
    axis: Any,
    title: str,
    contenders: Sequence[Result],
    lines: dict[str, Result],
    value: Callable[[Result], float],
) -> None:
    values = [value(one) for one in contenders]
    colours = [_OURS if one.name.startswith("ours") else _OTHERS for one in contenders]
    bars = axis.barh([one.title for one in contenders], values, color=colours)
    labels = axis.bar_label(bars, [f"{one:.3g}" for one in values], padding=3, fontsize=9)
    for label in labels:  # a dashed line behind it would make it hard to read
        label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})
    for index, (name, line) in enumerate(sorted(lines.items(), key=lambda one: value(one[1]))):
        axis.axvline(value(line), color=_LINE, linewidth=1, linestyle="--")
        axis.annotate(
            f"{_LINES[name]} {value(line):.3g}",
            (value(line), 1.0),
            xycoords=("data", "axes fraction"),
            # Away from each other, however close the lines are.
            ha="left" if index else "right",
            va="bottom",
            color=_LINE,
            fontsize=8,
        )
    axis.set_xlim(0, 1.15 * max([*values, *map(value, lines.values())]))
    _finish(axis, title)


def _curves(axis: Any, title: str, curves: dict[str, list[tuple[float, float]]]) -> None:
    for label, points in curves.items():
        colour = _OURS if label.startswith("collage_core") else "#6b6e68"
        axis.plot(*zip(*points, strict=True), marker="o", color=colour)
    values = [value for value, _ in next(iter(curves.values()))]
    axis.set_xticks(values)
    axis.set_xlim(0, 1.8 * max(values))  # room for the names
    axis.set_ylim(bottom=0)
    _name_ends(axis, {label: points[-1] for label, points in curves.items()})
    _finish(axis, title)


def _name_ends(axis: Any, ends: dict[str, tuple[float, float]]) -> None:
    """From below, each name beside its end, or above the name before where they would overlap."""
    line_height = 0.045 * axis.get_ylim()[1]
    lowest = 0.0
    for label, (x, y) in sorted(ends.items(), key=lambda end: end[1][1]):
        height = max(y, lowest)
        axis.annotate(
            label, (x, height), xytext=(8, 0), textcoords="offset points", va="center", fontsize=8
        )
        lowest = height + line_height


def _finish(axis: Any, title: str) -> None:
    axis.set_title(title, fontsize=10, loc="left", pad=16)
    axis.spines[["top", "right"]].set_visible(False)
