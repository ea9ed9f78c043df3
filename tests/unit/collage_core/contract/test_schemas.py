"""`docs/schemas/` has the JSON Schema of every kind of document, as the code has it now."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from collage_core.contract.__main__ import KINDS, write_schemas
from collage_core.contract.options import OPTIONS
from tests.support import contracts_page

FOLDER = Path(__file__).parents[4] / "docs" / "schemas"
WRITTEN = Path(__file__).parent / "written_before"

KIND_OF = {
    "message": "chunk_message",
    "message_without_trigger": "chunk_message",
    "manifest": "manifest",
    "manifest_of_no_rows": "manifest",
    "receipt": "receipt",
    "receipt_partial": "receipt",
    "receipt_without_dates": "receipt",
    "receipt_with_reasons": "receipt",
    "summary": "run_summary",
    "summary_of_no_rows": "run_summary",
    "summary_of_a_failed_run": "run_summary",
    "processing_log": "processing_log",
    "daily_stats": "daily_stats",
    "monthly_report": "monthly_report",
    "monthly_report_of_no_runs": "monthly_report",
    "metadata": "collage_metadata",
    "metadata_without_collage": "collage_metadata",
    "failed_answer": "failed_answer",
    "failed_answer_without_body": "failed_answer",
    "quarantine_reason": "quarantine_reason",
    "done_upload": "done_upload",
    "failed_message": "failed_message",
    "failed_message_without_chunk": "failed_message",
    "self_check": "self_check",
    "dispatched": "dispatched_run",
    "upload_dispatched": "dispatched_run",
    "upload_summary": "run_summary",
    "upload_skipped": "skipped_upload",
    "upload_quarantined": "quarantined_upload",
}


def validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((FOLDER / f"{kind}.json").read_text()))


def written(name: str) -> Any:
    return json.loads((WRITTEN / f"{name}.json").read_text())


def test_the_schemas_are_those_of_the_code(tmp_path: Path) -> None:
    write_schemas(tmp_path)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    stored = {path.name: path.read_text() for path in FOLDER.iterdir()}
    assert made == stored, "run `make schemas`"


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_valid_and_describes_every_field(kind: str) -> None:
    schema = validator(kind).schema
    Draft202012Validator.check_schema(schema)
    objects = [schema, *schema.get("$defs", {}).values()]
    fields = [field for item in objects for field in item.get("properties", {}).items()]
    assert [name for name, field in fields if not field.get("description")] == []
    assert all(item["description"] and item["title"] for item in objects)


def test_every_document_that_was_written_has_a_schema() -> None:
    assert {path.stem for path in WRITTEN.glob("*.json")} == KIND_OF.keys()


@pytest.mark.parametrize("name", KIND_OF)
def test_what_was_written_follows_its_schema(name: str) -> None:
    validator(KIND_OF[name]).validate(written(name))


@pytest.mark.parametrize("name", KIND_OF)
def test_every_field_that_was_written_is_in_the_schema(name: str) -> None:
    beyond = {"bucket", "key"} if name.startswith("upload_") else set()
    assert written(name).keys() - beyond <= validator(KIND_OF[name]).schema["properties"].keys()


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("A chunk", "chunk_message"),
        ("A CSV in the message", "csv_message"),
        ("A whole CSV", "whole_csv_message"),
    ],
)
def test_the_examples_of_the_contracts_follow_their_schema(heading: str, kind: str) -> None:
    for example in contracts_page.examples(heading):
        validator(kind).validate(example)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("message", "schema_version", 2),
        ("message", "processing_type", "csv_data"),
        ("message", "run_id", "a/b"),
        ("message", "run_id", "ab\n"),
        ("message", "chunk_id", ".hidden"),
        ("message", "byte_range", [1]),
        ("message", "byte_range", [-1, 4]),
        ("message", "rows", 0),
        ("message", "rows", True),
        ("message", "run_timestamp", "2026-10-01"),
        ("message", "run_timestamp", "20261001_000000\n"),
        ("message", "output_prefix", "../up"),
        ("message", "output_prefix", "a//b"),
        ("message", "output_prefix", "up\n"),
        ("message", "trigger", "cron"),
        ("summary", "reasons", {"bored": 1}),
        ("summary", "rows", {}),
        ("summary", "status", "fine"),
        ("receipt", "seconds", {"total": -1}),
        ("daily_stats", "day", "2026-10-01"),
        ("daily_stats", "day", "20261001\n"),
        ("monthly_report", "month", "202610\n"),
        *(
            ("message", "processing_config", {name: beyond})
            for name, option in OPTIONS.items()
            if option.kind is int
            for beyond in (option.least - 1, option.most + 1, "1", True)
        ),
        *(
            ("message", "processing_config", {name: value})
            for name, value in [
                ("trim", 1),
                ("fit", "cover"),
                ("background", "red"),
                ("background", "#eeeeec\n"),
                ("title", "{name}"),
                ("title", "two\nlines"),
                ("title", "x" * 121),
                ("format", None),
            ]
        ),
    ],
)
def test_what_the_code_refuses_the_schema_refuses(name: str, field: str, value: object) -> None:
    assert not validator(KIND_OF[name]).is_valid(written(name) | {field: value})


@pytest.mark.parametrize("name", KIND_OF)
def test_a_field_that_is_required_may_not_be_missing(name: str) -> None:
    for field in validator(KIND_OF[name]).schema["required"]:
        document = written(name)
        del document[field]
        assert not validator(KIND_OF[name]).is_valid(document)


def test_a_message_says_its_kind_and_its_version() -> None:
    required = validator("chunk_message").schema["required"]
    assert required[:2] == ["schema_version", "processing_type"]
    assert validator("csv_message").schema["required"] == ["processing_type", "csv_data"]
