"""A creator over all runs: found by the beginning of the name, with all of the collages."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from collage_airflow.run_page.access import may_read_all
from collage_airflow.run_page.asked import asked_name, asked_page
from collage_airflow.run_page.deployment import Here
from collage_airflow.run_page.pages import page
from collage_core.views.history import find_creators, read_history

router = APIRouter(dependencies=[Depends(may_read_all)])


@router.get("/creators")
def creators(request: Request, here: Here) -> HTMLResponse:
    """The collages of the creator with this name, and creators whose names begin with it."""
    name, number = asked_name(request, "name"), asked_page(request, "page")
    if not name:
        return page(request, "creators.html", name="", found=None, history=None, others=[])
    found = find_creators(here.store, here.settings, name)
    history = read_history(here.store, here.settings, name, page=number)
    return page(
        request,
        "creators.html",
        status=200 if found.names or history.total else 404,
        pictures_from=here.pictures_from,
        name=name,
        found=found,
        history=history,
        others=[other for other in found.names if other != name],
    )
