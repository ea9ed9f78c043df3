"""What is sent to a worker: one chunk, a small CSV, or the name of a whole CSV."""

import json
from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct, field, to_builtins

from collage_core.contract.cell_size import CellSizeName
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.document import FLAT, SCHEMA_VERSION, Document, Json, always, to_json
from collage_core.contract.fields import (
    SECRET,
    ByteRange,
    Count,
    Positive,
    Rate,
    Sha256,
    Text,
    check_byte_range,
)
from collage_core.contract.identifiers import Identifier, OutputPrefix, clean_prefix
from collage_core.contract.options import OPTIONS
from collage_core.contract.reading import check_version, parse, read
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.contract.window import Window
from collage_core.contract.wording import shown
from collage_core.errors import MessageError, SettingError
from collage_core.hosts.host_limits import HostLimits


class ChunkMessage(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The `csv_s3` message: one chunk to work on. About 700 bytes as JSON."""

    processing_type: Literal["csv_s3"] = always("csv_s3")
    """The kind of message."""
    run_id: Identifier
    """The run."""
    chunk_id: Identifier
    """The chunk: a digest of its rows and of what is made of them."""
    source: CsvSource = field(name=FLAT)
    """The CSV."""
    byte_range: ByteRange
    """First and last byte of the chunk, both inclusive; the header is in no chunk."""
    rows: Positive
    """Rows in it."""
    creators: Count
    """Creators in it."""
    run_timestamp: RunTimestamp
    """The run's second, in the keys of all that it writes."""
    config: ProcessingConfig = field(name="processing_config", default_factory=ProcessingConfig)
    """How to work on it; what is left out is the function's own setting, or for how the collages
    look the default below."""
    output_prefix: OutputPrefix = always("")
    """The folder of its collages below the day's."""
    trigger: Trigger | None = None
    """None: the receiver decides, `sqs-trigger` for SQS, `manual` for an invocation."""
    window: Window | None = None
    """The window of the run's covers; None for a CSV from outside."""
    rows_sha256: Sha256 | None = None
    """The SHA-256 of the chunk's bytes, which a worker checks. Left out: the CSV must have the ETag
    of the message."""
    cell_size: CellSizeName | None = None
    """The size of the cells; left out: the function's own setting."""
    covers_per_creator: Positive | None = None
    """The most covers that are placed for one creator; left out: the function's own setting."""
    by_creator_copies: bool | None = None
    """Whether each collage is filed under its creator as well; left out: the function's own
    setting."""
    keep_only: bool = False
    """Whether its covers are only kept in packs, and nothing is made of them. Left out: collages
    are made."""
    host_limits: Mapping[Text, Rate] | None = None
    """The most requests per second to some hosts, by host or glob: the share of the one worker
    that works on this chunk. Left out: a share of the function's own setting."""

    def __post_init__(self) -> None:
        check_byte_range(self.byte_range)
        try:
            HostLimits(self.host_limits)
        except SettingError as error:
            raise MessageError(f"host_limits cannot be used: {error}") from error


class InlineCsvMessage(Struct, frozen=True, kw_only=True):
    """The `csv_data` message: a small CSV from outside, carried in the message itself."""

    schema_version: Literal[1] = SCHEMA_VERSION
    """The version of the message; may be left out."""
    processing_type: Literal["csv_data"] = "csv_data"
    """The kind of message."""
    csv_data: Annotated[str, Meta(min_length=1, extra={SECRET: True})]
    """The text of the CSV, header included."""
    config: ProcessingConfig = field(name="processing_config", default_factory=ProcessingConfig)
    """How to work on it; what is left out is the function's own setting."""
    output_prefix: OutputPrefix = ""
    """The folder of its collages below the day's."""


class WholeCsvMessage(Struct, frozen=True, kw_only=True):
    """The `csv_s3` message without a byte range: a CSV from outside that waits in a bucket."""

    schema_version: Literal[1] = SCHEMA_VERSION
    """The version of the message; may be left out."""
    processing_type: Literal["csv_s3"] = "csv_s3"
    """The kind of message."""
    bucket: Text
    """The input bucket."""
    key: Text
    """The CSV's key there."""
    config: ProcessingConfig = field(name="processing_config", default_factory=ProcessingConfig)
    """How to work on it; what is left out is the function's own setting."""
    output_prefix: OutputPrefix = ""
    """The folder of its collages below `collages/manual/`."""


_OF_A_CHUNK = {"byte_range", "chunk_id", "run_id"}
"""A message with any of these asks for a chunk, and must have all of a chunk's fields."""


def parse_message(
    body: str | Json, *, defaults: ProcessingConfig | None = None
) -> ChunkMessage | InlineCsvMessage | WholeCsvMessage:
    """Read a message body, as JSON text or already parsed, by its `processing_type`.

    Fields of the configuration that are left out are taken from `defaults`; in a chunk message,
    that does not hold for PictureOptions. Raises MessageError for text that is not JSON, an unknown
    type, another schema version or a wrong field.
    """
    source = dict(parse(body, "message body"))
    ours = to_builtins(defaults or ProcessingConfig())
    match source.get("processing_type"):
        case "csv_s3" if _OF_A_CHUNK.isdisjoint(source):
            return _completed(source, ours, WholeCsvMessage)
        case "csv_s3":
            # How its collages look is part of the message: it may be older than the settings.
            ours = {name: value for name, value in ours.items() if not OPTIONS[name].of_picture}
            return _completed(source, ours, ChunkMessage)
        case "csv_data":
            return _completed(source, ours, InlineCsvMessage)
        case other:
            raise MessageError(
                f"processing_type is {shown(other)}: this release knows 'csv_s3' and 'csv_data'"
            )


def message_body(message: ChunkMessage) -> str:
    """The message as it is sent: JSON in one line."""
    return json.dumps(to_json(message), separators=(",", ":"))


def _completed[T: Struct](source: Json, config: Json, kind: type[T]) -> T:
    """A message, with `config` for what it leaves out."""
    check_version(source, kind)  # before anything is said about the prefix
    completed = {**source, "output_prefix": clean_prefix(source.get("output_prefix"))}
    given = source.get("processing_config", {})
    if isinstance(given, Mapping):
        completed["processing_config"] = {**config, **given}
    return read(completed, kind)
