"""Runs that ended without Airflow, and that no worker has finished."""

import copy
import gc
from time import sleep
from typing import Any

import pytest

from collage_core.aws.s3_store import S3Error
from collage_core.contract.receipt import Receipt
from collage_core.housekeeping.activity import active_runs
from collage_core.housekeeping.findings import Kind
from collage_core.layout import keys
from collage_core.run.finish import finish_run
from collage_core.run.usable_receipts import FoundReceipts
from collage_core.views.static_report import try_to_write_report
from tests.support.lambda_world import HEADER, World, chunk_message, sqs_event, sqs_record
from tests.support.left_behind import KEY, finish, invoke_until, submit

CLOSE, ARCHIVE = "collage_core.run.finish.close_run", "collage_core.run.finish.archive"
DONE = "collage_core.run.finish.write_done"


def contents(world: World) -> dict[str, bytes]:
    """All that is in the input and output buckets."""
    store, found = world.services.store, {}
    for bucket in (world.settings.input_bucket, world.settings.output_bucket):
        for key in world.keys(bucket):
            stored = store.get(bucket, key)
            assert stored is not None
            found[f"{bucket}/{key}"] = stored.body
    return found


@pytest.mark.parametrize("dies_in", [CLOSE, ARCHIVE, DONE])
def test_what_a_worker_did_not_finish_is_finished_as_it_would_have(
    world: World, dies_in: str
) -> None:
    event = world.upload(KEY, world.csv({"ana": 3, "bo": 1}))
    invoke_until(world, event, dies_in)
    assert not [key for key in world.keys(world.settings.input_bucket) if "done" in key]
    (finding,) = finish(world)
    assert finding.kind is Kind.FINISHED
    assert f"s3://{world.settings.input_bucket}/{KEY} is complete" in finding.line
    (done,) = (key for key in world.keys(world.settings.input_bucket) if "done" in key)
    document = world.document(world.settings.input_bucket, done)
    assert document["rows"]["placed"] == 4
    assert document["origin"]["key"] == KEY
    assert world.summary()["rows"]["placed"] == 4
    after = contents(world)
    assert finish(world) == []
    assert contents(world) == after


def another(event: Any) -> Any:
    """The event of another upload of the same bytes."""
    event = copy.deepcopy(event)
    event["Records"][0]["s3"]["object"]["sequencer"] = "0055AED6DCD90281E6"
    return event


@pytest.mark.parametrize("dies_in", [CLOSE, ARCHIVE, DONE])
def test_the_same_bytes_that_were_uploaded_again_before_the_end_are_the_same_run(
    world: World, dies_in: str
) -> None:
    csv, bucket = world.csv({"ana": 1}), world.settings.input_bucket
    first = world.upload(KEY, csv)
    invoke_until(world, first, dies_in)
    sleep(1)  # S3 tells the time of an object to the second
    again = another(world.upload(KEY, csv))
    (finding,) = finish(world)
    assert finding.kind is Kind.FINISHED
    assert KEY not in world.keys(bucket)
    for event in (first, again):
        (answer,) = world.invoke(event)["files"]
        assert answer["status"] == "skipped"
    assert world.covers.requests == {"/ok/ana/0.jpg": 1}
    assert len([key for key in world.keys(bucket) if key.endswith(".done.json")]) == 1


def test_the_same_bytes_that_were_uploaded_again_after_the_end_are_left_for_their_own_run(
    world: World,
) -> None:
    csv, bucket = world.csv({"ana": 1}), world.settings.input_bucket
    first = world.upload(KEY, csv)
    world.invoke(first)
    sleep(1)
    again = another(world.upload(KEY, csv))
    (run,) = (active.run for active in active_runs(world.services.store, world.settings))
    finish_run(run, world.services.queue, write_report=try_to_write_report)
    assert KEY in world.keys(bucket)
    (answer,) = world.invoke(first)["files"]  # S3 may tell of it once more
    assert "is finished" in answer["detail"]
    world.invoke(again)
    assert KEY not in world.keys(bucket)
    assert len([key for key in world.keys(bucket) if key.endswith(".done.json")]) == 2


def test_a_run_that_is_finished_is_left_alone(world: World) -> None:
    world.invoke(world.upload(KEY, world.csv({"ana": 1})))
    before = contents(world)
    assert finish(world) == []
    assert contents(world) == before


