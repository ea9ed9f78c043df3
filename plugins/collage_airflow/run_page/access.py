"""Who may see what. Airflow authenticates and authorises: it knows nothing of paths of plugins.

A page of one run asks for the right to read the runs of its DAG. Pages over all runs, and those of
runs that no DAG has made, ask for it on OVERVIEW_DAG, whose documents are about all runs.
"""

from typing import Annotated

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import get_user, requires_access_dag
from fastapi import Depends, HTTPException, Request

OVERVIEW_DAG = "cover_collage_statistics"
"""Whoever may read its runs may see the books of all runs."""

User = Annotated[BaseUser, Depends(get_user)]
"""The user of a request. Nobody is refused with 401."""


def may_read(dag_id: str, request: Request, user: User) -> None:
    """Refuses with 403 whoever may not read the runs of a DAG."""
    try:
        requires_access_dag("GET", DagAccessEntity.RUN, dag_id)(request, user)
    except HTTPException as error:
        if error.status_code != 403:
            raise
        raise HTTPException(403, f"Airflow does not let you read the runs of {dag_id}.") from error


def may_read_all(request: Request, user: User) -> None:
    """Refuses with 403 whoever may not see the books of all runs."""
    may_read(OVERVIEW_DAG, request, user)


def may_read_dag(request: Request, user: User) -> None:
    """Refuses with 403 whoever may not read the runs of the DAG in the path, `dag_id`."""
    may_read(request.path_params["dag_id"], request, user)


def may_read_run(request: Request, user: User) -> None:
    """Refuses with 403 whoever may not read the run in the path, `run_id`.

    A run of a DAG is named after it. All others are of CSVs or messages from outside.

    Its second, `timestamp`, is in the name of a run of a DAG, too. With another one, the path would
    lead to the collages of other runs: 404.
    """
    run_id, timestamp = request.path_params["run_id"], request.path_params["timestamp"]
    dag_id = dag_of_run(run_id)
    may_read(dag_id or OVERVIEW_DAG, request, user)
    if dag_id is not None and not run_id.startswith(f"{dag_id}-{timestamp}-"):
        raise HTTPException(404, f"Run {run_id} is not of {timestamp}.")


def dag_of_run(run_id: str) -> str | None:
    """The DAG that has made a run, by the run's name; None for a run from outside."""
    dag_id, _, rest = run_id.partition("-")
    return dag_id if rest and dag_id.startswith(("cover_collage_", "keep_covers")) else None
