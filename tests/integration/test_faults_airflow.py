"""DAG runs that are cleared, marked or deleted while their workers are at work, by Airflow itself.

All of them run at once, with rows of months that no other test has.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from collage_core.aws.s3_store import S3Store
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.run import run as core_run
from collage_core.settings import Settings
from local.airflow_api import AirflowApi
from local.provision import DLQ
from local.twin import Twin
from tests.support.cover_host import CoverHost, cover_host, response
from tests.support.every_dag import MANUAL_DAG
from tests.support.failures import Where, failure
from tests.support.monthly_run import SECONDS, Run
from tests.support.task_by_task import Held, depth, picture, verify_run
from tests.support.waiting import eventually

NAMES = [f"fault.{number:02d}" for number in range(1, 13)]
LATE, GONE = NAMES[0], NAMES[1]
type Scenarios = Mapping[str, tuple[Scenario, Future[Run]]]

MONTHS = {"cleared": 1, "failed": 2, "success": 3, "deleted": 4}
"""Of 2025, by what happens to the DAG run."""


@dataclass(frozen=True)
class Scenario:
    """A month of its own, whose first creator's cover is held back."""

    twin: Twin
    api: AirflowApi
    host: CoverHost
    month: int
    held: Held

    @property
    def start(self) -> datetime:
        return datetime(2025, self.month, 1)  # noqa: DTZ001 - as MySQL has it

    def url(self, name: str, number: int) -> str:
        return self.host.url(f"/{self.month}/{name}/{number}.jpg")

    def insert(self) -> None:
        rows = []
        for index, name in enumerate(NAMES):
            for number in (1, 2):
                path = f"/{self.month}/{name}/{number}.jpg"
                self.host.answer(path, response(picture(index, number)))
                moment = self.start + timedelta(days=1, seconds=number)
                rows.append((name, self.url(name, number), moment))
        self.host.answer(f"/{self.month}/{LATE}/2.jpg", self.held)
        insert = "INSERT INTO covers (creator_name, cover_url, updated_at) VALUES (%s, %s, %s)"
        with closing(self.twin.mysql.connect()) as connection:
            connection.cursor().executemany(insert, rows)
            connection.commit()

    def delete(self, where: str, value: str) -> None:
        """Delete rows of this month."""
        with closing(self.twin.mysql.connect()) as connection:
            connection.cursor().execute(
                f"DELETE FROM covers WHERE {where} AND updated_at BETWEEN %s AND %s",  # noqa: S608
                (value, self.start, self.start + timedelta(days=27)),
            )
            connection.commit()

    def trigger(self) -> Run:
        window = {
            "window_start": f"{self.start:%Y-%m-%d}",
            "window_end": f"{self.start + timedelta(days=27):%Y-%m-%d}",
        }
        body = {"logical_date": None, "conf": {**window, "timeout": 120}}
        # Two runs that are triggered within one second are not both possible.
        body["run_after"] = (
            datetime.now().astimezone() - timedelta(minutes=self.month)
        ).isoformat()
        made = self.api._request("POST", f"dags/{MANUAL_DAG}/dagRuns", json=body)
        return Run(self.twin, self.api, made["dag_run_id"], MANUAL_DAG)

    def clear(self, run: Run, first: str) -> None:
        tasks = {"task_ids": [first], "include_downstream": True, "only_failed": False}
        body = {"dag_run_id": run.dag_run_id, "dry_run": False, **tasks}
        self.api._request("POST", f"dags/{MANUAL_DAG}/clearTaskInstances", json=body)

    def mark(self, run: Run, state: str) -> None:
        path = f"dags/{MANUAL_DAG}/dagRuns/{run.dag_run_id}"
        self.api._request("PATCH", path, json={"state": state})

    def succeed(self, run: Run) -> Run:
        ended = self.api.wait_for_run(MANUAL_DAG, run.dag_run_id, seconds=SECONDS)
        assert ended["state"] == "success", run.logs()
        return run

    def has_receipts(self, run: Run) -> bool:
        store = S3Store(self.twin.aws.s3())
        found = core_run.Run.open(store, Settings(), run.xcom("extract")["run_id"])
        return not found.unfinished()

    def requests(self) -> dict[str, int]:
        mine = f"/{self.month}/"
        return {path: n for path, n in self.host.requests.items() if path.startswith(mine)}


def cleared(scenario: Scenario) -> Run:
    """A row goes, `extract` is cleared, and the worker of the old plan ends last."""
    run = scenario.trigger()
    scenario.held.wait(seconds=SECONDS)
    eventually(lambda: run.states()["wait"] == "deferred", seconds=SECONDS)
    old = run.xcom("extract")["rows"]
    scenario.delete("cover_url = %s", scenario.url(LATE, 2))
    scenario.delete("creator_name = %s", GONE)
    scenario.clear(run, "extract")
    eventually(
        lambda: run.states()["dispatch"] == "success" and run.xcom("extract")["rows"] < old,
        seconds=SECONDS,
        pause=1,
    )
    eventually(lambda: scenario.has_receipts(run), seconds=SECONDS, pause=0.5)
    scenario.held.let_go()
    return scenario.succeed(run)


