"""The files of `examples/`, on the ways that they are for."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from collage_core.covers.ingest import ingest_csv
from deploy.limits import read_limits
from tests.support.lambda_world import NOTHING_FAILED, World, sqs_event, sqs_record

EXAMPLES = Path(__file__).parents[3] / "examples"
SAMPLE = (EXAMPLES / "sample_csv.csv").read_bytes()
COVERS = "https://picsum.photos/seed"


def example(name: str) -> Any:
    return json.loads((EXAMPLES / name).read_text())


def covers_in(data: bytes) -> list[list[str]]:
    """Creator and URL of each row."""
    return [row[:2] for row in csv.reader(io.StringIO(data.decode()))]


def served_here(world: World, text: str) -> str:
    """The same covers, on the test's own server."""
    assert COVERS in text
    return text.replace(COVERS, world.covers.url)


def test_every_row_of_the_sample_can_be_used_and_shows_another_cover(world: World) -> None:
    event = world.upload("csv-files/sample_csv.csv", served_here(world, SAMPLE.decode()))
    world.invoke(event)
    summary = world.summary()
    assert summary["status"] == "complete"
    assert summary["rows"]["placed"] == summary["rows"]["total"] == 6
    assert summary["dates"] == {"read": 6, "unread": 0, "format": "iso"}
    assert summary["objects"]["collages"] == 3


def test_the_sample_is_in_the_order_in_which_chunks_are_read() -> None:
    ordered = ingest_csv(SAMPLE, chunk_rows=100).ordered
    assert covers_in(ordered) == covers_in(SAMPLE)


def test_the_message_with_a_csv_makes_a_collage(world: World) -> None:
    message = example("sqs_message_example.json")
    message["csv_data"] = served_here(world, message["csv_data"])
    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    (collage,) = world.collages()
    assert "/sqs-trigger/manual-batch/test_creator_collage_" in collage
    assert world.summary()["rows"]["placed"] == 2


def test_the_message_that_names_the_sample_makes_its_collages(world: World) -> None:
    message = example("sqs_message_whole_csv.json")
    world.put(message["bucket"], message["key"], served_here(world, SAMPLE.decode()))
    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    made = world.keys(world.settings.output_bucket, "collages/manual/example/")
    assert len(made) == 3
    assert world.summary()["rows"]["placed"] == 6


def test_the_message_for_a_chunk_fits_the_sample_as_it_is(world: World) -> None:
    message = example("sqs_message_csv_s3.json")
    world.put(message["bucket"], message["key"], SAMPLE.decode(), dispatch="sqs")
    receipt = world.invoke(message)
    # The covers are elsewhere, and the world allows its own server alone: nothing is asked.
    assert receipt["rows"]["total"] == receipt["rows"]["failed"] == message["rows"]
    assert receipt["reasons"] == {"blocked_address": message["rows"]}
    assert receipt["creators"]["total"] == message["creators"]


def test_the_notification_sends_the_uploads_that_the_function_takes(world: World) -> None:
    # A bucket sends to functions of its own region.
    text = (EXAMPLES / "s3-notification.json").read_text().replace("us-east-2", "us-east-1")
    bucket = world.settings.input_bucket
    world.s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration=json.loads(text)
    )
    stored: Any = world.s3.get_bucket_notification_configuration(Bucket=bucket)
    rules = [
        {rule["Name"].lower(): rule["Value"] for rule in entry["Filter"]["Key"]["FilterRules"]}
        for entry in stored["LambdaFunctionConfigurations"]
    ]
    events = read_limits().upload_events
    assert rules == [{"prefix": name} for name in events.prefixes]


def test_the_upload_script_says_in_one_line_that_the_profile_is_wrong() -> None:
    finished = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(EXAMPLES / "test_local_upload.py")],
        env={**os.environ, "AWS_PROFILE": "there-is-none"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1
    assert finished.stderr == (
        "test_local_upload: The config profile (there-is-none) could not be found\n"
    )
