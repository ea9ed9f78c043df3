"""What a worker writes of a chunk."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from collage_core.contract import json_fields
from collage_core.contract.books import Books, RowCounts
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.date_counts import DateCounts
from collage_core.contract.identifiers import identifier
from collage_core.contract.json_fields import SCHEMA_VERSION, Json, shown
from collage_core.contract.rejected import RejectedRow
from collage_core.contract.run_fields import run_fields
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.errors import MessageError


class Outcome(StrEnum):
    """What became of a creator: every selected cover placed, some of them, or none."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CreatorResult:
    """One creator's end: one line of `batch_results_YYYYMMDD.csv`."""

    creator: str
    outcome: Outcome
    rows: RowCounts
    collage_key: str | None
    """Key in the output bucket; None when nothing could be placed."""

    def to_json(self) -> dict[str, Any]:
        return {
            "creator": self.creator,
            "outcome": self.outcome.value,
            "rows": self.rows.to_json(),
            "collage_key": self.collage_key,
        }

    @classmethod
    def from_json(cls, source: Json) -> Self:
        outcome, key = json_fields.text(source, "outcome"), source.get("collage_key")
        if outcome not in Outcome:
            raise MessageError(
                f"outcome is {shown(outcome)}: it must be one of {', '.join(Outcome)}"
            )
        return cls(
            creator=json_fields.text(source, "creator"),
            outcome=Outcome(outcome),
            rows=RowCounts.from_json(json_fields.as_object(source.get("rows"), "rows")),
            collage_key=None if key is None else json_fields.text(source, "collage_key"),
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a worker writes last: every row of its chunk accounted for.

    When time ran out it accounts for the rows before `resume_at` only, is kept under the
    chunk's partial key, and the next worker adds its own to it.
    """

    run_id: str
    run_timestamp: RunTimestamp
    trigger: Trigger
    source: CsvSource
    chunk_id: str
    byte_range: tuple[int, int]
    books: Books
    results: Sequence[CreatorResult]
    rejected: Sequence[RejectedRow]
    """Lines count from 1 at the chunk's first byte; the manifest's `first_line` places them."""
    resume_at: int | None = None
    """The byte of the CSV at which the unfinished rest begins; None when all is done."""
    lines: int = 0
    """Lines of the CSV that are accounted for: those of the rest count on from here."""
    dates: DateCounts | None = None
    """Dates of the chunk's usable rows; None in a receipt of a release that did not count them."""

    def to_json(self) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "run_id": self.run_id,
            "run_timestamp": str(self.run_timestamp),
            "trigger": self.trigger.value,
            "source": self.source.to_json(),
            "chunk_id": self.chunk_id,
            "byte_range": list(self.byte_range),
            **self.books.to_json(),
            "results": [result.to_json() for result in self.results],
            "rejected": [row.to_json() for row in self.rejected],
            "resume_at": self.resume_at,
            "lines": self.lines,
            "dates": None if self.dates is None else self.dates.to_json(),
        }

    @classmethod
    def from_json(cls, source: Json) -> Self:
        """Raises MessageError naming the first field that cannot be used."""
        json_fields.check_schema_version(source, "receipt")
        resume_at = source.get("resume_at")
        return cls(
            **run_fields(source),
            chunk_id=identifier(source, "chunk_id"),
            byte_range=json_fields.byte_range(source),
            books=Books.from_json(source),
            results=[
                CreatorResult.from_json(json_fields.as_object(item, f"results[{index}]"))
                for index, item in enumerate(json_fields.array(source, "results"))
            ],
            rejected=[
                RejectedRow.from_json(json_fields.as_object(item, f"rejected[{index}]"))
                for index, item in enumerate(json_fields.array(source, "rejected"))
            ],
            resume_at=None if resume_at is None else json_fields.integer(source, "resume_at"),
            lines=json_fields.integer(source, "lines") if "lines" in source else 0,
            dates=DateCounts.from_field(source),
        )
