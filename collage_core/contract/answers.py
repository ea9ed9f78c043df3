"""Answers of the function that are not documents of a run."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from collage_core.contract.document import SCHEMA_VERSION, Document
from collage_core.contract.fields import Count, Positive, Text
from collage_core.contract.identifiers import Identifier
from collage_core.contract.run_timestamp import RunTimestamp


class TotalRows(Struct, frozen=True):
    """The rows of a run in progress."""

    total: Count
    """Its rows."""


class DispatchedRun(Document, frozen=True, kw_only=True):
    """A run whose chunks were sent to the queue; the worker of the last receipt closes it."""

    run_id: Identifier
    """The run."""
    run_timestamp: RunTimestamp
    """The run's second."""
    status: Literal["dispatched"] = "dispatched"
    """The state of the run."""
    rows: TotalRows
    """Its rows."""
    chunks: Count
    """How many chunks it has, each with a message of its own."""


class SkippedUpload(Struct, frozen=True, kw_only=True):
    """An uploaded object that is ignored."""

    bucket: Text
    """Its bucket."""
    key: Text
    """Its key."""
    status: Literal["skipped"] = "skipped"
    """What became of it."""
    detail: str
    """Why."""


class QuarantinedUpload(Struct, frozen=True, kw_only=True):
    """An uploaded CSV that was refused."""

    bucket: Text
    """Its bucket."""
    key: Text
    """Its key when it was uploaded."""
    status: Literal["quarantined"] = "quarantined"
    """What became of it."""
    moved_to: Text
    """Its new key."""
    detail: str
    """What is wrong with it, and how to fix it."""


class DroppedMessage(Document, frozen=True, kw_only=True):
    """A chunk message that asks for nothing any more. The answer is kept in the temp bucket."""

    run_id: Identifier
    """The run."""
    chunk_id: Identifier
    """The chunk, which is in no plan of the run any more."""
    status: Literal["dropped"] = "dropped"
    """What became of the message."""
    detail: Text
    """Why."""


class StoppedRun(Document, frozen=True, kw_only=True):
    """The answer of a worker that ended, or did not begin, because its run is stopped."""

    run_id: Identifier
    """The run."""
    status: Literal["stopped"] = "stopped"
    """The state of the run."""
    detail: Text
    """Who stopped it, and how to go on."""


class SelfCheck(Struct, frozen=True, kw_only=True):
    """The answer to `{}`."""

    ok: bool
    """Whether the buckets and the queue answer."""
    version: str
    """The release."""
    schema_version: Literal[1] = SCHEMA_VERSION
    """The version of the documents that it writes and reads."""
    settings: Any
    """The settings as the function has read them, by their names in lower case."""
    buckets: Mapping[str, str]
    """The word `reachable`, or a line that says what is wrong, by bucket."""
    queue: str
    """The same for the queue."""
    timeout_seconds: Positive | None = None
    """How long an invocation may take; null in answers of releases that did not say so."""
