"""The log and the statistics of a day, and the report of a month."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, field

from collage_core.contract.books import Books
from collage_core.contract.document import FLAT, Document
from collage_core.contract.fields import END, Count
from collage_core.contract.figures import PeriodFigures
from collage_core.contract.identifiers import Identifier
from collage_core.contract.summary import RunBooks

Day = Annotated[str, Meta(pattern=f"^[0-9]{{8}}{END}")]
Month = Annotated[str, Meta(pattern=f"^[0-9]{{6}}{END}")]


class ProcessingLog(Document, frozen=True, kw_only=True):
    """The runs of a day one by one."""

    day: Day
    """The day as YYYYMMDD."""
    runs: Sequence[RunBooks]
    """The day's runs in the order of their timestamps."""


class DailyStats(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The books of all runs of a day."""

    day: Day
    """The day as YYYYMMDD."""
    run_ids: Sequence[Identifier]
    """The runs that are counted."""
    books: Books = field(name=FLAT)
    """The books of the day."""
    figures: PeriodFigures | None = None
    """Success rates, failing hosts, durations and cost; left out if no run has figures."""


class MonthlyReport(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The books of a month, and those of each day that had a run."""

    month: Month
    """The month as YYYYMM."""
    runs: Count
    """How many runs there were."""
    books: Books = field(name=FLAT)
    """The books of the month."""
    days: Sequence[DailyStats]
    """The statistics of each day that had a run."""
    figures: PeriodFigures | None = None
    """Success rates, failing hosts, durations and cost; left out if no run has figures."""


class RebuiltMonth(Document, frozen=True, kw_only=True):
    """What the statistics of a month of runs were last rebuilt from."""

    month: Month
    """The month of the runs as YYYYMM."""
    inputs: str
    """A digest of the release, and of the summaries and batch results with their ETags."""
    covers_months: Sequence[Month]
    """The months that its runs' windows touch."""
