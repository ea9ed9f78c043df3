"""What is written on a collage: a label for each cell, and the line above them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from collage_core.contract.picture_options import PictureOptions
from collage_core.contract.window import Window
from collage_core.covers.rows import CoverRow
from collage_core.pictures.text.scripts import isolated

_MOMENT = timedelta(microseconds=1)
_PLACEHOLDER = re.compile(r"\{(creator|start|end)\}")
_LOOSE_ENDS = " \t-–—,;:·|/"  # noqa: RUF001  dashes of all lengths


@dataclass(frozen=True, slots=True)
class Captions:
    """The text of one collage. Empty text is not drawn."""

    title: str = ""
    labels: Sequence[str] = ()
    """One per cell, in their order; or none at all."""


NO_CAPTIONS = Captions()


def captions_of(
    options: PictureOptions, creator: str, placed: Sequence[CoverRow], window: Window | None
) -> Captions:
    """The text of a creator's collage; `placed` is in the order of the cells."""
    labels: Sequence[str] = ()
    match options.labels:
        case "date":
            labels = [_day(row.day) for row in placed]
        case "creator":
            labels = [creator] * len(placed)
    return Captions(_title(options.title, creator, placed, window), labels)


def _title(title: str, creator: str, placed: Sequence[CoverRow], window: Window | None) -> str:
    start, end = _days(placed, window)
    values = {"creator": creator, "start": _day(start), "end": _day(end)}
    return _filled(title, {name: isolated(text) if text else "" for name, text in values.items()})


def _filled(title: str, values: Mapping[str, str]) -> str:
    """The title with its values, without the dashes and commas that stood beside empty ones."""
    filled = _PLACEHOLDER.sub(lambda found: values[found[1]], title)
    if all(values[name] for name in _PLACEHOLDER.findall(title)):
        return filled
    return filled.strip(_LOOSE_ENDS)


def _days(placed: Sequence[CoverRow], window: Window | None) -> tuple[date | None, date | None]:
    """The first and the last day of the window, or without one those of the covers."""
    if window:
        return window.start.date(), (window.end - _MOMENT).date()
    days = sorted(day for row in placed if (day := row.day))
    return (days[0], days[-1]) if days else (None, None)


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
