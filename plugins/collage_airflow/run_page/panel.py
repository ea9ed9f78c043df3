"""The newest runs and the everyday links, as a part of Airflow's home page."""

from airflow.api_fastapi.common.db.common import SessionDep
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from collage_airflow.run_page import orders
from collage_airflow.run_page.access import OVERVIEW_DAG, User
from collage_airflow.run_page.dag_runs import RunFilter, list_runs, readable_dags
from collage_airflow.run_page.pages import page

router = APIRouter()

_SHOWN = 5


@router.get("/panel")
def panel(request: Request, user: User, session: SessionDep) -> HTMLResponse:
    """A list of links; Airflow's own document shows it, in its own style."""
    dags = readable_dags(session, user)
    found = list_runs(session, dags, RunFilter(), size=_SHOWN)
    return page(
        request,
        "_panel.html",
        lines=found.lines,
        starts=orders.titles(dags),
        sees_all=OVERVIEW_DAG in dags,
    )
