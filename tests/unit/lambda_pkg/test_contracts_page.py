"""What docs/contracts.md says of the function's answers is what the function answers."""

import re
from typing import Any

import pytest

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from collage_core.run.ingest import INLINE_ROWS
from tests.support import contracts_page
from tests.support.lambda_world import HEADER, TIMESTAMP, World, sqs_event, sqs_record

KEY = "csv-files/2026/10/05/mine.csv"


def agrees(heading: str, answer: Any) -> bool:
    named = contracts_page.names(heading)
    return sorted(named) == sorted(contracts_page.fields(answer, named))


def test_the_self_check_has_the_fields_of_the_contract(world: World) -> None:
    assert agrees("The self-check", world.invoke({}))


def test_a_run_that_is_dispatched_has_the_fields_of_the_contract(world: World) -> None:
    rows = world.csv({"ana": INLINE_ROWS + 1}, path="404")
    answer = world.invoke({"processing_type": "csv_data", "csv_data": rows})
    assert agrees("A run that is dispatched", answer)


def test_the_contract_says_how_many_rows_are_worked_on_at_once() -> None:
    assert f"Up to {INLINE_ROWS:,} rows" in contracts_page.section("From outside")


@pytest.mark.parametrize(
    ("status", "text", "metadata"),
    [("skipped", HEADER, {"dispatch": "sqs"}), ("quarantined", "no header", {})],
)
def test_what_became_of_an_upload_is_said_in_the_fields_of_the_contract(
    world: World, status: str, text: str, metadata: dict[str, str]
) -> None:
    (answer,) = world.invoke(world.upload(KEY, text, **metadata))["files"]
    (named,) = (further for name, further in contracts_page.rows("An upload") if status in name)
    assert answer["status"] == status
    fields = {"bucket", "key", "status", *re.findall(r"`(\w+)`", named)}
    assert fields == answer.keys()


def test_a_refused_csv_has_its_reason_beside_it_as_in_the_contract(world: World) -> None:
    world.invoke(world.upload(KEY, "no header"))
    key = keys.quarantine_reason(KEY, RunTimestamp.parse(TIMESTAMP))
    assert agrees("From outside", world.document(world.settings.input_bucket, key))


def test_a_csv_that_is_done_has_a_document_beside_it_as_in_the_contract(world: World) -> None:
    world.invoke(world.upload(KEY, world.csv({"ana": 2})))
    key = keys.done_upload(KEY, RunTimestamp.parse(TIMESTAMP))
    assert agrees("A CSV that is done", world.document(world.settings.input_bucket, key))


def test_a_message_that_failed_has_a_document_as_in_the_contract(world: World) -> None:
    world.invoke(sqs_event(sqs_record("no json")))
    (key,) = world.keys(world.settings.temp_bucket)
    left_out = {"final": True, "under_way": []}
    document = world.document(world.settings.temp_bucket, key)
    assert agrees("A message that failed", {**left_out, **document})
