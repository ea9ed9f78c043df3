"""Runs of dropped CSVs that a person has stopped: they wait, and go on when the stop is gone."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from collage_core.aws.chunk_queue import ChunkQueue, QueueError
from collage_core.housekeeping.activity import ActiveRun, active_runs
from collage_core.housekeeping.findings import Finding, Kind
from collage_core.housekeeping.stopped_runs import resume_stopped_runs
from collage_core.layout import keys
from collage_core.run.ingest import INLINE_ROWS
from collage_core.run.stop import keep_stopped, read_stop, stop
from collage_core.run.stop_request import StopRequest, write_through
from tests.support.going_on import let_go_on
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


def resume(
    world: World, text: str = "", *, meanwhile: Callable[[], None] | None = None
) -> list[Finding]:
    """`meanwhile` happens while the request is read."""
    services = world.services

    def ask() -> StopRequest:
        if meanwhile is not None:
            meanwhile()
        return StopRequest.parse(text)

    found = resume_stopped_runs(
        services.store, world.settings, services.queue, ask, stopped_by=BY_VARIABLE
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


def test_a_run_that_is_stopped_while_somebody_reads_that_it_is_not_stays_stopped(
    world: World, run_id: str
) -> None:
    def stop_again() -> None:
        reason = f"{BY_VARIABLE}{run_id}"
        keep_stopped(world.services.store, world.settings, run_id, reason)

    stop_again()
    (finding,) = resume(world, meanwhile=stop_again)
    assert finding.kind is Kind.FAILED
    assert f"somebody stops {run_id} just now" in finding.line
    assert read_stop(world.services.store, world.settings, run_id) is not None
    assert world.receive() == []


def test_a_run_that_somebody_else_has_stopped_stays_stopped_when_all_go_on(
    world: World, run_id: str
) -> None:
    lift(world)
    put_stop(world, run_id, "somebody else")
    assert resume(world) == []
    assert world.receive() == []
    assert read_stop(world.services.store, world.settings, run_id) is not None


def lift(world: World) -> None:
    """All runs are stopped, and go on because a task has read that they may."""
    put_stop(world, None, f"{BY_VARIABLE}all")
    store = world.services.store
    _, is_lifted = write_through(store, world.settings, StopRequest, str, made_by=BY_VARIABLE)
    assert is_lifted


def test_runs_go_on_when_all_do_whoever_has_lifted_the_stop(world: World, run_id: str) -> None:
    assert resume(world) == []
    lift(world)
    (finding,) = resume(world)
    assert run_id in finding.line
    assert len(world.receive()) == 1
    assert resume(world) == []


def test_the_note_stays_until_the_chunks_are_sent(
    world: World, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lift(world)
    with monkeypatch.context() as patch:
        refuse: Any = Mock(side_effect=QueueError("it takes nothing"))
        patch.setattr(ChunkQueue, "send", refuse)
        (finding,) = resume(world)
    assert finding.kind is Kind.FAILED
    (finding,) = resume(world)
    assert f"run {run_id} was stopped and goes on: 1 of its chunks" in finding.line


def test_nothing_goes_on_while_all_runs_are_stopped_again(world: World, run_id: str) -> None:
    lift(world)
    put_stop(world, None, f"{BY_VARIABLE}all")
    assert resume(world, "all") == []
    put_stop(world, None, "somebody else")
    assert resume(world) == []
    assert world.receive() == []
    let_go_on(world.services.store, world.settings, None)
    (finding,) = resume(world)
    assert run_id in finding.line


@pytest.mark.usefixtures("run_id")
def test_a_run_that_began_after_the_stop_is_left_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lift(world)

    def later(*given: Any) -> Iterator[ActiveRun]:
        for active in active_runs(*given):
            yield replace(active, planned=active.planned + timedelta(seconds=5))

    monkeypatch.setattr("collage_core.housekeeping.stopped_runs.active_runs", later)
    assert resume(world) == []
    assert world.receive() == []


def test_what_is_stopped_is_reported_and_not_sent_again(world: World, run_id: str) -> None:
    put_stop(world, run_id, "because; to go on, do that")
    assert submit(world) == []
    assert world.receive() == []
    (finding,) = stuck(world)
    assert finding.kind is Kind.STOPPED
    assert f"run {run_id} is stopped, with 1 of its 1 chunks not done: because" in finding.line
    let_go_on(world.services.store, world.settings, run_id)
    (finding,) = submit(world)
    assert finding.kind is Kind.RESUMED


def test_nothing_is_started_while_all_runs_are_stopped(world: World) -> None:
    world.upload(KEY, world.csv({"ana": 2}))
    put_stop(world, None, "because")
    (finding,) = submit(world)
    assert finding.kind is Kind.STOPPED
    assert "all runs are stopped: because" in finding.line
    let_go_on(world.services.store, world.settings, None)
    (finding,) = submit(world)
    assert finding.kind is Kind.SUBMITTED
