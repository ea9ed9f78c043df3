"""`python -m collage_core.contract docs/schemas`: the JSON Schema of each kind of document.

Types and bounds come from the Structs, descriptions from their docstrings. `make schemas` runs it
after a field has changed. The function's zip does not contain this module.
"""

import ast
import inspect
import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any

import msgspec
from msgspec import Struct

from collage_core.contract.answers import (
    DispatchedRun,
    DroppedMessage,
    QuarantinedUpload,
    SelfCheck,
    SkippedUpload,
    StoppedRun,
)
from collage_core.contract.backfill_budget import BackfillBudget
from collage_core.contract.chunk_at_work import ChunkAtWork
from collage_core.contract.chunks_again import ChunksAgain
from collage_core.contract.collage_metadata import CollageMetadata
from collage_core.contract.conversion import is_required
from collage_core.contract.covers_report import CoversReport
from collage_core.contract.creator_changes import CreatorsReport
from collage_core.contract.document import FLAT, IN_MEMORY
from collage_core.contract.done_upload import DoneUpload
from collage_core.contract.failed_answer import FailedAnswer
from collage_core.contract.failed_message import FailedMessage
from collage_core.contract.failed_upload import FailedUpload
from collage_core.contract.forgotten import Forgotten
from collage_core.contract.manifest import Manifest
from collage_core.contract.message import ChunkMessage, InlineCsvMessage, WholeCsvMessage
from collage_core.contract.pack import ChunkPacks, PackIndex
from collage_core.contract.quarantine_reason import QuarantineReason
from collage_core.contract.receipt import Receipt
from collage_core.contract.run_estimate import RunEstimate
from collage_core.contract.run_record import RecordedCreators
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.statistics import (
    DailyStats,
    MonthlyReport,
    ProcessingLog,
    RebuiltMonth,
)
from collage_core.contract.stop import Stop
from collage_core.contract.summary import RunSummary
from collage_core.contract.upload_run import UploadRun

KINDS: dict[str, type[Struct]] = {
    "chunk_message": ChunkMessage,
    "csv_message": InlineCsvMessage,
    "whole_csv_message": WholeCsvMessage,
    "manifest": Manifest,
    "receipt": Receipt,
    "pack_index": PackIndex,
    "chunk_packs": ChunkPacks,
    "recorded_creators": RecordedCreators,
    "chunks_again": ChunksAgain,
    "run_summary": RunSummary,
    "processing_log": ProcessingLog,
    "daily_stats": DailyStats,
    "monthly_report": MonthlyReport,
    "creators_report": CreatorsReport,
    "covers_report": CoversReport,
    "rebuilt_month": RebuiltMonth,
    "collage_metadata": CollageMetadata,
    "failed_answer": FailedAnswer,
    "quarantine_reason": QuarantineReason,
    "done_upload": DoneUpload,
    "failed_upload": FailedUpload,
    "upload_run": UploadRun,
    "forgotten": Forgotten,
    "failed_message": FailedMessage,
    "chunk_at_work": ChunkAtWork,
    "stop": Stop,
    "run_estimate": RunEstimate,
    "backfill_budget": BackfillBudget,
    "dispatched_run": DispatchedRun,
    "dropped_message": DroppedMessage,
    "stopped_run": StoppedRun,
    "skipped_upload": SkippedUpload,
    "quarantined_upload": QuarantinedUpload,
    "self_check": SelfCheck,
}
"""All kinds of documents, by the name of their file."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(kind: type[Struct]) -> dict[str, Any]:
    """The JSON Schema of documents of this kind."""
    made = msgspec.json.schema(kind, schema_hook=_custom)
    parts = {part.__name__: part for part in _structs(kind)}
    definitions: dict[str, Any] = made["$defs"]
    for name, definition in definitions.items():
        if name in parts:
            _describe(definition, parts[name])
    for definition in definitions.values():
        _flatten(definition, definitions)
    whole = definitions.pop(kind.__name__)
    used = {name: part for name, part in definitions.items() if _refers(name, whole, definitions)}
    return {"$schema": _DIALECT, **whole, **({"$defs": used} if used else {})}


def _custom(kind: type) -> dict[str, Any]:
    if kind is RunTimestamp:
        return {"type": "string", "pattern": RunTimestamp.PATTERN}
    raise NotImplementedError(kind)


def _structs(kind: type[Struct]) -> Iterator[type[Struct]]:
    """A kind of document and all Structs in it."""
    yield kind
    for field in msgspec.structs.fields(kind):
        for part in _structs_of(field.type):
            yield from _structs(part)


def _structs_of(annotation: Any) -> Iterator[type[Struct]]:
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _structs_of(argument)


def _describe(definition: dict[str, Any], kind: type[Struct]) -> None:
    """Add the docstrings, and require the fields that name the kind of document."""
    properties = definition["properties"]
    docstrings, fields = _docstrings(kind), msgspec.structs.fields(kind)
    for field in fields:
        if field.name in docstrings:
            properties[field.encode_name]["description"] = docstrings[field.name]
        if field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
            # As JSON has it; a part that is an object has defaults of its own.
            if default is None or isinstance(default, str | int):
                properties[field.encode_name]["default"] = default
    tag = kind.__struct_config__.tag_field
    if tag is not None:
        properties[tag]["description"] = "The version of the document."
    required = {tag, "processing_type"}
    required |= {field.encode_name for field in fields if is_required(field, kind)}
    definition["required"] = [name for name in properties if name in required]
    if "description" in definition:
        definition["description"] = inspect.cleandoc(definition["description"])


def _docstrings(kind: type[Struct]) -> dict[str, str]:
    """The docstrings below the fields of a class and of its bases, by the field's name."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if issubclass(base, Struct) and base is not Struct:
            (tree,) = ast.parse(dedent(inspect.getsource(base))).body
            found |= _docstrings_in(tree)
    return found


def _docstrings_in(tree: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for field, below in pairwise(tree.body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = " ".join(text.split())
    return found


def _flatten(definition: dict[str, Any], definitions: dict[str, Any]) -> None:
    """Replace a flat field by its own fields, and leave out fields that are never written."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    for name, field in definition.get("properties", {}).items():
        if name == FLAT:
            inner = definitions[field["$ref"].rpartition("/")[2]]
            properties |= inner["properties"]
            required += inner["required"]
        elif not name.startswith(IN_MEMORY):
            properties[name] = field
            required += [name] if name in definition["required"] else []
    if properties:
        definition |= {"properties": properties, "required": required}


def _refers(name: str, whole: Any, definitions: dict[str, Any]) -> bool:
    """Whether the definition is used by the document or by another definition."""
    others = [part for other, part in definitions.items() if other != name]
    return f'"#/$defs/{name}"' in json.dumps([whole, others])


def write_schemas(folder: Path) -> None:
    """Write all schemas into `folder`, one file for each kind."""
    for name, kind in KINDS.items():
        text = json.dumps(schema(kind), ensure_ascii=False, indent=2)
        (folder / f"{name}.json").write_text(f"{text}\n")


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]))