def test_a_report_that_is_missing_is_written(world: World) -> None:
    """Its worker could not: the run is finished all the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("collage_core.views.static_report.write_report", _no_right)
        world.invoke(world.upload(KEY, world.csv({"ana": 1})))
    assert reports(world) == []
    assert [key for key in world.keys(world.settings.input_bucket) if key.endswith(".done.json")]
    assert finish(world) == []
    (key,) = reports(world)
    stored = world.services.store.get(world.settings.output_bucket, key)
    assert stored is not None
    assert b"ana" in stored.body


def test_the_receipts_are_not_held_while_the_report_is_written(world: World) -> None:
    """A CSV may have half a million creators, and a worker has 1.8 GB."""
    event = world.upload(KEY, world.csv({"ana": 1}))
    invoke_until(world, event, DONE)
    (run,) = (active.run for active in active_runs(world.services.store, world.settings))

    def held() -> list[object]:
        gc.collect()
        return [one for one in gc.get_objects() if isinstance(one, FoundReceipts | Receipt)]

    before, more = held(), [object()]

    def write_report(*_: object) -> None:
        more[:] = [one for one in held() if not any(one is other for other in before)]

    finish_run(run, world.services.queue, write_report=write_report)
    assert more == []


def _no_right(*_: object) -> None:
    raise S3Error("S3 says AccessDenied")


def reports(world: World) -> list[str]:
    return [key for key in world.keys(world.settings.output_bucket) if key.endswith(".html")]


def test_a_csv_of_a_message_is_finished_too(world: World) -> None:
    body = {"processing_type": "csv_data", "csv_data": world.csv({"ana": 1})}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CLOSE, None)
        world.invoke(sqs_event(sqs_record(body)))
    (finding,) = finish(world)
    assert finding.kind is Kind.FINISHED
    assert world.summary()["rows"]["placed"] == 1
    assert finish(world) == []


def test_a_run_whose_worker_may_still_be_at_it_is_left_to_it(world: World) -> None:
    invoke_until(world, world.upload(KEY, world.csv({"ana": 1})), CLOSE)
    assert finish(world, hours=0.1) == []


def test_the_run_of_a_dag_is_left_to_its_tasks(world: World) -> None:
    world.invoke(sqs_event(sqs_record(chunk_message(world, world.csv({"ana": 1})))))
    assert finish(world) == []


def test_a_csv_that_was_replaced_during_its_run_is_finished_once_and_left_where_it_is(
    world: World,
) -> None:
    invoke_until(world, world.upload(KEY, world.csv({"ana": 1})), CLOSE)
    world.put(world.settings.input_bucket, KEY, HEADER)
    (finding,) = finish(world)
    assert finding.kind is Kind.FINISHED
    assert world.keys(world.settings.input_bucket) == [KEY]
    assert finish(world) == []


def test_a_run_that_cannot_be_finished_is_named_with_its_fix_and_the_others_are(
    world: World,
) -> None:
    for name in ("a", "b"):
        invoke_until(world, world.upload(f"csv-files/{name}.csv", world.csv({name: 1})), CLOSE)
    (first, *_) = (key for key in world.keys(world.settings.temp_bucket) if "/receipts/" in key)
    _, run_id, _, name = first.split("/")
    for number in range(3):
        kept = keys.set_aside(run_id, name.removesuffix(".json"), f"{number:032x}")
        world.put(world.settings.temp_bucket, kept, "{}")
    world.put(world.settings.temp_bucket, first, "{}")
    failed, finished = sorted(finish(world), key=lambda finding: finding.kind)
    assert (failed.kind, finished.kind) == (Kind.FAILED, Kind.FINISHED)
    assert f"processing/{run_id}/set-aside/" in failed.line


def test_a_receipt_that_cannot_be_used_is_set_aside_and_its_chunk_done_again(
    world: World,
) -> None:
    invoke_until(world, world.upload(KEY, world.csv({"ana": 1})), CLOSE)
    (receipt,) = (key for key in world.keys(world.settings.temp_bucket) if "/receipts/" in key)
    world.put(world.settings.temp_bucket, receipt, "{}")
    assert [finding.kind for finding in finish(world)] == [Kind.RESUMED]
    (message,) = world.receive()
    world.invoke(sqs_event(message))
    assert world.summary()["rows"]["placed"] == 1
    assert finish(world) == []


def test_a_csv_of_which_too_many_covers_failed_stays_and_is_done_with(world: World) -> None:
    bucket = world.settings.input_bucket
    world.invoke(world.upload(KEY, world.csv({"ana": 2}, path="404")))
    assert world.keys(bucket) == [keys.failed_upload(KEY), KEY]
    document = world.document(bucket, keys.failed_upload(KEY))
    assert "2 of 2 covers (100%)" in document["reason"]
    assert "2 http_404" in document["reason"]
    assert world.summary()["rows"]["failed"] == 2
    before = contents(world)
    assert finish(world) == []
    temp = world.settings.temp_bucket
    world.services.store.delete_keys(temp, world.keys(temp))  # it has forgotten the run
    assert submit(world) == []
    assert contents(world) == before


def test_a_csv_of_which_too_many_covers_failed_may_be_uploaded_again_with_urls_that_work(
    world: World,
) -> None:
    world.invoke(world.upload(KEY, world.csv({"ana": 2}, path="404")))
    world.invoke(world.upload(KEY, world.csv({"ana": 2})))
    assert KEY not in world.keys(world.settings.input_bucket)
    assert any(key.endswith(".done.json") for key in world.keys(world.settings.input_bucket))


def test_a_manifest_that_cannot_be_read_stops_nothing(world: World) -> None:
    world.put(world.settings.temp_bucket, keys.manifest("broken"), "no json")
    invoke_until(world, world.upload(KEY, world.csv({"ana": 1})), CLOSE)
    assert [finding.kind for finding in finish(world)] == [Kind.FINISHED]
