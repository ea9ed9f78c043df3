"""A whole run's books."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from collage_core.contract import json_fields
from collage_core.contract.books import Books
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.date_counts import DateCounts
from collage_core.contract.json_fields import SCHEMA_VERSION, Json
from collage_core.contract.receipt import Outcome
from collage_core.contract.rejected import RejectedRow
from collage_core.contract.run_fields import run_fields
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A whole run's books, kept for good under `results/processing-summaries/`."""

    run_id: str
    run_timestamp: RunTimestamp
    trigger: Trigger
    source: CsvSource
    books: Books
    chunks: int
    rejected: Sequence[RejectedRow]
    """The first rejected lines of the CSV, to find the fault by; the books count them all."""
    dates: DateCounts | None = None
    """Dates of the CSV's usable rows, as it was handed in; None where nobody counted them."""

    @property
    def status(self) -> str:
        """The word "empty" for a run without rows, else the same words as for a creator."""
        rows, creators = self.books.rows, self.books.creators
        if rows.total == 0:
            return "empty"
        if creators.complete == creators.total and rows.rejected == 0:
            return Outcome.COMPLETE.value
        return Outcome.PARTIAL.value if rows.placed else Outcome.FAILED.value

    def to_json(self) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "run_id": self.run_id,
            "run_timestamp": str(self.run_timestamp),
            "trigger": self.trigger.value,
            "source": self.source.to_json(),
            "status": self.status,
            "chunks": self.chunks,
            **self.books.to_json(),
            "dates": None if self.dates is None else self.dates.to_json(),
            "rejected": [row.to_json() for row in self.rejected],
        }

    @classmethod
    def from_json(cls, source: Json) -> Self:
        """Raises MessageError naming the first field that cannot be used."""
        json_fields.check_schema_version(source, "summary")
        return cls(
            **run_fields(source),
            books=Books.from_json(source),
            chunks=json_fields.integer(source, "chunks"),
            rejected=[
                RejectedRow.from_json(json_fields.as_object(item, f"rejected[{index}]"))
                for index, item in enumerate(json_fields.array(source, "rejected"))
            ],
            dates=DateCounts.from_field(source),
        )
