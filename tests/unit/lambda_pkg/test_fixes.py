"""What the function's messages say can be done about a CSV from outside, followed word by word."""

from typing import Any

import pytest

from collage_core.layout import keys
from collage_core.run.close import ClosedRun, close_run
from collage_core.run.ingest import INLINE_ROWS
from collage_core.run.run import Run
from tests.support.lambda_world import World, sqs_event, sqs_record, with_settings
from tests.support.left_behind import KEY

CLOSE = "collage_core.run.finish.close_run"
WITH_ANY_CHANGE = "submit the CSV again with any change; the same bytes would be this run again"


def deliver_all(world: World) -> list[dict[str, Any]]:
    """Deliver messages until there are none; the answers."""
    answers = []
    while messages := world.receive():
        answers += [world.invoke(sqs_event(message)) for message in messages]
    return answers


def is_done(world: World) -> bool:
    return any(key.endswith(".done.json") for key in world.keys(world.settings.input_bucket))


def test_a_csv_whose_objects_are_removed_in_each_round_is_submitted_again_with_a_change(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def remove_and_close(run: Run[Any], **options: Any) -> ClosedRun:
        """Somebody else removes collages as fast as they are made."""
        world.services.store.delete_keys(world.settings.output_bucket, world.collages())
        return close_run(run, **options)

    text = world.csv({"ana": 2})
    with monkeypatch.context() as patch:
        patch.setattr(CLOSE, remove_and_close)
        world.invoke(world.upload(KEY, text))
        *_, last = deliver_all(world)
    assert last["batchItemFailures"], "the third round ends the tries"
    assert WITH_ANY_CHANGE in caplog.text
    assert "Clear dispatch" not in caplog.text, "there is no task that could be cleared"

    world.invoke(world.upload(KEY, f"{text}\n"))
    assert is_done(world)


def test_a_csv_whose_ordered_copy_is_gone_is_submitted_again_with_a_change(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    text = world.csv({"ana": INLINE_ROWS + 1})
    run_id = world.invoke(world.upload(KEY, text))["files"][0]["run_id"]
    store, temp = world.services.store, world.settings.temp_bucket
    store.delete_keys(temp, [keys.ordered_csv(run_id)])
    assert all(answer["batchItemFailures"] for answer in deliver_all(world))
    assert WITH_ANY_CHANGE in caplog.text

    world.invoke(world.upload(KEY, f"{text}\n"))
    deliver_all(world)
    assert is_done(world)


def test_a_message_of_whose_covers_too_many_failed_is_sent_again_when_so_many_may_fail(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    message = {"processing_type": "csv_data", "csv_data": world.csv({"ana": 2}, path="404")}
    world.invoke(sqs_event(sqs_record(message)))
    assert "raise FAIL_ABOVE_PERCENT on the function and send the same message again" in caplog.text
    caplog.clear()

    tolerant = with_settings(world, fail_above_percent=100)
    tolerant.invoke(sqs_event(sqs_record(message)))
    assert "Too many covers failed" not in caplog.text
    assert tolerant.summary()["rows"]["failed"] == 2, "it is the same run, closed once more"
