"""The pages from which runs are started, with their forms filled in."""

from dataclasses import replace

from airflow.api_fastapi.common.db.common import SessionDep
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse

from collage_airflow.run_page import orders
from collage_airflow.run_page.access import User, may_read
from collage_airflow.run_page.dag_runs import paused_dags
from collage_airflow.run_page.pages import page, query_text

router = APIRouter()


def _order(what: str) -> orders.Order:
    order = orders.everyday().get(what)
    if order is None:
        raise HTTPException(404, f"Nothing is started by {what}.")
    return order


def _may_read_its_dag(request: Request, user: User, what: str) -> None:
    may_read(_order(what).dag_id, request, user)


@router.get("/start/{what}", dependencies=[Depends(_may_read_its_dag)])
def start(request: Request, session: SessionDep, what: str) -> HTMLResponse:
    """One form, with what the address has for its fields, such as `?csv_key=manual-uploads/a.csv`.

    Whether the person may send it, Airflow says when it is sent.
    """
    order = _filled(_order(what), request)
    return page(request, "start.html", order=order, paused=paused_dags(session), everyday=what)


def _filled(order: orders.Order, request: Request) -> orders.Order:
    """The order with the texts and dates of the address in its fields."""
    fields = [
        replace(field, value=query_text(request, field.name.rpartition(".")[2]) or field.value)
        if field.kind in {"text", "date"}
        else field
        for field in order.fields
    ]
    return replace(order, fields=fields)
