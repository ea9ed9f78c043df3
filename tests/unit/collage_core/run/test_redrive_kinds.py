"""What a message of the dead-letter queue asks for is known without keeping any of its body."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.contract.document import to_json
from collage_core.layout import keys
from collage_core.run.ingest import message_run_id
from collage_core.run.redrive_kinds import Asked, Kind
from tests.support.runs import plan

MANIFEST = plan([{"ana": 2}])
CHUNK = to_json(MANIFEST.message(MANIFEST.chunks[0]))
INLINE = {"processing_type": "csv_data", "csv_data": "creator_name,cover_url\nana,https://c/1?s=1"}
NAMED = {"processing_type": "csv_s3", "bucket": "b", "key": "manual-uploads/mine.csv"}
EVENT = {"Records": [{"eventSource": "aws:s3", "s3": {}}]}


def given_up(event: Any, **context: Any) -> str:
    """What Lambda sends to the destination for failed events."""
    return json.dumps({"requestContext": context, "requestPayload": event})


@pytest.mark.parametrize(
    ("body", "kind", "run_id"),
    [
        (json.dumps(CHUNK), Kind.CHUNK, "monthly-1"),
        (json.dumps(INLINE), Kind.INLINE_CSV, message_run_id(json.dumps(INLINE))),
        (json.dumps(NAMED), Kind.NAMED_CSV, None),
        (json.dumps(EVENT), Kind.EVENT, None),
        (given_up(EVENT), Kind.EVENT, None),
        (given_up(CHUNK, requestId="8c5e"), Kind.CHUNK, "monthly-1"),
        (given_up(INLINE, requestId="8c5e"), Kind.INLINE_CSV, "manual-8c5e"),
        (given_up(INLINE), Kind.INLINE_CSV, None),
        (given_up(INLINE, requestId="../../x\n"), Kind.INLINE_CSV, None),
        (given_up(NAMED, requestId="8c5e"), Kind.NAMED_CSV, None),
        (given_up({}), Kind.UNKNOWN, None),
        (given_up("text"), Kind.UNKNOWN, None),
        (json.dumps({**CHUNK, "rows": 0}), Kind.UNKNOWN, None),
        (json.dumps({**CHUNK, "run_id": "../x"}), Kind.UNKNOWN, None),
        ('{"processing_type": "csv_s3", "schema_version": 2}', Kind.UNKNOWN, None),
        ("no json at all", Kind.UNKNOWN, None),
        ("[" * 100_000, Kind.UNKNOWN, None),
    ],
)
def test_a_message_is_known_by_its_kind_and_its_run(
    body: str, kind: Kind, run_id: str | None
) -> None:
    asked = Asked.of(body)
    assert (asked.kind, asked.run_id) == (kind, run_id)
    assert (asked.chunk is not None) == (kind is Kind.CHUNK)


def test_the_documents_about_its_failure_are_known() -> None:
    body = given_up(CHUNK)
    by_body = keys.failed_message(message_run_id(body), None)
    by_chunk = keys.failed_message("monthly-1", MANIFEST.chunks[0].chunk_id)
    assert Asked.of(body).failed == (by_chunk, by_body)
    assert Asked.of(json.dumps(NAMED)).failed == (
        keys.failed_message(message_run_id(json.dumps(NAMED)), None),
    )


@given(st.text() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_rubbish_of_any_form_is_of_an_unknown_kind(body: str) -> None:
    assert Asked.of(body) == Asked(Kind.UNKNOWN)
