"""The list of runs, from Airflow's database: it asks S3 for nothing."""

from datetime import date
from typing import Annotated

from airflow.api_fastapi.common.db.common import SessionDep
from airflow.utils.state import DagRunState
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BeforeValidator, Field

from collage_airflow.run_page import orders
from collage_airflow.run_page.access import User
from collage_airflow.run_page.asked import FIRST_YEAR, LAST_YEAR
from collage_airflow.run_page.clock import Now
from collage_airflow.run_page.dag_runs import RunFilter, list_runs, readable_dags
from collage_airflow.run_page.pages import page

router = APIRouter()

type _Day = Annotated[date, Field(ge=date(FIRST_YEAR, 1, 1), le=date(LAST_YEAR, 12, 31))]
type Day = Annotated[_Day | None, BeforeValidator(lambda text: text or None)]
"""A date of a form, which may be left empty."""


@router.get("/runs")
def runs(  # noqa: PLR0913, PLR0917 - the fields of the form
    request: Request,
    user: User,
    session: SessionDep,
    now: Now,
    dag_id: str = "",
    state: str = "",
    since: Day = None,
    until: Day = None,
    page_number: Annotated[int, Query(alias="page", ge=1)] = 1,
) -> HTMLResponse:
    """The runs of all DAGs that the user may read."""
    dags = readable_dags(session, user)
    wanted = RunFilter(dag_id, state, since, until)
    return page(
        request,
        "runs.html",
        found=list_runs(session, dags, wanted, page_number),
        dags=dags,
        states=[str(state) for state in DagRunState],
        wanted=wanted,
        starts=orders.titles(dags),
        now=now,
    )
