"""What is sent between Airflow, SQS and the workers: configurations, chunk messages, manifests.

All types are frozen, know no I/O, and turn into JSON and back. Reading is tolerant of
unknown fields and strict about everything else, so that a malformed message fails alone.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Self

from collage_core import json_fields
from collage_core.date_counts import DateCounts
from collage_core.errors import MessageError
from collage_core.json_fields import SCHEMA_VERSION, Json, shown
from collage_core.run_timestamp import RunTimestamp

CONFIG_BOUNDS = {
    "rows": (1, 20),
    "cols": (1, 20),
    "quality": (1, 100),
    "max_workers": (1, 64),
    "timeout": (1, 300),
    "max_retries": (0, 10),
}
"""What each field of a ProcessingConfig may be. Where cells are larger than usual, so many rows
and columns may be too much for a worker: `CellSize.check_grid` has the limit."""


class Trigger(StrEnum):
    """What asked for the collages; it decides the folder that they are written to."""

    S3 = "s3-trigger"
    SQS = "sqs-trigger"
    MANUAL = "manual"


class CoverRow(NamedTuple):
    """One usable line of a cover CSV. A tuple, as a chunk may have half a million of them.

    `line` counts from 1 at the start of the bytes that were read; `offset` is the byte
    at which the line begins there.
    """

    creator: str
    url: str
    updated_at: datetime | None
    """Aware; None when the CSV's value is empty or cannot be read, which sorts as the oldest."""
    line: int
    offset: int
    is_date_unread: bool = False
    """Whether there is a value, and it cannot be read."""


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One line that cannot be used, and why. `line` and `offset` as in CoverRow."""

    line: int
    reason: str
    offset: int = 0
    creator: str | None = None
    """The creator whose row it was, when that much could be read."""

    def to_json(self) -> dict[str, Any]:
        return {"line": self.line, "reason": self.reason}

    @classmethod
    def from_json(cls, source: Json) -> Self:
        return cls(
            line=json_fields.integer(source, "line", least=1),
            reason=json_fields.text(source, "reason"),
        )


MOST_REJECTED_LINES = 100
"""Rejected lines that a manifest or a summary names: enough to find the fault by."""


@dataclass(frozen=True, slots=True)
class Rejections:
    """The rows of a CSV from outside that never entered a chunk; a few bytes for any number."""

    reasons: Mapping[str, int] = field(default_factory=dict)
    """How many rows were rejected for which reason."""
    creators: int = 0
    """Creators all of whose rows are among these, as far as their names could be read."""
    first: Sequence[RejectedRow] = field(default_factory=list)
    """The first MOST_REJECTED_LINES of them; lines of the CSV as it was handed in."""

    @property
    def rows(self) -> int:
        """All rejected rows."""
        return sum(self.reasons.values())

    def to_json(self) -> dict[str, Any]:
        return {
            "reasons": dict(sorted(self.reasons.items())),
            "creators": self.creators,
            "first": [row.to_json() for row in self.first],
        }

    @classmethod
    def from_json(cls, source: Json) -> Self:
        reasons = json_fields.as_object(source.get("reasons"), "reasons")
        return cls(
            reasons={name: json_fields.integer(reasons, name) for name in reasons},
            creators=json_fields.integer(source, "creators"),
            first=[
                RejectedRow.from_json(json_fields.as_object(item, f"first[{index}]"))
                for index, item in enumerate(json_fields.array(source, "first"))
            ],
        )


@dataclass(frozen=True, slots=True)
class ProcessingConfig:
    """How a chunk is worked on: the grid, the JPEG quality, and how downloads behave."""

    rows: int = 5
    cols: int = 7
    quality: int = 95
    max_workers: int = 8
    """Downloads in flight."""
    timeout: int = 30
    """Seconds for one try, redirects and body included; all tries of a cover get twice that."""
    max_retries: int = 3
    """Tries after the first one."""

    def __post_init__(self) -> None:
        for name, (least, most) in CONFIG_BOUNDS.items():
            json_fields.checked_integer(
                getattr(self, name), f"processing_config.{name}", least=least, most=most
            )

    @property
    def cells(self) -> int:
        """Covers that fit on one collage."""
        return self.rows * self.cols

    def to_json(self) -> dict[str, int]:
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @classmethod
    def from_json(cls, source: Json, *, defaults: "ProcessingConfig | None" = None) -> Self:
        """Fields that are left out are taken from `defaults`."""
        base = (defaults or cls()).to_json()
        return cls(**{name: source.get(name, value) for name, value in base.items()})


@dataclass(frozen=True, slots=True)
class CsvSource:
    """The very bytes that a run works on: an object and its ETag (without quotes)."""

    bucket: str
    key: str
    etag: str

    def to_json(self) -> dict[str, str]:
        return {"bucket": self.bucket, "key": self.key, "etag": self.etag}

    @classmethod
    def from_json(cls, source: Json) -> Self:
        return cls(
            bucket=json_fields.text(source, "bucket"),
            key=json_fields.text(source, "key"),
            etag=json_fields.text(source, "etag").strip('"'),
        )


@dataclass(frozen=True, slots=True)
class Chunk:
    """A byte range of a cover CSV in canonical order that splits no creator."""

    chunk_id: str
    byte_range: tuple[int, int]
    """First and last byte, both inclusive, as in an HTTP Range header; no header line inside."""
    rows: int
    creators: int
    first_line: int
    """The line of the CSV at which the chunk begins; the header is line 1."""

    def to_json(self) -> dict[str, Any]:
        return {
            "chunk_id": self.chunk_id,
            "byte_range": list(self.byte_range),
            "rows": self.rows,
            "creators": self.creators,
            "first_line": self.first_line,
        }

    @classmethod
    def from_json(cls, source: Json) -> Self:
        return cls(
            chunk_id=identifier(source, "chunk_id"),
            byte_range=json_fields.byte_range(source),
            rows=json_fields.integer(source, "rows", least=1),
            creators=json_fields.integer(source, "creators"),
            first_line=json_fields.integer(source, "first_line", least=1),
        )


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
            config=_config(source, defaults),
            output_prefix=output_prefix(source),
            trigger=_trigger(source),
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
            config=_config(source, defaults),
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
    rejected: Rejections = Rejections()
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
            trigger=_trigger(source) or Trigger.SQS,
            source=CsvSource.from_json(json_fields.as_object(source.get("source"), "source")),
            config=_config(source, None),
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


_IDENTIFIER = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,200}")
_PREFIX_SEGMENT = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9!_.*'()-]+")
_LONGEST_PREFIX = 200


def identifier(source: Json, name: str) -> str:
    """A run_id or chunk_id: it becomes a part of keys, so it may not hold a slash or a dot-dot."""
    value = json_fields.text(source, name)
    if not _IDENTIFIER.fullmatch(value):
        raise MessageError(
            f"{name} is {shown(value)}: it may have letters, digits, '.', '_' and '-', "
            "at most 200 of them, and may not begin with a dot"
        )
    return value


def output_prefix(source: Json) -> str:
    """The optional folder below the day; "manual-batch/" and "/manual-batch" are the same."""
    value = source.get("output_prefix", "")
    if value is None:
        return ""
    if isinstance(value, str):
        prefix = value.strip("/")
        segments = prefix.split("/") if prefix else []
        if len(prefix) <= _LONGEST_PREFIX and all(map(_PREFIX_SEGMENT.fullmatch, segments)):
            return prefix
    raise MessageError(
        f"output_prefix is {shown(value)}: it must be a folder like 'manual-batch/', at most "
        f"{_LONGEST_PREFIX} letters, digits and !_.*'()- with single slashes between"
    )


def _config(source: Json, defaults: ProcessingConfig | None) -> ProcessingConfig:
    given = source.get("processing_config", {})
    return ProcessingConfig.from_json(
        json_fields.as_object(given, "processing_config"), defaults=defaults
    )


def _trigger(source: Json) -> Trigger | None:
    value = source.get("trigger")
    if value is None:
        return None
    try:
        return Trigger(value)
    except ValueError:
        raise MessageError(
            f"trigger is {shown(value)}: it must be one of {', '.join(Trigger)}"
        ) from None
