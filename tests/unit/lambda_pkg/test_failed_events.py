"""An event that Lambda gave up comes back over the queue, and is handled as if it came directly."""

import json
from typing import Any

import pytest

from collage_core.layout import keys
from tests.support.lambda_world import (
    NOTHING_FAILED,
    World,
    failed,
    sqs_event,
    sqs_record,
)
from tests.support.left_behind import KEY, invoke_until

CLOSE = "collage_core.run.finish.close_run"
DONE = "collage_core.run.finish.write_done"


def given_up(event: Any, **context: str) -> str:
    """What Lambda sends to the destination for failed events (Lambda's guide, "Destinations")."""
    record = {
        "version": "1.0",
        "timestamp": "2026-10-05T06:12:00.000Z",
        "requestContext": {
            "functionArn": "arn:aws:lambda:us-east-1:1:function:collage-worker:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
            **context,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "S3 says AccessDenied", "errorType": "S3Error"},
    }
    return json.dumps(record)


def redrive(world: World, body: str) -> dict[str, Any]:
    return world.invoke(sqs_event(sqs_record(body)))


@pytest.mark.parametrize("dies_in", [CLOSE, DONE])
def test_the_event_of_an_upload_finishes_its_run_and_pays_nothing_twice(
    world: World, dies_in: str
) -> None:
    event = world.upload(KEY, world.csv({"ana": 2}))
    for _ in range(3):
        invoke_until(world, event, dies_in)
    for _ in range(2):  # SQS may deliver a message twice
        assert redrive(world, given_up(event)) == NOTHING_FAILED
    assert world.summary()["rows"]["placed"] == 2
    assert set(world.covers.requests.values()) == {1}
    archived, done = world.keys(world.settings.input_bucket)
    assert done == f"{archived}.done.json"


def test_an_event_that_is_sent_without_what_became_of_it_is_understood_too(world: World) -> None:
    event = world.upload(KEY, world.csv({"ana": 2}))
    assert redrive(world, json.dumps(event)) == NOTHING_FAILED
    assert world.summary()["trigger"] == "s3-trigger"


def test_an_event_that_fails_again_is_left_in_the_queue(world: World) -> None:
    event = world.upload(KEY, world.csv({"ana": 2}))
    world.s3.delete_bucket(Bucket=world.settings.temp_bucket)
    assert redrive(world, given_up(event)) == failed("m-1")
    assert world.keys(world.settings.input_bucket) == [KEY]


def test_a_direct_message_becomes_the_run_of_the_invocation_that_failed(world: World) -> None:
    message = {"processing_type": "csv_data", "csv_data": world.csv({"ana": 2})}
    body = given_up(message, requestId="8c5e4a3e-6d0f-4a7e-9f9c-2f1a6b7c8d9e")
    for _ in range(2):
        assert redrive(world, body) == NOTHING_FAILED
    assert world.summary()["run_id"] == "manual-8c5e4a3e-6d0f-4a7e-9f9c-2f1a6b7c8d9e"
    assert world.summary()["trigger"] == "manual"


@pytest.mark.parametrize("event", [{}, {"Records": []}, [1], None, {"Records": [{"a": 1}]}])
def test_an_event_that_asks_for_no_work_fails_for_good_and_says_so(
    world: World, event: object
) -> None:
    assert redrive(world, given_up(event)) == failed("m-1")
    (key,) = world.keys(world.settings.temp_bucket)
    assert key.endswith("/failed/message.json")
    document = world.document(world.settings.temp_bucket, key)
    assert document["reason"].endswith("it asks for no work, so delete this message")
    assert keys.failed_message(document["run_id"], None) == key
