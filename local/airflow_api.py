"""A small client of Airflow's REST API, for the demo and the tests."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests

from local.airflow import ADMIN
from local.errors import TwinError

_SECONDS = 30
_POLL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class AirflowApi:
    """A client of one Airflow, logged in as its admin."""

    url: str
    password: str
    _session: requests.Session = field(default_factory=requests.Session)

    def wait_for_dag(self, dag_id: str, *, seconds: float = 60) -> None:
        """Wait until the DAG processor has read the DAG.

        Raises TwinError with the import errors when it does not appear.
        """
        deadline = time.monotonic() + seconds
        while self._request("GET", f"dags/{dag_id}", missing_ok=True) is None:
            errors = self.import_errors()
            if errors or time.monotonic() > deadline:
                raise TwinError("\n".join([f"the DAG {dag_id} does not load", *errors]))
            time.sleep(_POLL_SECONDS)

    def import_errors(self) -> list[str]:
        """The name and the traceback of each DAG file that does not load."""
        found = self._request("GET", "importErrors")["import_errors"]
        return [f"{error['filename']}: {error['stack_trace']}" for error in found]

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> str:
        """Start a run, unpause the DAG if needed, and return the run's id.

        When a DAG with a schedule is unpaused, Airflow at once starts the run of the latest
        interval too. So the first manual run takes that interval's logical date: the scheduler
        then counts the interval as done, and starts the next one at its time.
        """
        dag = self._request("GET", f"dags/{dag_id}")
        run: dict[str, Any] = {"logical_date": None, "conf": dict(conf or {})}
        due = dag["next_dagrun_run_after"]
        if dag["is_paused"] and due and datetime.fromisoformat(due) <= datetime.now(UTC):
            run["logical_date"] = dag["next_dagrun_logical_date"]
        created = self._request("POST", f"dags/{dag_id}/dagRuns", json=run)
        self._request("PATCH", f"dags/{dag_id}", json={"is_paused": False})
        return str(created["dag_run_id"])

    def pause(self, dag_id: str) -> None:
        """Pause a DAG: no task of it starts until it is unpaused."""
        self._request("PATCH", f"dags/{dag_id}", json={"is_paused": True})

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """The run as the API describes it; its `state` is queued, running, success or failed."""
        result: dict[str, Any] = self._request("GET", f"dags/{dag_id}/dagRuns/{run_id}")
        return result

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """The run's task instances in the order of their start, waiting ones last."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        tasks: list[dict[str, Any]] = self._request("GET", path)["task_instances"]
        return sorted(tasks, key=lambda task: task["start_date"] or "9999")

    def wait_for_run(self, dag_id: str, run_id: str, *, seconds: float) -> dict[str, Any]:
        """The run once it has succeeded or failed. Raises TwinError when it takes too long."""
        deadline = time.monotonic() + seconds
        while (run := self.run(dag_id, run_id))["state"] not in {"success", "failed"}:
            if time.monotonic() > deadline:
                raise TwinError(f"the run {run_id} of {dag_id} did not end in {seconds:.0f} s")
            time.sleep(_POLL_SECONDS)
        return run

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value") -> Any:
        """An XCom value of a task of the run."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/{key}"
        return self._request("GET", path)["value"]

    def log(self, dag_id: str, run_id: str, task_id: str, *, attempt: int = 1) -> str:
        """The log of a task, one event per line, with the exceptions that ended it."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{attempt}"
        content = self._request("GET", path)["content"]
        lines = []
        for event in content:
            lines.append(str(event["event"]))
            errors = event.get("error_detail") or []
            lines += [f"{error['exc_type']}: {error['exc_value']}" for error in errors]
        return "\n".join(lines)

    def _request(self, method: str, path: str, *, missing_ok: bool = False, **body: Any) -> Any:
        if "Authorization" not in self._session.headers:
            self._log_in()
        url = f"{self.url}/api/v2/{path}"
        response = self._session.request(method, url, timeout=_SECONDS, **body)
        if missing_ok and response.status_code == 404:
            return None
        if not response.ok:
            raise TwinError(f"Airflow answers {response.status_code} to {path}: {response.text}")
        return response.json()

    def _log_in(self) -> None:
        self._session.trust_env = False  # no proxy between here and loopback
        login = {"username": ADMIN, "password": self.password}
        response = self._session.post(f"{self.url}/auth/token", json=login, timeout=_SECONDS)
        response.raise_for_status()
        token = response.json()["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"
