"""The Variable that says that a whole backfill was approved: its window, its price, its end.

Each DAG that can be backfilled has one. It is written when a person approves the dry run of the
backfill, and it can be seen, changed and deleted like any Variable.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from collage_core.contract.window import Window
from collage_core.errors import SettingError

HOLDS_FOR = timedelta(days=7)
"""As long as the temp bucket keeps what its runs have taken of the price."""

HEADROOM = 0.1
"""A part of the price on top of it, for rows that come between the dry run and the backfill."""


def variable_of(dag_id: str) -> str:
    """The name of the Variable of a DAG."""
    return f"{dag_id}_backfill_approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedBackfill:
    """A backfill that a person has approved."""

    run_id: str
    """The dry run in which it was approved; what is taken of the price is counted by it."""
    approved_by: str
    window: Window
    """From the first moment of its first interval to the last of its last one."""
    dollars: float
    """The most that its runs may cost together."""
    until: datetime
    """When the approval ends, aware."""

    def to_text(self) -> str:
        """The value of the Variable."""
        return json.dumps(
            {
                "run_id": self.run_id,
                "approved_by": self.approved_by,
                "window_start": self.window.start.isoformat(),
                "window_end": self.window.end.isoformat(),
                "usd": self.dollars,
                "until": self.until.isoformat(timespec="seconds"),
            },
            indent=1,
        )

    @classmethod
    def of_text(cls, name: str, text: str) -> Self:
        """From the value of the Variable. Raises SettingError for any other text."""
        try:
            told: Any = json.loads(text)
            return cls(
                run_id=str(told["run_id"]),
                approved_by=str(told["approved_by"]),
                window=Window(_moment(told["window_start"]), _moment(told["window_end"])),
                dollars=float(told["usd"]),
                until=_moment(told["until"]),
            )
        except (ValueError, TypeError, LookupError) as error:
            raise SettingError(
                f"the Variable {name} is {text[:200]!r}, which is no approval of a backfill "
                f"({error}): delete it, and approve the dry run of the backfill again"
            ) from error

    def why_not(self, window: Window | None, now: datetime) -> str | None:
        """Why it does not hold for a run with this window, in words; None if it does."""
        if now >= self.until:
            return f"it ended on {self.until:%Y-%m-%d %H:%M} UTC"
        if window is None or window.start < self.window.start or self.window.end < window.end:
            return (
                f"it is for the days from {self.window.start:%Y-%m-%d} to before "
                f"{self.window.end:%Y-%m-%d}"
            )
        return None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return moment.astimezone(UTC)
