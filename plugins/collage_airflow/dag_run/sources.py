"""Where a manual run takes its covers from: a window of the database, or a CSV; and of whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from collage_core.covers.creator_choice import CreatorChoice
from collage_core.errors import SettingError

MANUAL_PARAMS = frozenset({"window", "csv_key", "csv_text", "creators", "limit", "dry_run"})
"""The params of the manual DAG, in addition to those of every run."""


@dataclass(frozen=True, slots=True)
class AskedCsv:
    """A CSV that a run was asked to take in. One of the two is given."""

    key: str | None
    """Its key in the input bucket."""
    text: str | None
    """The CSV itself, pasted into the form."""


def csv_asked_for(params: Mapping[str, Any]) -> AskedCsv | None:
    """The CSV of the run; None for a run over a window."""
    key, text = params.get("csv_key") or None, params.get("csv_text") or None
    return AskedCsv(key, text) if key or text else None


def choice_asked_for(params: Mapping[str, Any]) -> CreatorChoice | None:
    """Which creators the run is limited to; None: all. Empty names are left out."""
    creators, limit = tuple(filter(None, params.get("creators") or ())), params.get("limit")
    return CreatorChoice(creators, limit) if creators or limit else None


def check_one_source(params: Mapping[str, Any]) -> None:
    """Raise SettingError when the params name two sources of covers."""
    dates = [name for name in ("window_start", "window_end") if params.get(name)]
    given = [name for name in ("window", "csv_key", "csv_text") if params.get(name)]
    named = [*given, *([" and ".join(dates)] if dates else [])]
    if len(named) > 1:
        raise SettingError(
            f"both {' and '.join(named[:2])} are given: a run takes its covers from one of window, "
            "the two dates window_start and window_end, csv_key, or csv_text; empty the others"
        )
