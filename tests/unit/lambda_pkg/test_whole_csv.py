"""A CSV that waits in manual-uploads/, and the message that names it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from collage_core.errors import MessageError
from collage_core.layout import keys
from tests.support.lambda_world import (
    HEADER,
    NOTHING_FAILED,
    TIMESTAMP,
    World,
    failed,
    sqs_event,
    sqs_record,
)

KEY = "manual-uploads/mine.csv"
ARCHIVED = f"archived/2026/processed_files/manual-uploads/mine_{TIMESTAMP}.csv"


def message(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "processing_type": "csv_s3",
        "bucket": world.settings.input_bucket,
        "key": KEY,
        "processing_config": {"rows": 2, "cols": 2},
        "output_prefix": "mine",
        **changes,
    }


def put(world: World, text: str, key: str = KEY) -> None:
    """Upload a CSV; nobody is told of it."""
    world.put(world.settings.input_bucket, key, text)


def send(world: World, body: dict[str, Any]) -> Any:
    return world.invoke(sqs_event(sqs_record(body)))


def results(world: World) -> list[str]:
    return world.keys(world.settings.output_bucket)


def test_an_upload_waits_and_the_message_that_names_it_makes_its_collages(world: World) -> None:
    event = world.upload(KEY, world.csv({"ana": 2, "bo": 1}))
    (answer,) = world.invoke(event)["files"]
    assert answer["status"] == "skipped"
    assert "cover_collage_manual or a csv_s3 message names it" in answer["detail"]
    assert world.keys(world.settings.input_bucket) == [KEY]
    assert results(world) == []

    assert send(world, message(world)) == NOTHING_FAILED
    assert world.keys(world.settings.output_bucket, "collages/manual/") == [
        f"collages/manual/mine/ana_collage_{TIMESTAMP}.jpg",
        f"collages/manual/mine/bo_collage_{TIMESTAMP}.jpg",
    ]
    assert world.summary()["trigger"] == "manual"
    assert world.summary()["source"]["key"] == KEY
    assert world.summary()["rows"]["placed"] == 3
    assert world.keys(world.settings.input_bucket) == [ARCHIVED, f"{ARCHIVED}.done.json"]


def test_a_direct_invocation_answers_with_the_summary(world: World) -> None:
    put(world, world.csv({"ana": 1}))
    answer = world.invoke(message(world))
    assert (answer["status"], answer["rows"]["placed"]) == ("complete", 1)
    assert world.keys(world.settings.input_bucket, "manual-uploads/") == []


def test_the_same_message_is_one_run_also_when_its_csv_is_archived(world: World) -> None:
    put(world, world.csv({"ana": 1}))
    send(world, message(world))
    before, summary = results(world), world.summary()
    world.covers.requests.clear()
    for _ in range(2):
        assert send(world, message(world)) == NOTHING_FAILED
    assert world.invoke(message(world)) == summary
    assert (results(world), world.summary()) == (before, summary)
    assert not world.covers.requests


@pytest.mark.parametrize(
    "changes", [{"processing_config": {"rows": 1}}, {"output_prefix": "other"}], ids=str
)
def test_another_configuration_or_folder_is_another_run_and_wants_the_csv_again(
    world: World, changes: dict[str, Any]
) -> None:
    put(world, world.csv({"ana": 1}))
    send(world, message(world))
    assert send(world, message(world, **changes)) == failed("m-1")
    put(world, world.csv({"ana": 1}))
    assert send(world, message(world, **changes)) == NOTHING_FAILED
    assert len(world.keys(world.settings.output_bucket, "collages/manual/")) == 2


def test_a_file_that_is_uploaded_again_is_another_run_even_with_the_same_bytes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(world, world.csv({"ana": 1}))
    send(world, message(world))
    put(world, world.csv({"ana": 1}))
    head = type(world.services.store).head

    def a_week_later(store: Any, bucket: str, key: str) -> Any:
        found = head(store, bucket, key)
        return found and replace(found, written=found.written + timedelta(days=7))

    monkeypatch.setattr(type(world.services.store), "head", a_week_later)
    assert send(world, message(world)) == NOTHING_FAILED
    assert len(world.keys(world.settings.output_bucket, "collages/manual/")) == 2
    assert world.keys(world.settings.input_bucket, "manual-uploads/") == []


def test_more_rows_than_are_worked_on_at_once_are_sent_to_the_queue(world: World) -> None:
    rows = "".join(f"a{n},{world.covers.url}/ok/{n}.jpg,2026-10-01\n" for n in range(2))
    put(world, HEADER + rows + "".join(f"c{n:04d},ftp://x/{n}.jpg,\n" for n in range(999)))
    assert world.invoke(message(world))["status"] == "dispatched"
    assert world.keys(world.settings.output_bucket, "results/") == []
    world.invoke(sqs_event(*world.receive()))
    assert world.summary()["rows"]["total"] == 1001
    assert world.summary()["rows"]["placed"] == 2
    assert world.keys(world.settings.input_bucket, "manual-uploads/") == []


def test_a_csv_that_cannot_be_used_is_put_aside_with_the_reason_beside_it(world: World) -> None:
    put(world, "creator_name,updated_at\nana,2026-10-01\n")
    answer = world.invoke(message(world))
    assert answer["status"] == "quarantined"
    assert "cover_url" in answer["detail"]
    assert world.keys(world.settings.input_bucket) == [
        answer["moved_to"],
        f"{answer['moved_to']}.reason.json",
    ]
    assert answer["moved_to"].startswith(f"{keys.INVALID_FILES}manual-uploads/mine_")
    assert results(world) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "s3://tiktok-image-input/manual-uploads/mine.csv is not there: upload it"),
        ({"key": "archived/2026/x.csv"}, r"key is 'archived/2026/x.csv': it must be a .csv below"),
        ({"key": "manual-uploads/mine.xlsx"}, "it must be a .csv below manual-uploads/"),
        ({"key": "csv-files/month.csv"}, "is the CSV of a DAG run, which will move it"),
        ({"bucket": "elsewhere"}, "bucket is 'elsewhere': the input bucket is tiktok-image-input"),
        ({"key": ""}, "key is ''"),
        ({"run_id": "x"}, "schema_version of this chunk message is missing"),
        ({"byte_range": [0, 9], "schema_version": 1}, "run_id is "),
        ({"processing_config": {"rows": 99}}, "processing_config.rows is 99"),
        ({"output_prefix": "../x"}, "output_prefix is '../x'"),
        ({"schema_version": 2}, "schema_version of this whole csv message is 2"),
    ],
    ids=str,
)
def test_a_message_that_names_no_usable_csv_fails_with_one_line(
    world: World, changes: dict[str, Any], said: str
) -> None:
    world.put(world.settings.input_bucket, "csv-files/month.csv", HEADER, dispatch="sqs")
    with pytest.raises(MessageError, match=said) as raised:
        world.invoke(message(world, **changes))
    assert "\n" not in str(raised.value)
    assert results(world) == []


def test_a_run_that_runs_out_of_time_is_finished_by_the_next_worker(world: World) -> None:
    put(world, world.csv({f"c{number}": 2 for number in range(9)}, path="slow"))
    context = sqs_event(sqs_record(message(world)))
    assert world.invoke(context, seconds=1) == NOTHING_FAILED
    assert world.keys(world.settings.input_bucket) == [KEY]
    world.invoke(sqs_event(*world.receive()))
    assert world.summary()["rows"]["total"] == 18
    assert world.keys(world.settings.input_bucket) == [ARCHIVED, f"{ARCHIVED}.done.json"]
