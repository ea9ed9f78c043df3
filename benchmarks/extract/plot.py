"""The outcome as a picture: three comparisons, and how the extract task grows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.extract.outcome import Outcome
from benchmarks.extract.race import ExtractResult
from benchmarks.harness import plot

_MEMORY = "#1d4ed8"


def save_plot(outcome: Outcome, path: Path) -> None:
    """Save it as a PNG. Only where matplotlib is installed."""
    figure, (speed, cpu, memory, growth) = plot.new_figure(rows=2, cols=2, panel_inches=6)
    for axis, title, values in (
        (speed, "thousand rows per second", [one.rows_per_second / 1e3 for one in outcome.results]),
        (cpu, "CPU seconds per million rows", [one.cpu_per_million for one in outcome.results]),
        (memory, "peak memory of the process, MB", [one.peak_mb for one in outcome.results]),
    ):
        titles = [result.title for result in outcome.results]
        by_title = dict(zip(titles, values, strict=True))
        plot.bars(axis, title, by_title, ours=frozenset(titles[:1]))
    if outcome.growth:
        _growth(growth, outcome.growth)
    else:
        growth.set_axis_off()
    figure.suptitle(
        f"{outcome.rows / 1e6:g} million covers from MySQL to one CSV "
        f"({outcome.machine.cores} cores, best of {outcome.rounds})"
    )
    plot.save(figure, path)


def _growth(axis: Any, growth: Sequence[ExtractResult]) -> None:
    """Seconds on the left axis, memory on the right one, both from zero."""
    rows = [result.rows / 1e6 for result in growth]
    right = axis.twinx()
    # The memory axis is twice as high as needed, with labels below: the lines stay apart.
    for side, values, colour, label, room, above in (
        (axis, [result.seconds for result in growth], plot.OURS, "seconds", 1.2, 6),
        (right, [result.peak_mb for result in growth], _MEMORY, "peak MB", 2.0, -14),
    ):
        side.plot(rows, values, color=colour, marker="o")
        side.set_ylim(0, max(values) * room)
        side.set_ylabel(label, color=colour)
        side.tick_params(axis="y", colors=colour)
        side.spines["top"].set_visible(False)
        for x, y in zip(rows, values, strict=True):
            side.annotate(
                plot.number(y),
                (x, y),
                (0, above),
                textcoords="offset points",
                ha="center",
                color=colour,
            )
    axis.set_xlim(0, max(rows) * 1.08)
    axis.set_xlabel("million rows")
    axis.set_title("the extract task as rows grow", fontsize=10, loc="left", pad=16)
