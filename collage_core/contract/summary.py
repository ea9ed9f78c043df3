"""A whole run's books."""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import force_setattr

from collage_core.contract.books import Books
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.date_counts import DateCounts
from collage_core.contract.document import FLAT, SCHEMA_VERSION, always
from collage_core.contract.family import RunName, Superseded
from collage_core.contract.fields import Count, Text
from collage_core.contract.figures import RunFigures
from collage_core.contract.identifiers import Identifier
from collage_core.contract.reasons import ReasonName
from collage_core.contract.rejected import RejectedRow
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.selection import Selection
from collage_core.contract.trigger import Trigger
from collage_core.contract.window import Window

Status = Literal["empty", "complete", "partial", "failed"]


class RunBooks(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A run and its books, as in the day's log."""

    run_id: Identifier
    """The run."""
    run_timestamp: RunTimestamp
    """The run's second, in the keys of all that it wrote."""
    trigger: Trigger
    """What asked for the run."""
    source: CsvSource
    """The CSV; for an uploaded CSV, the object that was uploaded."""
    status: Status = always("empty")
    """The word "empty" for a run without rows, otherwise an outcome as for a creator; always
    computed."""
    chunks: Count
    """How many chunks it had."""
    books: Books = field(name=FLAT)
    """The books of the run."""
    dates: DateCounts | None = always(None)
    """Dates of the usable rows, as they were uploaded; None if they were not counted."""
    window: Window | None = None
    """The window of its covers; left out for a CSV from outside."""
    collages_prefix: Text | None = None
    """What the keys of its collages begin with; release 0.1 did not say it."""
    figures: RunFigures | None = None
    """Failing hosts, durations and cost; release 0.1 did not count them."""
    selection: Selection | None = None
    """Which creators it is limited to; left out for a run of all creators."""
    keep_only: bool = False
    """Whether the run only kept covers; left out for one that made collages. What is placed in its
    books is a usable cover, fetched or kept before."""
    parent: Identifier | None = None
    """The run that this one fills; left out for any other run."""
    family: RunName | None = None
    """The first run of its family; left out for a run that is no fill."""
    superseded: Superseded | None = None
    """What newer runs of its family have made anew; left out if there is nothing."""

    def __post_init__(self) -> None:
        force_setattr(self, "status", status_of(self.books))

    @property
    def counted(self) -> Books:
        """The books as statistics count them: each creator of a family once, the newest.

        Raises BooksError if more is superseded than there is.
        """
        if self.superseded is None:
            return self.books
        return self.books.without(self.superseded.books, f"run {self.run_id}")

    @property
    def name(self) -> RunName:
        """The run, and where its record is."""
        return RunName(self.run_id, self.run_timestamp)

    @property
    def family_name(self) -> RunName:
        """The first run of its family: itself if it is no fill."""
        return self.family or self.name


MOST_FAILED_CREATORS = 100
"""Creators without a collage that a summary names; `batch_results_YYYYMMDD.csv` has all."""


class FailedCreator(Struct, frozen=True):
    """A creator of whom no cover could be placed."""

    creator: Text
    """The creator's name."""
    reasons: Mapping[ReasonName, Count]
    """The creator's rejected and failed rows by their reason."""


class RunSummary(
    RunBooks,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="schema_version",
    tag=SCHEMA_VERSION,
):
    """A whole run's books, kept for good under `results/processing-summaries/`."""

    rejected: Sequence[RejectedRow]
    """The first rejected lines of the CSV, to find the mistake; the books count them all."""
    failed_creators: Sequence[FailedCreator] = field(default_factory=list)
    """The first creators without a collage, by the bytes of their names; left out when there are
    none. The books count them all."""

    def without_rejected(self) -> RunBooks:
        """The run as in the day's log."""
        return RunBooks(**{name: getattr(self, name) for name in RunBooks.__struct_fields__})


def status_of(books: Books) -> Status:
    """How a run with these books ended, or all runs of a period together."""
    rows, creators = books.rows, books.creators
    if rows.total == 0:
        return "empty"
    if creators.complete == creators.total and rows.rejected == 0:
        return "complete"
    return "partial" if rows.placed else "failed"
