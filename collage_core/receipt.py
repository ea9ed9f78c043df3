"""What is written when work is done: a worker's receipt per chunk, and a run's summary."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from collage_core import json_fields
from collage_core.books import Books, RowCounts
from collage_core.contract import CsvSource, RejectedRow, Trigger, identifier
from collage_core.date_counts import DateCounts
from collage_core.errors import MessageError
from collage_core.json_fields import SCHEMA_VERSION, Json, shown
from collage_core.run_timestamp import RunTimestamp


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
            **_run_fields(source),
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
            **_run_fields(source),
            books=Books.from_json(source),
            chunks=json_fields.integer(source, "chunks"),
            rejected=[
                RejectedRow.from_json(json_fields.as_object(item, f"rejected[{index}]"))
                for index, item in enumerate(json_fields.array(source, "rejected"))
            ],
            dates=DateCounts.from_field(source),
        )


def _run_fields(source: Json) -> dict[str, Any]:
    trigger = json_fields.text(source, "trigger")
    if trigger not in Trigger:
        raise MessageError(f"trigger is {shown(trigger)}: it must be one of {', '.join(Trigger)}")
    return {
        "run_id": identifier(source, "run_id"),
        "run_timestamp": RunTimestamp.parse(source.get("run_timestamp")),
        "trigger": Trigger(trigger),
        "source": CsvSource.from_json(json_fields.as_object(source.get("source"), "source")),
    }
