"""Runs of dropped CSVs that a person has stopped: they wait, and go on when the stop is gone."""

import pytest

from collage_core.housekeeping.findings import Finding, Kind
from collage_core.housekeeping.stopped_runs import resume_stopped_runs
from collage_core.layout import keys
from collage_core.run.ingest import INLINE_ROWS
from collage_core.run.stop import go_on, read_stop, stop
from collage_core.run.stop_request import StopRequest
from tests.support.lambda_world import NOTHING_FAILED, World, sqs_event
from tests.support.left_behind import KEY, stuck, submit

BY_VARIABLE = "the Variable has "


@pytest.fixture
def run_id(world: World) -> str:
    """A dropped CSV that is in chunks, of which none is done; its messages are gone."""
    world.invoke(world.upload(KEY, world.csv({"ana": INLINE_ROWS, "bo": 1})))
    assert world.receive()
    (manifest,) = (
        key for key in world.keys(world.settings.temp_bucket) if key.endswith("manifest.json")
    )
    return manifest.removeprefix(keys.PROCESSING).partition("/")[0]


def resume(world: World, text: str = "", *, all_go_on: bool = False) -> list[Finding]:
    services = world.services
    found = resume_stopped_runs(
        services.store,
        world.settings,
        services.queue,
        StopRequest.parse(text),
        stopped_by=BY_VARIABLE,
        all_go_on=all_go_on,
    )
    return [*found]


def put_stop(world: World, run_id: str | None, reason: str) -> None:
    stop(world.services.store, world.settings, run_id, reason)


def test_a_run_that_is_named_no_more_goes_on_at_once(world: World, run_id: str) -> None:
    put_stop(world, run_id, f"{BY_VARIABLE}{run_id}")
    assert resume(world, run_id) == []
    (finding,) = resume(world)
    assert finding.kind is Kind.RESUMED
    assert f"run {run_id} was stopped and goes on: 1 of its chunks" in finding.line
    assert read_stop(world.services.store, world.settings, run_id) is None
    (record,) = world.receive()
    assert world.invoke(sqs_event(record)) == NOTHING_FAILED
    assert resume(world) == []
    assert world.summary()["creators"]["total"] == 2


def test_a_run_that_somebody_else_has_stopped_stays_stopped(world: World, run_id: str) -> None:
    put_stop(world, run_id, "somebody else")
    assert resume(world) == []
    assert world.receive() == []
    assert read_stop(world.services.store, world.settings, run_id) is not None


def test_runs_go_on_when_all_do(world: World, run_id: str) -> None:
    assert resume(world, all_go_on=False) == []
    (finding,) = resume(world, all_go_on=True)
    assert run_id in finding.line
    assert len(world.receive()) == 1


def test_what_is_stopped_is_reported_and_not_sent_again(world: World, run_id: str) -> None:
    put_stop(world, run_id, "because; to go on, do that")
    assert submit(world) == []
    assert world.receive() == []
    (finding,) = stuck(world)
    assert finding.kind is Kind.STOPPED
    assert f"run {run_id} is stopped, with 1 of its 1 chunks not done: because" in finding.line
    go_on(world.services.store, world.settings, run_id)
    (finding,) = submit(world)
    assert finding.kind is Kind.RESUMED


def test_nothing_is_started_while_all_runs_are_stopped(world: World) -> None:
    world.upload(KEY, world.csv({"ana": 2}))
    put_stop(world, None, "because")
    (finding,) = submit(world)
    assert finding.kind is Kind.STOPPED
    assert "all runs are stopped: because" in finding.line
    go_on(world.services.store, world.settings, None)
    (finding,) = submit(world)
    assert finding.kind is Kind.SUBMITTED
