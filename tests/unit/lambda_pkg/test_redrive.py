"""What a redrive does with messages about CSVs from outside, whose runs the workers close."""

import json
from typing import Any

import pytest

from collage_core.aws.s3_store import S3Error
from collage_core.contract.manifest import Manifest
from collage_core.contract.reading import read
from collage_core.layout import keys
from collage_core.run.ingest import message_run_id
from collage_core.run.redrive_judge import Action, Judge, Verdict
from collage_core.run.redrive_kinds import Asked, Kind
from collage_core.run.run import Run
from tests.support.dead_letters import as_text
from tests.support.lambda_world import NOTHING_FAILED, World, failed, sqs_event, sqs_record
from tests.support.left_behind import KEY, invoke_until
from tests.unit.lambda_pkg.test_failed_events import given_up

CLOSE = "collage_core.run.finish.close_run"


def judged(world: World, body: Any) -> Verdict:
    return Judge(world.services.store, world.settings).judge(Asked.of(as_text(body)))


def inline(world: World) -> str:
    message = {"processing_type": "csv_data", "csv_data": world.csv({"ana": 2})}
    return json.dumps(message)


def refuse(*_: object, **__: object) -> None:
    raise S3Error("S3 says AccessDenied")


def test_a_csv_in_a_message_is_sent_until_its_run_is_finished(world: World) -> None:
    body = inline(world)
    assert "it becomes one" in judged(world, body).reason
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CLOSE, refuse)
        assert world.invoke(sqs_event(sqs_record(body))) == failed("m-1")
    assert judged(world, body) == Verdict(Action.SEND, "its run is not finished")
    assert world.invoke(sqs_event(sqs_record(body))) == NOTHING_FAILED
    assert judged(world, body) == Verdict(Action.DROP, "its run is finished")


def test_so_is_one_that_came_by_an_asynchronous_invocation(world: World) -> None:
    body = given_up(json.loads(inline(world)), requestId="8c5e")
    assert judged(world, body).action is Action.SEND
    assert world.invoke(sqs_event(sqs_record(body))) == NOTHING_FAILED
    assert judged(world, body) == Verdict(Action.DROP, "its run is finished")


def the_chunk(world: World) -> dict[str, Any]:
    """The message of the only chunk of the only run."""
    (key,) = (
        key
        for key in world.keys(world.settings.temp_bucket, keys.PROCESSING)
        if key.endswith("/manifest.json")
    )
    manifest = read(json.dumps(world.document(world.settings.temp_bucket, key)), Manifest)
    return json.loads(as_text(manifest.message(manifest.chunks[0])))  # type: ignore[no-any-return]


def test_the_message_of_a_chunk_that_is_done_may_be_the_one_that_closes_the_run(
    world: World,
) -> None:
    invoke_until(world, world.upload(KEY, world.csv({"ana": 2})), CLOSE)
    message = the_chunk(world)
    run = Run.open(world.services.store, world.settings, message["run_id"])
    assert run.unfinished() == []
    assert judged(world, message) == Verdict(
        Action.SEND, "its run is not closed, which its workers do"
    )
    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    assert judged(world, message) == Verdict(Action.DROP, "its run is finished")
    assert set(world.covers.requests.values()) == {1}


@pytest.mark.parametrize("wrap", [given_up, json.dumps])
def test_the_event_of_a_dropped_csv_is_always_sent_and_pays_nothing_twice(
    world: World, wrap: Any
) -> None:
    event = world.upload(KEY, world.csv({"ana": 2}))
    for _ in range(2):
        assert judged(world, wrap(event)).action is Action.SEND
        assert world.invoke(sqs_event(sqs_record(wrap(event)))) == NOTHING_FAILED
    assert set(world.covers.requests.values()) == {1}


def test_a_body_that_is_nested_without_end_fails_for_good_as_other_rubbish(world: World) -> None:
    body = "[" * 100_000
    assert Asked.of(body).kind is Kind.UNKNOWN
    assert world.invoke(sqs_event(sqs_record(body))) == failed("m-1")
    key = keys.failed_message(message_run_id(body), None)
    assert world.document(world.settings.temp_bucket, key)["error"] == "MessageError"
