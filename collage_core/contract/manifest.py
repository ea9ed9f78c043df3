"""A run's plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from collage_core.contract import json_fields
from collage_core.contract.chunk import Chunk
from collage_core.contract.config import ProcessingConfig, config_field
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.date_counts import DateCounts
from collage_core.contract.identifiers import identifier, output_prefix
from collage_core.contract.json_fields import SCHEMA_VERSION, Json
from collage_core.contract.message import ChunkMessage
from collage_core.contract.rejected import NOTHING_REJECTED, Rejections
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger, trigger_field
from collage_core.errors import MessageError


@dataclass(frozen=True, slots=True)
class Manifest:
    """A run's plan, written once: the CSV's identity, its chunks, and how to work on them."""

    run_id: str
    run_timestamp: RunTimestamp
    trigger: Trigger
    source: CsvSource
    config: ProcessingConfig
    output_prefix: str
    chunks: Sequence[Chunk]
    rejected: Rejections = NOTHING_REJECTED
    origin: CsvSource | None = None
    """The uploaded CSV that `source` is the ordered copy of; None when there is no such object."""
    dates: DateCounts | None = None
    """How the dates of a CSV from outside were read. None for a CSV of the DAG: workers count."""

    @property
    def rows(self) -> int:
        """All rows of the run: those in chunks and those rejected before."""
        return sum(chunk.rows for chunk in self.chunks) + self.rejected.rows

    @property
    def creators(self) -> int:
        """All creators of the run: each is in exactly one chunk or has rejected rows alone."""
        return sum(chunk.creators for chunk in self.chunks) + self.rejected.creators

    def message(self, chunk: Chunk) -> ChunkMessage:
        """The message that asks for `chunk`."""
        return ChunkMessage(
            run_id=self.run_id,
            run_timestamp=self.run_timestamp,
            source=self.source,
            chunk_id=chunk.chunk_id,
            byte_range=chunk.byte_range,
            rows=chunk.rows,
            creators=chunk.creators,
            config=self.config,
            output_prefix=self.output_prefix,
            trigger=self.trigger,
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "run_id": self.run_id,
            "run_timestamp": str(self.run_timestamp),
            "trigger": self.trigger.value,
            "source": self.source.to_json(),
            "rows": self.rows,
            "creators": self.creators,
            "processing_config": self.config.to_json(),
            "output_prefix": self.output_prefix,
            "chunks": [chunk.to_json() for chunk in self.chunks],
            "rejected": self.rejected.to_json(),
            "origin": None if self.origin is None else self.origin.to_json(),
            "dates": None if self.dates is None else self.dates.to_json(),
        }

    @classmethod
    def from_json(cls, source: Json) -> Self:
        """Raises MessageError on another shape, or when rows do not add up to `rows`."""
        json_fields.check_schema_version(source, "manifest")
        chunks = [
            Chunk.from_json(json_fields.as_object(item, f"chunks[{index}]"))
            for index, item in enumerate(json_fields.array(source, "chunks"))
        ]
        origin = source.get("origin")
        manifest = cls(
            run_id=identifier(source, "run_id"),
            run_timestamp=RunTimestamp.parse(source.get("run_timestamp")),
            trigger=trigger_field(source) or Trigger.SQS,
            source=CsvSource.from_json(json_fields.as_object(source.get("source"), "source")),
            config=config_field(source, None),
            output_prefix=output_prefix(source),
            chunks=chunks,
            rejected=Rejections.from_json(
                json_fields.as_object(source.get("rejected"), "rejected")
            ),
            origin=(
                None
                if origin is None
                else CsvSource.from_json(json_fields.as_object(origin, "origin"))
            ),
            dates=DateCounts.from_field(source),
        )
        if manifest.rows != json_fields.integer(source, "rows"):
            raise MessageError(
                f"rows is {source['rows']}, but the chunks and rejected rows of this manifest "
                f"add up to {manifest.rows}: write the manifest again by running extract again"
            )
        return manifest
