"""The page of one run, and the parts of it that are loaded when they are looked at.

A part that is asked for without htmx is a page of its own, so that every link works without a
script.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from airflow.api_fastapi.common.db.common import SessionDep
from airflow.models.dagrun import DagRun
from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from collage_airflow.run_page import dag_runs, orders
from collage_airflow.run_page.access import may_read_dag, may_read_run
from collage_airflow.run_page.airflow_run import AirflowRun
from collage_airflow.run_page.clock import Now
from collage_airflow.run_page.deployment import Deployment, Here
from collage_airflow.run_page.pages import is_part, page, part, query_text
from collage_airflow.run_page.run_path import InPath, RunPath
from collage_core.contract.collage_metadata import ShownCover
from collage_core.contract.reasons import DEAD_URL
from collage_core.contract.receipt import Outcome
from collage_core.covers.cover_csv import parse_updated_at
from collage_core.run.in_words import run_in_words, window_in_words
from collage_core.views.chunks import ChunkState, read_chunks
from collage_core.views.creator import read_creator
from collage_core.views.gallery import GalleryQuery, read_gallery
from collage_core.views.run_state import RunState
from collage_core.views.run_view import RunView, read_run
from collage_core.views.throughput import throughput

router = APIRouter()
_of_run = APIRouter(prefix="/runs/{timestamp}/{run_id}", dependencies=[Depends(may_read_run)])

_SETTLES = timedelta(minutes=1)
"""A DAG run that a person has ended is stopped some seconds later."""

type PageNumber = Annotated[int, Query(alias="page", ge=1, le=10_000)]


@router.get("/dags/{dag_id}/runs/{dag_run_id}", dependencies=[Depends(may_read_dag)])
def dag_run(
    request: Request, here: Here, session: SessionDep, now: Now, dag_id: str, dag_run_id: str
) -> HTMLResponse:
    """The page of a run, by the names that Airflow has for it."""
    found = dag_runs.find_dag_run(session, dag_id, dag_run_id)
    if found is None:
        raise HTTPException(404, f"Airflow has no run {dag_run_id} of {dag_id}.")
    airflow = AirflowRun.read(session, found)
    identity = dag_runs.identity_of(found)
    if identity is None:
        return page(request, "other_run.html", airflow=airflow)
    path = RunPath(identity.timestamp, identity.run_id)
    paused = dag_runs.paused_dags(session)
    return _page(request, here, path, airflow, paused, now)


@_of_run.get("")
def run(request: Request, here: Here, session: SessionDep, now: Now, path: InPath) -> HTMLResponse:
    """The page of a run, by its own names."""
    airflow, paused = _airflow(session, path), dag_runs.paused_dags(session)
    return _page(request, here, path, airflow, paused, now)


@_of_run.get("/progress")
def progress(
    request: Request, here: Here, session: SessionDep, now: Now, path: InPath, phase: str = ""
) -> HTMLResponse:
    """How far the run is. In another phase than the page is of, the page is loaded again."""
    view, airflow = _read(here, path, now), _airflow(session, path)
    values = _values(path, view, airflow)
    answer = part(request, "progress", **values)
    if is_part(request) and phase != values["phase"]:
        answer.headers["HX-Refresh"] = "true"
    return answer


@_of_run.get("/chunks")
def chunks(
    request: Request,
    here: Here,
    now: Now,
    path: InPath,
    state: ChunkState | None = None,
    number: PageNumber = 1,
) -> HTMLResponse:
    """A page of the table of chunks."""
    view = _read(here, path, now)
    found = read_chunks(here.store, here.settings, view, state=state, page=number)
    return part(
        request,
        "chunks",
        path=path,
        view=view,
        found=found,
        state=state,
        states=list(ChunkState),
        log=here.log,
        function_name=here.settings.function_name,
        temp_bucket=here.settings.temp_bucket,
    )


@_of_run.get("/gallery")
def gallery(  # noqa: PLR0913, PLR0917 - the fields of the form
    request: Request,
    here: Here,
    now: Now,
    path: InPath,
    missing: bool = False,
    outcome: Annotated[str, Query(pattern="^(complete|partial|failed)?$")] = "",
    reason: Annotated[str, Query(max_length=100)] = "",
    number: PageNumber = 1,
) -> HTMLResponse:
    """A page of the creators."""
    query = GalleryQuery(
        text=query_text(request, "text"),
        missing_only=missing,
        outcome=Outcome(outcome) if outcome else None,
        reason=reason or None,
    )
    found = read_gallery(here.store, here.settings, path.run_id, path.timestamp, query, page=number)
    return part(
        request,
        "gallery",
        pictures_from=here.pictures_from,
        at=now,
        path=path,
        query=query,
        outcomes=[str(one.value) for one in Outcome],
        found=found,
    )


@_of_run.get("/creator")
def creator(request: Request, here: Here, path: InPath) -> HTMLResponse:
    """The collage of a creator beside its covers."""
    name = query_text(request, "name")
    found = read_creator(here.store, here.settings, path.run_id, path.timestamp, name)
    if found is None:
        raise HTTPException(404, "This run has no creator of this name, or is not there yet.")
    return page(
        request,
        "creator.html",
        pictures_from=here.pictures_from,
        path=path,
        name=name,
        found=found,
        when=_when,
    )


router.include_router(_of_run)


def _read(here: Deployment, path: RunPath, now: datetime) -> RunView:
    return read_run(here.store, here.settings, path.run_id, path.timestamp, now=now)


def _airflow(session: Session, path: RunPath) -> AirflowRun | None:
    found: DagRun | None = dag_runs.dag_run_of(session, path.timestamp, path.run_id)
    return None if found is None else AirflowRun.read(session, found)


def _page(
    request: Request,
    here: Deployment,
    path: RunPath,
    airflow: AirflowRun | None,
    paused: Collection[str],
    now: datetime,
) -> HTMLResponse:
    view = _read(here, path, now)
    return page(
        request,
        "run.html",
        pictures_from=here.pictures_from,
        **_values(path, view, airflow),
        throughput=throughput(view),
        actions=_actions(view, airflow),
        has_dead_urls=_has_dead_urls(view),
        paused=paused,
    )


def _values(path: RunPath, view: RunView, airflow: AirflowRun | None) -> dict[str, Any]:
    return {
        "path": path,
        "view": view,
        "airflow": airflow,
        "about": _about(view),
        "in_words": None if view.summary is None else run_in_words(view.summary),
        "phase": _phase(view),
        "is_polled": _is_polled(view, airflow),
    }


def _actions(view: RunView, airflow: AirflowRun | None) -> list[orders.Order]:
    """What may be of use now."""
    found = []
    if airflow is not None and airflow.is_open:
        found.append(orders.stop(airflow.line))
    if airflow is not None and airflow.line.state == "failed" and view.manifest is not None:
        found.append(orders.go_on(airflow.line))
    if view.books is not None and view.books.rows.failed and not view.keeps_only:
        found.append(orders.fill(view.run_id))
    if view.progress is not None and view.progress.failing:
        found.append(orders.redrive(view.run_id))
    return found


def _when(cover: ShownCover) -> str:
    """When a cover was updated: to the minute and in UTC, whatever offset the CSV has."""
    moment = None if cover.updated_at is None else parse_updated_at(cover.updated_at)
    if moment is None:
        return "?"
    try:
        return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
    except OverflowError:  # it is in the first or in the last hours that there are
        return str(cover.updated_at)


def _has_dead_urls(view: RunView) -> bool:
    """Whether there is a list of covers whose URLs are dead."""
    if view.books is None or view.keeps_only:
        return False
    return not DEAD_URL.isdisjoint(view.books.reasons)


def _about(view: RunView) -> str:
    """What the run is of, in a few words; empty if only its second is known."""
    of = view.summary or view.manifest
    if of is None:
        return ""
    if of.window is not None:
        return window_in_words(of.window)
    return of.source.key.rpartition("/")[2]


def _is_polled(view: RunView, airflow: AirflowRun | None) -> bool:
    """Whether it may soon be in another state. What Airflow has ended, only its workers go on."""
    if airflow is None:
        return view.state.is_moving
    if airflow.is_open or view.state is RunState.WORKING:
        return True
    ended = airflow.line.ended
    return view.state.is_moving and ended is not None and view.at - ended < _SETTLES


def _phase(view: RunView) -> str:
    """What decides which parts a page has."""
    if view.state.is_closed:
        return "closed"
    return "none" if view.manifest is None else "open"
