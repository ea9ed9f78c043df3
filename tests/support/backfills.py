"""Backfills of the twin's Airflow."""

from collections.abc import Mapping
from typing import Any

from local.airflow_api import AirflowApi
from tests.support.monthly_run import SECONDS
from tests.support.waiting import eventually


def backfill(
    api: AirflowApi,
    dag_id: str,
    first: str,
    last: str,
    *,
    reprocess: str = "none",
    at_once: int = 1,
    conf: Mapping[str, Any] | None = None,
) -> list[str]:
    """Begin a backfill over the intervals from `first` to `last`, days in UTC; their DAG runs.

    The intervals' runs of other kinds are among them. Airflow makes one backfill of a DAG at a
    time, so this waits for the one before.
    """
    eventually(lambda: is_over(api, dag_id), seconds=SECONDS)
    order = {
        "dag_id": dag_id,
        "from_date": f"{first}T00:00:00Z",
        "to_date": f"{last}T00:00:00Z",
        "max_active_runs": at_once,
        "reprocess_behavior": reprocess,
        "dag_run_conf": dict(conf or {}),
    }
    api._request("POST", "backfills", json=order)
    return runs_between(api, dag_id, first, last)


def runs_between(api: AirflowApi, dag_id: str, first: str, last: str) -> list[str]:
    """The DAG runs whose logical dates are from `first` to `last`, the earliest first."""
    asked = (
        f"order_by=logical_date&logical_date_gte={first}T00:00:00Z&"
        f"logical_date_lte={last}T00:00:00Z"
    )
    found = api._request("GET", f"dags/{dag_id}/dagRuns?{asked}")["dag_runs"]
    return [run["dag_run_id"] for run in found]


def is_over(api: AirflowApi, dag_id: str) -> bool:
    """Whether no backfill of the DAG is left, as Airflow looks for every half a minute."""
    found = api._request("GET", f"backfills?dag_id={dag_id}")["backfills"]
    return all(one["completed_at"] for one in found)
