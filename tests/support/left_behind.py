"""What workers leave behind when they die, and housekeeping some hours later."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collage_core.housekeeping.ended_runs import finish_ended_runs
from collage_core.housekeeping.findings import Finding
from collage_core.housekeeping.lost_uploads import submit_lost_uploads
from collage_core.housekeeping.stuck_runs import stuck_runs
from tests.support.lambda_world import World

KEY = "csv-files/2026/10/05/mine.csv"


class WorkerDied(Exception):  # noqa: N818 - no error of ours
    """The worker was killed."""


def later(hours: float) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


def finish(world: World, *, hours: float = 24) -> list[Finding]:
    services = world.services
    return [*finish_ended_runs(services.store, world.settings, services.queue, now=later(hours))]


def submit(world: World, *, hours: float = 24) -> list[Finding]:
    services = world.services
    return [*submit_lost_uploads(services.store, world.settings, services.queue, now=later(hours))]


def stuck(world: World, *, hours: float = 24) -> list[Finding]:
    after = timedelta(hours=6)
    return [*stuck_runs(world.services.store, world.settings, now=later(hours), after=after)]


def invoke_until(world: World, event: Any, dies_in: str) -> None:
    """An invocation that is killed where this function is called."""

    def die(*_: object, **__: object) -> None:
        raise WorkerDied

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dies_in, die)
        with pytest.raises(WorkerDied):
            world.invoke(event)
