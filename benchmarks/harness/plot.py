"""What the plots of all tracks share: the figure, horizontal bars, colours and labels."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CAN_PLOT = find_spec("matplotlib") is not None

OURS, PEER = "#0b6e4f", "#b5b8b1"
_DPI = 110


def new_figure(*, rows: int, cols: int, panel_inches: float = 5) -> tuple[Any, Any]:
    """A figure of `rows` x `cols` panels, and the array of their axes. Only where CAN_PLOT."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(panel_inches * cols, 3.9 * rows), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.1)
    return figure, figure.subplots(rows, cols).flatten()


def bars(axis: Any, title: str, values: Mapping[str, float], *, ours: frozenset[str]) -> None:
    """Draw one bar for each contender by title, from the top down.

    Those in `ours` get a colour of their own.
    """
    colours = [OURS if name in ours else PEER for name in values]
    drawn = axis.barh([*values], [*values.values()], color=colours)
    labels = axis.bar_label(drawn, [*map(number, values.values())], padding=3, fontsize=9)
    for label in labels:  # a line that a track draws behind it would make it hard to read
        label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})
    axis.invert_yaxis()
    axis.set_xlim(0, 1.15 * max(values.values()))
    finish(axis, title)


def finish(axis: Any, title: str) -> None:
    """Give a panel its title, and leave the frame open at the top and the right."""
    axis.set_title(title, fontsize=10, loc="left", pad=16)
    axis.spines[["top", "right"]].set_visible(False)


def number(value: float) -> str:
    """A label of three digits, or of all digits before the decimal point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def save(figure: Any, path: Path) -> None:
    """Write a PNG."""
    figure.savefig(path, dpi=_DPI)
