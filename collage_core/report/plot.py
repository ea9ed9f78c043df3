"""Values over time as fractions of the height of a chart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_MOST_LABELS = 11
"""So many of the labels fit below a chart on a phone."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value; `start` to `size` is the stretch of a line that ends here."""

    label: str
    look: str
    value: float | None
    """None if it is not known."""
    size: float
    start: float


@dataclass(frozen=True, slots=True)
class Row:
    """The values of one label."""

    label: str
    is_labelled: bool
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Plot:
    """All of a chart."""

    highest: float
    """The value that takes the whole height."""
    rows: Sequence[Row]


def plot(
    labels: Sequence[str], series: Sequence[Mapping[str, Any]], *, stacked: bool = False
) -> Plot:
    """A chart of series, each with `label`, `look` and `values`: one for each label, or None.

    Raises ValueError for a series with more or fewer values than there are labels.
    """
    at = list(zip(*(one["values"] for one in series), strict=True)) or [()] * len(labels)
    if len(at) != len(labels):
        raise ValueError(f"{len(labels)} labels, and {len(at)} values in a series")
    known = [[value or 0 for value in values] for values in at]
    highest = max((sum(each) if stacked else max(each, default=0) for each in known), default=0)
    every = -(-len(labels) // _MOST_LABELS) or 1

    def fraction(value: float) -> float:
        return round(value / highest, 5) if highest else 0.0

    rows = []
    for index, (label, values) in enumerate(zip(labels, at, strict=True)):
        before = at[index - 1] if index else values
        cells = [
            Cell(
                one["label"],
                one["look"],
                value,
                fraction(value or 0),
                fraction((value if earlier is None else earlier) or 0),
            )
            for one, value, earlier in zip(series, values, before, strict=True)
        ]
        rows.append(Row(label, index % every == 0, cells))
    return Plot(highest, rows)
