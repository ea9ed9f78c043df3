"""A run of the real Airflow is stopped in both ways, and goes on with what is missing."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from collage_core.aws.s3_store import S3Store
from collage_core.contract.receipt import Receipt
from collage_core.layout import keys
from collage_core.storage.documents import read_document
from local.airflow_api import AirflowApi
from local.settings import TEMP_BUCKET
from local.twin import Twin
from tests.support.cover_host import CoverHost, cover_host, response
from tests.support.every_dag import MANUAL_DAG as DAG
from tests.support.failures import Where, failure
from tests.support.monthly_run import Run
from tests.support.stopped import stopped
from tests.support.task_by_task import picture
from tests.support.waiting import eventually
from tests.support.workers import function_with

CREATORS = [f"stop.{number:03d}" for number in range(1, 91)]
"""One chunk of the twin."""
SECONDS_A_COVER = 4.0
VARIABLE = "cover_collage_stop"
SECONDS = 400
"""How long Airflow may take for a step on a busy machine."""


@pytest.fixture
def host() -> Iterator[CoverHost]:
    """A slow host with a cover of each creator."""
    with cover_host() as host:
        for index, name in enumerate(CREATORS):

            def send_late(connection: Any, index: int = index) -> None:
                time.sleep(SECONDS_A_COVER)
                connection.sendall(response(picture(index, 1)))

            host.answer(f"/{name}.jpg", send_late)
        yield host


class Steered:
    """A run that a person watches, stops, and lets go on."""

    def __init__(self, twin: Twin, api: AirflowApi, host: CoverHost) -> None:
        self.api, self.host = api, host
        self.store = S3Store(twin.aws.s3())
        lines = [
            f"{name},{host.url(f'/{name}.jpg')},2026-10-01T00:00:{index % 60:02d}Z\n"
            for index, name in enumerate(CREATORS)
        ]
        text = "creator_name,cover_url,updated_at\n" + "".join(lines)
        conf = {"csv_text": text, "max_workers": 1, "timeout": 30, "rows": 1, "cols": 1}
        self.run = Run(twin, api, api.trigger(DAG, conf), DAG)

    @property
    def run_id(self) -> str:
        run_id: str = self.run.xcom("extract")["run_id"]
        return run_id

    def state(self, task_id: str = "wait") -> str:
        return self.run.states()[task_id]

    def until_deferred(self, *, more_requests: int = 2) -> None:
        """Wait until `wait` is deferred and the workers have asked for some more covers."""
        least = len(self.host.heads) + more_requests
        eventually(lambda: self.state() == "deferred", seconds=SECONDS, pause=2)
        eventually(lambda: len(self.host.heads) >= least, seconds=SECONDS)

    def until_quiet(self) -> float:
        """Wait until no cover is asked for any more; the seconds until the last request."""
        began = time.monotonic()
        last, asked = began, len(self.host.heads)
        while time.monotonic() - last < 8:
            time.sleep(0.2)
            if len(self.host.heads) > asked:
                last, asked = time.monotonic(), len(self.host.heads)
            assert time.monotonic() - began < 120, "workers go on"
        return last - began

    def done(self) -> set[str]:
        """The creators that are done."""
        (chunk,) = self.run.document(TEMP_BUCKET, keys.manifest(self.run_id))["chunks"]
        key = keys.partial_receipt(self.run_id, chunk["chunk_id"])
        partial = read_document(self.store, TEMP_BUCKET, key, Receipt)
        assert partial is not None
        return {result.creator for result in partial.results}

    def is_stopped(self) -> bool:
        return self.store.head(TEMP_BUCKET, keys.stop(self.run_id)) is not None

    def clear(self, task_id: str, *, downstream: bool = True) -> None:
        body = {
            "dag_run_id": self.run.dag_run_id,
            "task_ids": [task_id],
            "only_failed": False,
            "include_downstream": downstream,
            "dry_run": False,
        }
        self.api._request("POST", f"dags/{DAG}/clearTaskInstances", json=body)

    def mark_as_failed(self) -> None:
        path = f"dags/{DAG}/dagRuns/{self.run.dag_run_id}/taskInstances/wait"
        self.api._request("PATCH", path, json={"new_state": "failed"})

    def write_variable(self, value: str) -> None:
        body = {"key": VARIABLE, "value": value}
        found = self.api._request("PATCH", f"variables/{VARIABLE}", missing_ok=True, json=body)
        if found is None:
            self.api._request("POST", "variables", json=body)

    def log(self, task_id: str) -> str:
        """Of the last try."""
        task = next(
            task for task in self.api.tasks(DAG, self.run.dag_run_id) if task["task_id"] == task_id
        )
        return self.api.log(DAG, self.run.dag_run_id, task_id, attempt=task["try_number"])


def deadlines(run: Run) -> list[datetime]:
    """What the task remembers from try to try."""
    path = f"dags/{DAG}/dagRuns/{run.dag_run_id}/taskInstances/wait/state-store"
    kept = run.api._request("GET", path)["task_state_store"]
    return [datetime.fromisoformat(entry["value"]) for entry in kept if "deadline" in entry["key"]]


def looks(steered: Steered) -> int:
    """How many triggers of the last try have said how far the run is."""
    return steered.log("wait").count("0 of 1 chunks are done")


@failure(
    Where.AIRFLOW,
    fault="Somebody marks `wait` as failed while the workers are at work",
    happens="They end within a minute, with what is done; nothing goes to the dead-letter queue",
    sees="`wait`: “Run … is stopped, and … chunks are done …”, and how to go on",
    fix="clear `dispatch`: what is done is not done again",
)
@failure(
    Where.AIRFLOW,
    fault="Somebody writes the run, or `all`, into the Variable `cover_collage_stop`",
    happens="Its workers end within a minute, with what is done, and its `wait` fails",
    sees="`wait`: “run … is stopped …: Airflow's Variable cover_collage_stop has …”",
    fix="remove it from the Variable, then clear `dispatch`",
)
@failure(
    Where.AIRFLOW,
    fault="The triggerer is restarted while `wait` is deferred",
    happens="It goes on, until the same deadline",
    sees="nothing",
    fix="nothing",
)
@pytest.mark.long
def test_a_run_that_is_stopped_asks_for_no_cover_and_goes_on_with_what_is_missing(
    twin: Twin, api: AirflowApi, host: CoverHost
) -> None:
    api.wait_for_dag(DAG)
    with function_with(twin, HEARTBEAT_SECONDS="2"):
        steered = Steered(twin, api, host)
        steered.until_deferred()
        steered.clear("wait", downstream=False)
        steered.until_deferred()
        assert not steered.is_stopped(), "a task that is cleared stops nothing"
        before = deadlines(steered.run)
        eventually(lambda: looks(steered) == 1, seconds=SECONDS, pause=2)
        with stopped(twin, "airflow-triggerer"):
            assert steered.state() == "deferred"
        eventually(lambda: looks(steered) == 2, seconds=SECONDS, pause=2)

        steered.mark_as_failed()
        eventually(steered.is_stopped, seconds=SECONDS)
        assert steered.until_quiet() < 60
        assert f"Run {steered.run_id} is stopped, and 0 of 1 chunks are done" in steered.log("wait")
        stops = [(steered.done(), steered.host.requests)]
        assert stops[0][0]
        assert deadlines(steered.run) == before

        steered.write_variable(steered.run.dag_run_id)
        steered.clear("dispatch")
        eventually(lambda: steered.state("dispatch") == "failed", seconds=SECONDS, pause=2)
        assert f"remove {steered.run.dag_run_id} from it, then clear this task" in steered.log(
            "dispatch"
        )
        steered.write_variable("")
        steered.clear("dispatch")
        steered.until_deferred()
        steered.write_variable(f"other, {steered.run.dag_run_id}")
        wrote = datetime.now(UTC)
        eventually(lambda: steered.state() == "failed", seconds=SECONDS, pause=2)
        steered.until_quiet()
        assert (datetime.now(UTC) - wrote).total_seconds() < 60
        assert "has no receipt" not in steered.log("wait")
        assert "is stopped, and 1 of its chunks have no receipt" in steered.log("wait")
        stops.append((steered.done(), steered.host.requests))
        assert stops[0][0] < stops[1][0]

        steered.write_variable("")
        for name in CREATORS:
            host.answer(f"/{name}.jpg", response(picture(1, 1)))
        steered.clear("dispatch")
        assert api.wait_for_run(DAG, steered.run.dag_run_id, seconds=SECONDS)["state"] == "success"
    assert steered.run.summary["rows"]["placed"] == len(CREATORS)
    for done, asked in stops:
        paths = [f"/{name}.jpg" for name in done]
        assert [path for path in paths if host.requests[path] > asked[path]] == []
