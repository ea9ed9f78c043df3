"""A CSV that is dropped is one run until that is finished, however often S3 tells of it."""

import copy
from itertools import count
from typing import Any

import pytest

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from collage_core.run.ingest import INLINE_ROWS
from tests.support.lambda_world import TIMESTAMP, World, sqs_event, with_settings
from tests.support.left_behind import KEY, invoke_until, stuck, submit

CLOSE = "collage_core.run.finish.close_run"
STATISTICS = "collage_core.run.finish.write_statistics"
ARCHIVE = "collage_core.run.finish.archive"
REPORT = "lambda_pkg.upload.try_to_write_report"
DONE = "collage_core.run.finish.write_done"
each_step_of_closing = pytest.mark.parametrize(
    "dies_in", [CLOSE, STATISTICS, ARCHIVE, REPORT, DONE]
)


def dropped_again(event: Any) -> Any:
    """What S3 says of another upload of the same bytes, some seconds later."""
    event = copy.deepcopy(event)
    (record,) = event["Records"]
    record["eventTime"] = "2026-10-05T06:09:00.000Z"
    record["s3"]["object"]["sequencer"] = "0055AED6DCD90281E6"
    return event


def answer(world: World, event: Any) -> dict[str, Any]:
    (entry,) = world.invoke(event)["files"]
    return entry  # type: ignore[no-any-return]


def planned(world: World) -> list[str]:
    """The ids of all runs."""
    found = world.keys(world.settings.temp_bucket, keys.PROCESSING)
    return [key.split("/")[1] for key in found if key.endswith("/manifest.json")]


def pointer(world: World) -> str:
    (key,) = world.keys(world.settings.temp_bucket, keys.upload_run("").removesuffix(".json"))
    return key


def assert_counted_once(world: World, *, covers: int) -> None:
    """One run, closed and archived, with each cover fetched once."""
    assert len(planned(world)) == 1
    assert world.summary()["rows"]["placed"] == covers
    assert set(world.covers.requests.values()) == {1}
    archived, done = world.keys(world.settings.input_bucket)
    assert done == f"{archived}.done.json"
    day = world.document(
        world.settings.output_bucket, keys.daily_stats(RunTimestamp.parse(TIMESTAMP))
    )
    assert day["rows"]["placed"] == covers
    assert world.keys(world.settings.output_bucket, keys.report(RunTimestamp.parse(TIMESTAMP)))


@each_step_of_closing
def test_the_repeated_event_finds_its_run_whatever_became_of_the_csv(
    world: World, dies_in: str
) -> None:
    event = world.upload(KEY, world.csv({"ana": 2}))
    invoke_until(world, event, dies_in)
    assert answer(world, event)["status"] == "complete"
    assert_counted_once(world, covers=2)
    assert answer(world, event)["status"] == "skipped"


@each_step_of_closing
def test_a_csv_that_is_dropped_again_before_its_end_goes_on_with_its_run(
    world: World, dies_in: str
) -> None:
    text = world.csv({"ana": 2})
    first = world.upload(KEY, text)
    invoke_until(world, first, dies_in)
    again = dropped_again(world.upload(KEY, text))
    assert answer(world, again)["run_id"] == planned(world)[0]
    assert_counted_once(world, covers=2)
    assert [answer(world, event)["status"] for event in (first, again)] == ["skipped"] * 2


def test_a_csv_that_is_dropped_again_after_its_end_is_another_run(world: World) -> None:
    text = world.csv({"ana": 2})
    first = world.upload(KEY, text)
    world.invoke(first)
    again = dropped_again(world.upload(KEY, text))
    assert "is finished" in answer(world, first)["detail"]  # S3 may tell of it once more
    assert answer(world, again)["run_timestamp"] == "20261005_060900"
    assert len(planned(world)) == 2
    assert len(world.collages()) == 2


def test_a_run_that_died_before_its_plan_keeps_its_name_and_its_second(world: World) -> None:
    text = world.csv({"ana": 2})
    first = world.upload(KEY, text)
    invoke_until(world, first, "lambda_pkg.s3.start_run")
    again = dropped_again(world.upload(KEY, text))
    assert answer(world, again)["run_timestamp"] == TIMESTAMP
    assert_counted_once(world, covers=2)


def test_a_csv_that_was_replaced_in_mid_run_is_finished_by_its_repeated_event(world: World) -> None:
    event = world.upload(KEY, world.csv({"ana": 2}))
    invoke_until(world, event, CLOSE)
    world.upload(KEY, world.csv({"bo": 1}))
    assert answer(world, event)["rows"]["placed"] == 2
    assert "replaced" in answer(world, event)["detail"]
    assert world.keys(world.settings.input_bucket) == [KEY]


@pytest.mark.parametrize("text", ["no json", "{}"])
def test_a_name_that_nobody_can_read_keeps_no_csv_from_being_worked_on(
    world: World, text: str
) -> None:
    event = world.upload(KEY, world.csv({"ana": 2}))
    invoke_until(world, event, CLOSE)
    world.put(world.settings.temp_bucket, pointer(world), text)
    assert answer(world, event)["status"] == "complete"
    assert_counted_once(world, covers=2)


