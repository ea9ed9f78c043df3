"""Months whose newest covers have died, so that their runs ask; and answers through the API."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from local.airflow_api import AirflowApi
from local.errors import TwinError
from local.sample.mark import Mark
from local.sample.urls import cover_path, signed
from local.twin import Twin
from tests.support.monthly_run import SECONDS, Run
from tests.support.waiting import eventually

CREATOR = "half.dead"
GRID = {"rows": 2, "cols": 2}
"""Three of the four newest covers are dead: 75% of those that the plan looks at. Four older ones
live: the collage is full, and three of seven covers have failed, which no setting minds."""

_SETTLES = 3
"""Seconds after which the scheduler knows that the process that asked has ended; see `ended`."""

_DEAD, _ALIVE = 3, 4
_EXPIRED = 1_700_000_000
_COVERS = [*range(_DEAD + _ALIVE, 0, -1)]


@contextmanager
def half_dead(twin: Twin, months: list[datetime]) -> Iterator[None]:
    """Covers of one creator in each of these months, which are naive and in UTC."""
    rows = [
        (CREATOR, twin.covers.url + url, month + timedelta(days=number))
        for month in months
        for number, url in enumerate(_urls(), start=1)
    ]
    with closing(twin.mysql.connect()) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO covers (creator_name, cover_url, updated_at) VALUES (%s, %s, %s)", rows
        )
        connection.commit()
        yield
        cursor.execute("DELETE FROM covers WHERE creator_name = %s", (CREATOR,))
        connection.commit()


def _urls() -> Iterator[str]:
    """The oldest first."""
    for number in range(_ALIVE):
        yield signed(cover_path(Mark(1, number + 1)))
    for number in range(_DEAD):
        yield signed(cover_path(Mark(2, number + 1)), expires=_EXPIRED)


def state_of(run: Run, task: str) -> str | None:
    """The state of a task now."""
    return run.states().get(task)


def asked(run: Run, task: str = "approve") -> dict[str, Any]:
    """The question of a task, once it waits for the answer."""
    eventually(lambda: _waits(run, task), seconds=SECONDS, pause=0.5)
    time.sleep(_SETTLES)
    found: dict[str, Any] = run.api._request("GET", _path(run, task))
    return found


def _waits(run: Run, task: str) -> bool:
    state = state_of(run, task)
    assert state not in {"success", "failed", "skipped", "upstream_failed"}, run.logs()
    return state == "awaiting_input"


def answer(run: Run, option: str, task: str = "approve") -> None:
    """Answer as a program does."""
    body = {"chosen_options": [option], "params_input": {}}
    run.api._request("PATCH", _path(run, task), json=body)


def clear(run: Run, task: str) -> None:
    """Clear a task and those after it, as the button does."""
    tasks = {"task_ids": [task], "include_downstream": True, "only_failed": False}
    order = {"dag_run_id": run.dag_run_id, "dry_run": False, **tasks}
    run.api._request("POST", f"dags/{run.dag_id}/clearTaskInstances", json=order)


def ended(
    run: Run, option: str = "", task: str = "approve", *, again: Callable[[], None] | None = None
) -> dict[str, Any]:
    """The run once it has ended after this answer, which is given again if it is asked for again.

    `again` gives another one.

    An answer that comes before the scheduler has heard of the end of the process that asked makes
    Airflow 3.3.1 try the task again: it takes it for one that was lost.
    """

    def has_ended() -> bool:
        if state_of(run, task) == "awaiting_input":
            if again is not None:
                again()
            elif option:
                with suppress(TwinError):  # the answer is there already
                    answer(run, option, task)
        return run.api.run(run.dag_id, run.dag_run_id)["state"] in {"success", "failed"}

    eventually(has_ended, seconds=2 * SECONDS, pause=2)
    return run.api.run(run.dag_id, run.dag_run_id)


def switched_on(api: AirflowApi, dag: str) -> None:
    """Unpause the DAG."""
    api._request("PATCH", f"dags/{dag}", json={"is_paused": False})


def _path(run: Run, task: str) -> str:
    return f"dags/{run.dag_id}/dagRuns/{run.dag_run_id}/taskInstances/{task}/-1/hitlDetails"