def marked(scenario: Scenario, *, state: str) -> Run:
    """It is marked while a worker is at it, and cleared when somebody sees what that did.

    Marked as failed, it may be stopped by then: only `dispatch` lets it go on.
    """
    run = scenario.trigger()
    scenario.held.wait(seconds=SECONDS)
    eventually(lambda: run.states()["wait"] == "deferred", seconds=SECONDS)
    scenario.mark(run, state)
    scenario.held.let_go()
    scenario.clear(run, "dispatch")
    return scenario.succeed(run)


def deleted(scenario: Scenario) -> Run:
    """It is marked, or Airflow would not delete it, and another one is triggered instead."""
    run = scenario.trigger()
    scenario.held.wait(seconds=SECONDS)
    scenario.mark(run, "failed")
    with suppress(ValueError):  # the answer has no body
        scenario.api._request("DELETE", f"dags/{MANUAL_DAG}/dagRuns/{run.dag_run_id}")
    scenario.held.let_go()
    return scenario.succeed(scenario.trigger())


@pytest.fixture(scope="module")
def scenarios(twin: Twin, api: AirflowApi) -> Iterator[Scenarios]:
    """All of them, ended."""
    api.wait_for_dag(MANUAL_DAG)
    api._request("PATCH", f"dags/{MANUAL_DAG}", json={"is_paused": False})
    ways: Any = {
        "cleared": cleared,
        "failed": partial(marked, state="failed"),
        "success": partial(marked, state="success"),
        "deleted": deleted,
    }
    with cover_host() as host:
        made = {
            name: Scenario(twin, api, host, month, Held(picture(1, 2)))
            for name, month in MONTHS.items()
        }
        try:
            for scenario in made.values():
                scenario.insert()
            with ThreadPoolExecutor(len(ways)) as pool:
                ended = {name: pool.submit(way, made[name]) for name, way in ways.items()}
            eventually(lambda: depth(twin.aws.sqs()) == 0, seconds=SECONDS)
            yield {name: (made[name], future) for name, future in ended.items()}
        finally:
            for scenario in made.values():
                scenario.held.let_go()
                scenario.delete("creator_name LIKE %s", "fault.%")


def judge(scenario: Scenario, ended: Future[Run], *, placed: int) -> None:
    run = ended.result()
    second = RunTimestamp.parse(run.summary["run_timestamp"])
    report = verify_run(S3Store(scenario.twin.aws.s3()), second, run.summary["run_id"])
    assert report.opened == run.summary["objects"]["collages"]
    assert run.summary["rows"]["placed"] == run.summary["rows"]["total"] == placed
    assert not dead_messages(scenario.twin, run.summary["run_id"])


def dead_messages(twin: Twin, run_id: str) -> list[str]:
    """The bodies of messages in the dead-letter queue that are of a run; others may be there."""
    sqs = twin.aws.sqs()
    url = sqs.get_queue_url(QueueName=DLQ)["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    bodies = [message["Body"] for message in found.get("Messages", [])]
    return [body for body in bodies if run_id in body]


@failure(
    Where.AIRFLOW,
    fault="Rows are deleted and `extract` is cleared, while a worker of the old plan is slow",
    happens="What that worker made is not added to the run, and overwrites nothing of it",
    sees="a green run, whose books are those of the rows that are left",
    fix="nothing",
)
def test_a_run_that_is_cleared_from_extract_counts_nothing_of_its_old_workers(
    scenarios: Scenarios,
) -> None:
    judge(*scenarios["cleared"], placed=21)


@pytest.mark.parametrize("state", ["failed", "success"])
@failure(
    Where.AIRFLOW,
    fault="A DAG run is marked as failed or as success while its workers are at work",
    happens=(
        "Marked as failed while `wait` is deferred, its workers end within a minute; marked as "
        "failed before that, or as success, they end their chunks. Nothing is closed or archived"
    ),
    sees="no summary, and a run that stands in the state that it was given",
    fix="clear it from `dispatch`: what is done is not done again",
)
def test_a_run_that_was_marked_is_finished_when_it_is_cleared(
    scenarios: Scenarios, state: str
) -> None:
    scenario, ended = scenarios[state]
    judge(scenario, ended, placed=24)
    assert {*scenario.requests().values()} == {1}


@failure(
    Where.AIRFLOW,
    fault="A manual DAG run is marked, deleted while its workers are at work, and triggered again",
    happens="The new one is a run of its own, with a second of its own",
    sees="housekeeping reports the deleted run as stuck, until the temp bucket forgets it",
    fix="nothing",
)
def test_a_run_that_was_deleted_and_triggered_again_is_a_run_of_its_own(
    scenarios: Scenarios,
) -> None:
    scenario, ended = scenarios["deleted"]
    judge(scenario, ended, placed=24)
    assert max(scenario.requests().values()) == 2
