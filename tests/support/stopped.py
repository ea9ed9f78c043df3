"""A program of the twin that is down for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.twin import Twin
from tests.support.waiting import eventually


@contextmanager
def stopped(twin: Twin, program: str) -> Iterator[None]:
    """One of Airflow's programs is stopped for the time of the block."""

    def steer(verb: str, state: str) -> None:
        # Its end may take longer than a call of supervisor's may.
        without_waiting: Any = (f"airflow:{program}", False)
        twin.supervisor._call(verb, *without_waiting)
        eventually(lambda: twin.supervisor.states()[program] == state)

    steer("stopProcess", "STOPPED")
    try:
        yield
    finally:
        steer("startProcess", "RUNNING")
