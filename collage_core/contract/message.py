"""What is sent to a worker: one chunk, or a small CSV."""

import json
from dataclasses import dataclass
from typing import Any, Self

from collage_core.contract import json_fields
from collage_core.contract.config import ProcessingConfig, config_field
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.identifiers import identifier, output_prefix
from collage_core.contract.json_fields import SCHEMA_VERSION, Json, shown
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger, trigger_field
from collage_core.errors import MessageError


@dataclass(frozen=True, slots=True)
class ChunkMessage:
    """The `csv_s3` message: one chunk to work on. About 500 bytes as JSON."""

    run_id: str
    run_timestamp: RunTimestamp
    source: CsvSource
    chunk_id: str
    byte_range: tuple[int, int]
    rows: int
    creators: int
    config: ProcessingConfig
    output_prefix: str
    trigger: Trigger | None = None
    """None: whoever receives it decides, SQS as `sqs-trigger`, an invocation as `manual`."""

    def to_json(self) -> dict[str, Any]:
        message: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "processing_type": "csv_s3",
            "run_id": self.run_id,
            "chunk_id": self.chunk_id,
            **self.source.to_json(),
            "byte_range": list(self.byte_range),
            "rows": self.rows,
            "creators": self.creators,
            "run_timestamp": str(self.run_timestamp),
            "processing_config": self.config.to_json(),
            "output_prefix": self.output_prefix,
        }
        if self.trigger is not None:
            message["trigger"] = self.trigger.value
        return message

    @classmethod
    def from_json(cls, source: Json, *, defaults: ProcessingConfig | None = None) -> Self:
        """Raises MessageError naming the first field that cannot be used."""
        json_fields.check_schema_version(source, "chunk message")
        return cls(
            run_id=identifier(source, "run_id"),
            run_timestamp=RunTimestamp.parse(source.get("run_timestamp")),
            source=CsvSource.from_json(source),
            chunk_id=identifier(source, "chunk_id"),
            byte_range=json_fields.byte_range(source),
            rows=json_fields.integer(source, "rows", least=1),
            creators=json_fields.integer(source, "creators"),
            config=config_field(source, defaults),
            output_prefix=output_prefix(source),
            trigger=trigger_field(source),
        )


@dataclass(frozen=True, slots=True)
class InlineCsvMessage:
    """The `csv_data` message: a small CSV from outside, carried in the message itself."""

    csv_data: str
    config: ProcessingConfig
    output_prefix: str

    @classmethod
    def from_json(cls, source: Json, *, defaults: ProcessingConfig | None = None) -> Self:
        """Raises MessageError naming the first field that cannot be used."""
        if "schema_version" in source:
            json_fields.check_schema_version(source, "csv_data message")
        return cls(
            csv_data=json_fields.text(source, "csv_data", show=json_fields.described),
            config=config_field(source, defaults),
            output_prefix=output_prefix(source),
        )


def parse_message(
    body: str | Json, *, defaults: ProcessingConfig | None = None
) -> ChunkMessage | InlineCsvMessage:
    """A message body, as JSON text or already parsed, by its `processing_type`.

    Raises MessageError for text that is no JSON, an unknown type, a newer schema version
    or a field that cannot be used.
    """
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise MessageError(f"message body is no JSON ({error}): send a JSON object") from error
    source = json_fields.as_object(body, "message body", show=json_fields.described)
    match source.get("processing_type"):
        case "csv_s3":
            return ChunkMessage.from_json(source, defaults=defaults)
        case "csv_data":
            return InlineCsvMessage.from_json(source, defaults=defaults)
        case other:
            raise MessageError(
                f"processing_type is {shown(other)}: this release knows 'csv_s3' and 'csv_data'"
            )
