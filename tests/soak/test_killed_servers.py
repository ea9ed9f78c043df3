"""Servers and workers of the twin are killed at random moments, over and over, while runs go on.

SOAK_SECONDS says for how long, ten minutes unless told. Each round prints its seed; SOAK_SEED plays
one round again, as far as the machine lets it. A run that Airflow gives up is cleared where it
failed, as a person would. At the end of a round its run is verified with all of its pictures, and
the requests for its covers are counted.
"""

import os
import random
import signal
import time
import xmlrpc.client
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Event, Thread
from typing import Final

import requests

from collage_core.aws.s3_store import S3Store
from collage_core.contract.run_timestamp import RunTimestamp
from local.airflow_api import AirflowApi
from local.errors import TwinError
from local.twin import Twin
from tests.support.cover_host import CoverHost, cover_host, response
from tests.support.every_dag import MANUAL_DAG
from tests.support.monthly_run import Run
from tests.support.task_by_task import picture, verify_run
from tests.support.waiting import eventually
from tests.support.workers import kill_workers

SECONDS: Final = float(os.environ.get("SOAK_SECONDS", "600"))
SEED: Final = os.environ.get("SOAK_SEED")
CREATORS: Final = 150
COVERS: Final = 3
ROUND_SECONDS: Final = 900
"""How long a run may take, with everything that is killed meanwhile."""

_KILLED = ("airflow-scheduler", "airflow-triggerer", "airflow-dag-processor", "postgres", "mysql")
_START = datetime(2024, 3, 1)  # noqa: DTZ001 - as MySQL has it
_due = count()


def test_whatever_is_killed_the_books_equal_the_bucket(twin: Twin, api: AirflowApi) -> None:
    api.wait_for_dag(MANUAL_DAG)
    api._request("PATCH", f"dags/{MANUAL_DAG}", json={"is_paused": False})
    ends, rounds = time.monotonic() + SECONDS, 0
    with cover_host() as host, rows(twin, host):
        while not rounds or (SEED is None and time.monotonic() < ends):
            seed = int(SEED) if SEED else random.SystemRandom().randrange(10**9)
            print(f"round {rounds}: SOAK_SEED={seed}", flush=True)  # noqa: T201
            one_round(twin, api, host, random.Random(seed))  # noqa: S311 - to be played again
            rounds += 1


def one_round(twin: Twin, api: AirflowApi, host: CoverHost, chance: random.Random) -> None:
    """A run while things are killed, and its end while nothing is."""
    host.heads.clear()
    run = Run(twin, api, trigger(api), MANUAL_DAG)
    killer = Killer(twin, chance)
    killer.start()
    time.sleep(chance.uniform(30, 90))
    killer.stop()
    succeed(twin, api, run)
    summary = run.summary
    assert summary["rows"]["placed"] == CREATORS * COVERS
    second = RunTimestamp.parse(summary["run_timestamp"])
    verify_run(S3Store(twin.aws.s3()), second, summary["run_id"])
    most = max(host.requests.values())
    assert most <= 1 + killer.killed_workers, f"a cover was asked for {most} times"


class Killer(Thread):
    """Kills or freezes something after each random pause, until it is stopped."""

    def __init__(self, twin: Twin, chance: random.Random) -> None:
        super().__init__()
        self._twin = twin
        self._chance = chance
        self._over = Event()
        self.killed_workers = 0
        """How often workers were killed, each time with what they had in hand."""

    def run(self) -> None:
        chance = self._chance
        while not self._over.wait(chance.uniform(1, 15)):
            what = chance.choice([*_KILLED, "workers", "aws"])
            pause = chance.uniform(0.5, 10)
            print(f"  {what} for {pause:.1f} s", flush=True)  # noqa: T201
            if what == "workers":
                self.killed_workers += bool(kill_workers(self._twin))
            elif what == "aws":
                freeze(self._twin, what, pause)  # killed, it would forget its queues: AWS does not
            else:
                kill(self._twin, what, pause)

    def stop(self) -> None:
        """Return when everything is up again."""
        self._over.set()
        self.join()


