"""A CSV from outside whose objects are not those of its receipts is done again by itself."""

from typing import Any

import pytest

from collage_core.aws.s3_store import S3Store
from collage_core.contract.document import to_json
from collage_core.errors import BooksError
from collage_core.layout import keys
from collage_core.run import finish
from collage_core.run.run import Run
from collage_core.views.static_report import try_to_write_report
from tests.support.lambda_world import NOTHING_FAILED, World, failed, sqs_event, sqs_record
from tests.support.left_behind import KEY, WorkerDied, invoke_until

CLOSE = "collage_core.run.finish.close_run"
SEND = "collage_core.run.finish.send_chunks"
FORGET = "collage_core.run.finish.forget_again"
REMOVE = "collage_core.run.finish.remove_unusable"


@pytest.fixture
def event(world: World) -> Any:
    """The event of a CSV whose chunk has its receipt, and whose run is not closed."""
    event = world.upload(KEY, world.csv({"ana": 1, "bo": 2}))
    invoke_until(world, event, CLOSE)
    world.covers.requests.clear()
    return event


def opened(world: World) -> Run[S3Store]:
    found = world.keys(world.settings.temp_bucket, keys.PROCESSING)
    (run_id,) = (key.split("/")[1] for key in found if key.endswith("/manifest.json"))
    return Run.open(world.services.store, world.settings, run_id)


def chunk_ids(world: World) -> list[str]:
    return [chunk.chunk_id for chunk in opened(world).manifest.chunks]


def the_message(world: World) -> Any:
    """The event of the message of the run's only chunk, as SQS delivers it."""
    manifest = opened(world).manifest
    return sqs_event(sqs_record(to_json(manifest.message(manifest.chunks[0]))))


def lose_a_thumbnail(world: World) -> None:
    bucket = world.settings.output_bucket
    thumbnail, *_ = world.keys(bucket, "thumbnails/")
    world.services.store.delete_keys(bucket, [thumbnail])


def work_off(world: World) -> None:
    """Deliver all that is in the queue."""
    while records := world.receive():
        for record in records:
            assert world.invoke(sqs_event(record)) == NOTHING_FAILED


def assert_closed(world: World) -> None:
    assert world.summary()["rows"]["placed"] == 3
    assert len(world.keys(world.settings.output_bucket, "thumbnails/")) == 2
    assert KEY not in world.keys(world.settings.input_bucket)
    assert not [key for key in world.keys(world.settings.temp_bucket) if "again.json" in key]


def test_a_chunk_whose_object_is_gone_gets_another_round_and_the_run_is_closed(
    world: World, event: Any
) -> None:
    (first,) = chunk_ids(world)
    lose_a_thumbnail(world)
    (answer,) = world.invoke(event)["files"]
    assert answer["status"] == "dispatched"
    assert chunk_ids(world) == [f"{first}-r2"]
    work_off(world)
    assert_closed(world)
    assert not world.covers.requests, "the first round has kept its covers"


@pytest.mark.parametrize("dies_in", ["collage_core.run.finish.redo_as_noted", SEND, FORGET])
@pytest.mark.parametrize("by", ["event", "message"])
def test_a_worker_that_dies_on_the_way_to_another_round_loses_no_chunk(
    world: World, event: Any, by: str, dies_in: str
) -> None:
    delivered = event if by == "event" else the_message(world)
    lose_a_thumbnail(world)
    if by == "event":
        invoke_until(world, delivered, dies_in)
    else:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dies_in, None)
            assert world.invoke(delivered) == failed("m-1")
    world.receive()  # nothing that was sent before it died is counted on
    world.invoke(delivered)
    work_off(world)
    assert_closed(world)


@pytest.mark.usefixtures("event")
def test_a_worker_that_dies_while_it_sets_a_receipt_aside_loses_no_chunk(world: World) -> None:
    run = opened(world)
    (chunk,) = run.manifest.chunks
    receipt = keys.receipt(run.manifest.run_id, chunk.chunk_id)
    world.put(world.settings.temp_bucket, receipt, "{}")
    for dies_in in (SEND, REMOVE):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dies_in, _die)
            with pytest.raises(WorkerDied):
                finish.finish_run(run, world.services.queue, write_report=try_to_write_report)
        assert receipt in world.keys(world.settings.temp_bucket)
    finish.finish_run(run, world.services.queue, write_report=try_to_write_report)
    assert receipt not in world.keys(world.settings.temp_bucket)
    work_off(world)
    assert_closed(world)
    assert not world.covers.requests


@pytest.mark.usefixtures("event")
def test_after_three_rounds_a_person_has_to_look(world: World) -> None:
    for _ in range(2):
        lose_a_thumbnail(world)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("lambda_pkg.messages.finish_run_of_chunk", lambda *_, **__: None)
            finish.finish_run(opened(world), world.services.queue, write_report=try_to_write_report)
            work_off(world)
    lose_a_thumbnail(world)
    with pytest.raises(BooksError, match=r"done 3 times.*which is missing.*with any change"):
        finish.finish_run(opened(world), world.services.queue, write_report=try_to_write_report)
    # As it says: the same bytes would go on with the run that cannot be closed.
    (answer,) = world.invoke(world.upload(KEY, f"{world.csv({'ana': 1, 'bo': 2})}\n"))["files"]
    assert answer["status"] == "complete"


def _die(*_: object, **__: object) -> None:
    raise WorkerDied
