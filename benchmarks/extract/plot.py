"""The outcome as a picture: three comparisons, and how the extract task grows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.extract.outcome import Outcome
from benchmarks.extract.race import Result

_OURS, _PEER, _SECOND = "#c2410c", "#94a3b8", "#1d4ed8"
_INCHES = (12, 7)
_DPI = 120


def save(outcome: Outcome, path: Path) -> None:
    """Draw a PNG. Needs matplotlib, of the dependency group `benchmarks`."""
    # It is not there when only the tables are asked for.
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=_INCHES, layout="constrained")
    (speed, cpu), (memory, growth) = axes
    results = outcome.results
    _bars(speed, results, lambda result: result.rows_per_second / 1000, "thousand rows per second")
    _bars(cpu, results, lambda result: result.cpu_per_million, "CPU seconds per million rows")
    _bars(memory, results, lambda result: result.peak_mb, "peak memory of the process, MB")
    if outcome.growth:
        _growth(growth, outcome.growth)
    else:
        growth.set_axis_off()
    figure.suptitle(
        f"{outcome.rows / 1e6:g} million covers from MySQL to one CSV "
        f"({outcome.machine.cores} cores, best of {outcome.rounds})"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=_DPI)
    plt.close(figure)


def _bars(axes: Any, results: list[Result], value: Callable[[Result], float], title: str) -> None:
    """One bar per contender, the extract task at the top and in a colour of its own."""
    colours = [_OURS] + [_PEER] * (len(results) - 1)
    values = [value(result) for result in results]
    bars = axes.barh([result.title for result in results], values, color=colours)
    axes.bar_label(bars, [_number(number) for number in values], padding=3)
    axes.invert_yaxis()
    axes.set_xlim(0, max(values) * 1.15)
    axes.set_title(title, loc="left", fontsize="medium")
    axes.spines[["top", "right"]].set_visible(False)


def _growth(axes: Any, growth: list[Result]) -> None:
    """Seconds to the left, memory to the right, both from zero."""
    rows = [result.rows / 1e6 for result in growth]
    right = axes.twinx()
    # Memory gets twice the room that it needs, and its labels below: the lines stay apart.
    for side, values, colour, label, room, above in (
        (axes, [result.seconds for result in growth], _OURS, "seconds", 1.2, 6),
        (right, [result.peak_mb for result in growth], _SECOND, "peak MB", 2.0, -14),
    ):
        side.plot(rows, values, color=colour, marker="o")
        side.set_ylim(0, max(values) * room)
        side.set_ylabel(label, color=colour)
        side.tick_params(axis="y", colors=colour)
        side.spines["top"].set_visible(False)
        for x, y in zip(rows, values, strict=True):
            side.annotate(
                _number(y),
                (x, y),
                (0, above),
                textcoords="offset points",
                ha="center",
                color=colour,
            )
    axes.set_xlim(0, max(rows) * 1.08)
    axes.set_xlabel("million rows")
    axes.set_title("the extract task as rows grow", loc="left", fontsize="medium")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