def test_a_name_that_is_gone_leads_the_event_to_its_own_run(world: World) -> None:
    event = world.upload(KEY, world.csv({"ana": 2}))
    invoke_until(world, event, DONE)
    world.services.store.delete_keys(world.settings.temp_bucket, [pointer(world)])
    assert answer(world, event)["status"] == "complete"
    assert_counted_once(world, covers=2)


def test_chunks_that_wait_in_the_queue_are_not_sent_again_for_another_upload(world: World) -> None:
    world = with_settings(world, chunk_rows=600, default_rows=1, default_cols=1)
    text = world.csv({f"c{number:03d}": 5 for number in range(INLINE_ROWS // 5 + 1)}, path="404")
    world.invoke(world.upload(KEY, text))
    again = dropped_again(world.upload(KEY, text))
    assert answer(world, again)["status"] == "dispatched"
    messages = [record["body"] for record in world.receive()]
    assert len(messages) == 2
    # Now they are lost, and the queue is empty.
    assert answer(world, again)["chunks"] == 2
    assert [record["body"] for record in world.receive()] == messages


def test_an_upload_that_its_run_was_too_early_for_comes_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = world.csv({"ana": 2})
    first = world.upload(KEY, text)
    invoke_until(world, first, CLOSE)
    again = dropped_again(world.upload(KEY, text))

    def finish_and_drop(*arguments: Any, **named: Any) -> Any:
        done = finish(*arguments, **named)
        world.upload(KEY, text)
        return done

    from lambda_pkg import upload  # noqa: PLC0415 - the function that is replaced

    finish = upload.finish_run
    with monkeypatch.context() as patch:
        patch.setattr(upload, "finish_run", finish_and_drop)
        with pytest.raises(Exception, match="is a run of its own: nothing to fix"):
            world.invoke(again)
    assert answer(world, again)["run_timestamp"] == "20261005_060900"
    assert len(planned(world)) == 2


class Killed(BaseException):
    """The worker is killed: nothing of it runs any more."""


def kill_at(world: World, event: Any, request: int) -> bool:
    """Whether an invocation was killed before its `request`-th write to S3; false if it ended."""
    numbers, events = count(1), world.services.store.client.meta.events

    def step(**_: object) -> None:
        if next(numbers) == request:
            raise Killed

    names = [f"before-call.s3.{name}" for name in ("PutObject", "CopyObject", "DeleteObject")]
    for name in names:
        events.register(name, step)
    try:
        world.invoke(event)
    except Killed:
        return True
    finally:
        for name in names:
            events.unregister(name, step)
    return False


@pytest.mark.thorough
@pytest.mark.parametrize("is_dropped_again", [False, True], ids=["repeated", "dropped again"])
def test_a_worker_that_is_killed_before_any_write_leaves_one_run(
    world: World, is_dropped_again: bool
) -> None:
    for request in count(1):
        text, key = world.csv({f"c{request}": 1}), f"csv-files/{request}.csv"
        event = world.upload(key, text)
        was_killed = kill_at(world, event, request)
        if is_dropped_again and was_killed:
            event = dropped_again(world.upload(key, text))
        world.invoke(event)
        assert len(planned(world)) == request
        if not was_killed:
            break
    found = world.keys(world.settings.input_bucket)
    assert len(found) == 2 * request, "each CSV in the archive, and a document beside it"
    day = world.document(
        world.settings.output_bucket, keys.daily_stats(RunTimestamp.parse(TIMESTAMP))
    )
    assert day["rows"]["placed"] == day["rows"]["total"] == request > 12


def test_housekeeping_goes_on_with_the_run_that_an_event_had_named(world: World) -> None:
    event = world.upload(KEY, world.csv({"ana": 2}))
    invoke_until(world, event, "lambda_pkg.s3.start_run")
    (finding,) = submit(world)
    (run_id,) = planned(world)
    assert f"it is run {run_id} now" in finding.line
    (record,) = world.receive()
    world.invoke(sqs_event(record))
    assert_counted_once(world, covers=2)
    assert answer(world, event)["status"] == "skipped"
    assert stuck(world) == []


def test_a_csv_of_which_too_many_covers_failed_stays_one_run_until_its_next_upload(
    world: World,
) -> None:
    text = world.csv({"ana": 2}, path="404")
    first = world.upload(KEY, text)
    invoke_until(world, first, CLOSE)
    again = dropped_again(world.upload(KEY, text))
    assert answer(world, again)["status"] == "failed"
    assert len(planned(world)) == 1
    assert [answer(world, event)["status"] for event in (first,)] == ["skipped"]
    assert world.keys(world.settings.input_bucket, KEY) == [KEY]
    later = dropped_again(world.upload(KEY, text))
    later["Records"][0]["s3"]["object"]["sequencer"] = "0055AED6DCD90281E7"
    answer(world, later)
    assert len(planned(world)) == 2
