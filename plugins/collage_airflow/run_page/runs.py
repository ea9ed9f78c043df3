"""The list of runs."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from collage_airflow.run_page.pages import page

router = APIRouter()


@router.get("/runs")
def runs(request: Request) -> HTMLResponse:
    """The runs of all DAGs that the user may read."""
    return page(request, "runs.html")
