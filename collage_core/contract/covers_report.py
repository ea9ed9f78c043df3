"""The second view of the statistics: by the month of the covers, whenever they were worked on."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct, field

from collage_core.contract.books import Books, RowCounts
from collage_core.contract.creator_changes import CreatorChanges
from collage_core.contract.document import FLAT, Document
from collage_core.contract.figures import PeriodFigures
from collage_core.contract.identifiers import Identifier
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.statistics import Month
from collage_core.contract.summary import Status
from collage_core.contract.window import Window

Because = Literal["repeated", "overlaps", "beyond_month", "some_creators"]


class CoversRun(Struct, frozen=True, kw_only=True):
    """A run whose window touches the month."""

    run_id: Identifier
    """The run."""
    run_timestamp: RunTimestamp
    """The run's second."""
    window: Window
    """The window of its covers."""
    status: Status
    """How it ended."""
    rows: RowCounts
    """What became of its rows."""


class RunLeftOut(CoversRun, frozen=True, kw_only=True):
    """A run that does not count, so that no cover counts twice."""

    because: Because
    """The word "repeated": a run with the same window counts. "overlaps": a run that counts has a
    part of its window. "beyond_month": its window begins or ends in another month.
    "some_creators": it was limited to some creators of its window."""
    counted: Identifier | None
    """The run that counts instead of it; None for "beyond_month" and "some_creators"."""


class CoversReport(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The books of the covers of a month. No part of the month counts twice."""

    month: Month
    """The month of the covers as YYYYMM."""
    runs: Sequence[CoversRun]
    """The runs that count, by their windows."""
    left_out: Sequence[RunLeftOut]
    """Runs about covers of the month that do not count, by their windows."""
    gaps: Sequence[Window]
    """The parts of the month that no run that counts was about."""
    books: Books = field(name=FLAT)
    """The sum of the runs that count."""
    changes: CreatorChanges | None
    """The creators of these covers, compared with the report of the month before; None if one of
    the two has no results."""
    figures: PeriodFigures | None = None
    """Success rates, failing hosts, durations and cost; left out if no run has figures."""