def kill(twin: Twin, program: str, pause: float) -> None:
    """Kill a program with all of its processes, and start it again after the pause."""
    group = "airflow" if program.startswith("airflow") else "servers"
    os.killpg(os.getpgid(pid_of(twin, f"{group}:{program}")), signal.SIGKILL)
    eventually(lambda: twin.supervisor.states()[program] not in {"RUNNING", "STARTING"})
    time.sleep(pause)
    eventually(lambda: is_restarted(twin), pause=1)


def is_restarted(twin: Twin) -> bool:
    """Whether all that had ended is up; its ports may still be taken for a moment."""
    try:
        twin.restart_exited()
    except (TwinError, xmlrpc.client.Fault):
        return False
    return not twin.supervisor.exited()


def freeze(twin: Twin, program: str, pause: float) -> None:
    """Let a server answer nothing for a while."""
    group = os.getpgid(pid_of(twin, f"servers:{program}"))
    os.killpg(group, signal.SIGSTOP)
    try:
        time.sleep(pause)
    finally:
        os.killpg(group, signal.SIGCONT)


def pid_of(twin: Twin, full_name: str) -> int:
    return int(twin.supervisor._call("getProcessInfo", full_name)["pid"])


def trigger(api: AirflowApi) -> str:
    window = {"window_start": "2024-03-01", "window_end": "2024-03-31"}
    due = datetime.now(UTC) - timedelta(days=2, seconds=-next(_due))
    body = {"logical_date": None, "run_after": due.isoformat(), "conf": window}
    return str(api._request("POST", f"dags/{MANUAL_DAG}/dagRuns", json=body)["dag_run_id"])


def succeed(twin: Twin, api: AirflowApi, run: Run) -> None:
    """Wait for the end of the run; where it failed, do what a person does at 3 a.m."""
    ends = time.monotonic() + ROUND_SECONDS
    # Programs of Airflow end some time after their database did.
    eventually(lambda: is_restarted(twin), pause=1)
    while (state := patiently(lambda: api.run(MANUAL_DAG, run.dag_run_id)["state"])) != "success":
        assert time.monotonic() < ends, run.logs()
        if state == "failed":
            clear_failed(api, run)
        if twin.supervisor.exited():
            is_restarted(twin)
        time.sleep(2)


def clear_failed(api: AirflowApi, run: Run) -> None:
    # A failed wait asks for dispatch to be cleared; dispatch sends what has no receipt.
    states = run.states()
    first = next((task for task, state in states.items() if state == "failed"), "check")
    first = "dispatch" if first == "wait" else first
    print(f"  clear {first}", flush=True)  # noqa: T201
    tasks = {"task_ids": [first], "include_downstream": True, "only_failed": False}
    body = {"dag_run_id": run.dag_run_id, "dry_run": False, **tasks}
    api._request("POST", f"dags/{MANUAL_DAG}/clearTaskInstances", json=body)


def patiently[T](look: Callable[[], T]) -> T:
    """Ask an API server again whose database has just come back."""
    ends = time.monotonic() + 60
    while True:
        try:
            return look()
        except (TwinError, requests.RequestException):
            if time.monotonic() > ends:
                raise
            time.sleep(1)


@contextmanager
def rows(twin: Twin, host: CoverHost) -> Iterator[None]:
    """March 2024 has covers for the time of the block."""
    made = []
    for index in range(CREATORS):
        for number in range(1, COVERS + 1):
            path = f"/soak/{index}/{number}.jpg"
            host.answer(path, response(picture(index, number)))
            moment = _START + timedelta(days=1, seconds=number)
            made.append((f"soak.{index:03d}", host.url(path), moment))
    insert = "INSERT INTO covers (creator_name, cover_url, updated_at) VALUES (%s, %s, %s)"
    with closing(twin.mysql.connect()) as connection:
        connection.cursor().executemany(insert, made)
        connection.commit()
    try:
        yield
    finally:
        with closing(twin.mysql.connect()) as connection:
            connection.cursor().execute("DELETE FROM covers WHERE creator_name LIKE 'soak.%'")
            connection.commit()
