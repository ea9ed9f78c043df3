"""The log and the statistics of a day, and the report of a month."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, field

from collage_core.contract.books import Books
from collage_core.contract.document import FLAT, Document
from collage_core.contract.fields import END, Count
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


class DailyStats(Document, frozen=True, kw_only=True):
    """The books of all runs of a day."""

    day: Day
    """The day as YYYYMMDD."""
    run_ids: Sequence[Identifier]
    """The runs that are counted."""
    books: Books = field(name=FLAT)
    """The books of the day."""


class MonthlyReport(Document, frozen=True, kw_only=True):
    """The books of a month, and those of each day that had a run."""

    month: Month
    """The month as YYYYMM."""
    runs: Count
    """How many runs there were."""
    books: Books = field(name=FLAT)
    """The books of the month."""
    days: Sequence[DailyStats]
    """The statistics of each day that had a run."""
