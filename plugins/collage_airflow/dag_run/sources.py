"""Where a manual run takes its covers from, and of whom.

From a window of the database, a CSV, or the rows of a run that it fills.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from collage_core.contract.options import OPTIONS
from collage_core.covers.creator_choice import CreatorChoice
from collage_core.errors import SettingError

MANUAL_PARAMS = frozenset(
    {"window", "csv_key", "csv_text", "parent", "creators", "limit", "dry_run", "backfill"}
)
"""The params of the manual DAG, in addition to those of every run."""

OPTIONS_OF_A_FILL = frozenset({"max_workers", "timeout", "max_retries"})
"""All others are those of the run that is filled: its collages stay beside those of the fill."""


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


def parent_asked_for(params: Mapping[str, Any]) -> str | None:
    """The run that this one fills, by its id or its timestamp; None for any other run."""
    return (params.get("parent") or "").strip() or None


def check_fill(params: Mapping[str, Any]) -> None:
    """Raise SettingError when a fill is asked for what its parent decides."""
    if parent_asked_for(params) is None:
        return
    given = [name for name in ("creators", "limit") if params.get(name)]
    decided = [name for name in OPTIONS if name not in OPTIONS_OF_A_FILL]
    given += [name for name in decided if params.get(name) is not None]
    if given:
        raise SettingError(
            f"{given[0]} is given beside parent: a fill takes the creators that need it, and makes "
            f"collages like those of its parent; empty {', '.join(given)}. Only "
            f"{', '.join(sorted(OPTIONS_OF_A_FILL))} and output_prefix may differ"
        )


def backfill_asked_for(params: Mapping[str, Any]) -> str | None:
    """The DAG whose backfill a dry run is to have approved; None for any other run."""
    return params.get("backfill") or None


def check_backfill(params: Mapping[str, Any]) -> None:
    """Raise SettingError when a backfill is to be approved that would not be what was priced."""
    if backfill_asked_for(params) is None:
        return
    given = [
        name
        for name in ("csv_key", "csv_text", "parent", "creators", "limit", "output_prefix")
        if params.get(name)
    ]
    if given:
        raise SettingError(
            f"{given[0]} is given beside backfill: a backfill takes all creators of its months or "
            f"days from the database; empty {', '.join(given)}"
        )


def choice_asked_for(params: Mapping[str, Any]) -> CreatorChoice | None:
    """Which creators the run is limited to; None: all. Empty names are left out."""
    creators, limit = tuple(filter(None, params.get("creators") or ())), params.get("limit")
    return CreatorChoice(creators, limit) if creators or limit else None


def check_one_source(params: Mapping[str, Any]) -> None:
    """Raise SettingError when the params name two sources of covers."""
    dates = [name for name in ("window_start", "window_end") if params.get(name)]
    given = [name for name in ("window", "csv_key", "csv_text") if params.get(name)]
    given += ["parent"] if parent_asked_for(params) else []
    named = [*given, *([" and ".join(dates)] if dates else [])]
    if len(named) > 1:
        raise SettingError(
            f"both {' and '.join(named[:2])} are given: a run takes its covers from one of window, "
            "the two dates window_start and window_end, csv_key, csv_text, or parent; empty the "
            "others"
        )
