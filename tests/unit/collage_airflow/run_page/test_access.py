"""No path answers anybody who may not see it."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from collage_airflow.run_page.application import application
from tests.unit.collage_airflow.run_page.conftest import Visitors

FOR_ALL_WHO_ARE_LOGGED_IN = {"/runs", "/panel", "/static/{name}"}
"""They show what is no secret, or only rows that the user may read."""

_VALUES = {
    "dag_id": "cover_collage_monthly",
    "dag_run_id": "scheduled__2026-10-01",
    "timestamp": "20261001_000000",
    "run_id": "cover_collage_monthly-20261001_000000-12345678",
    "name": "pages.css",
    "what": "trial",
}


def routes(app: FastAPI) -> Iterator[APIRoute]:
    for route in app.routes:
        assert isinstance(route, APIRoute), f"{route} has no dependencies: who may see it?"
        yield route


ROUTES = list(routes(application()))
each_route = pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)


def url(route: APIRoute) -> str:
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: _VALUES[found[1]], route.path)


@each_route
def test_nobody_is_answered_who_is_not_logged_in(route: APIRoute, visitors: Visitors) -> None:
    for method in route.methods:
        answer = visitors(None).request(method, url(route))
        assert answer.status_code == 401
        assert "/api/v2/auth/login?next=" in answer.text
        # In a frame of Airflow, a link to another frame does nothing.
        assert "target=" not in answer.text


@each_route
def test_a_forged_token_is_refused(route: APIRoute, visitors: Visitors) -> None:
    answer = visitors(None).get(url(route), headers={"Authorization": "Bearer e30.e30.e30"})
    assert answer.status_code in {401, 403}


@each_route
def test_a_user_without_rights_sees_nothing_of_any_run(route: APIRoute, visitors: Visitors) -> None:
    answer = visitors("").get(url(route))
    assert (answer.status_code == 403) == (route.path not in FOR_ALL_WHO_ARE_LOGGED_IN)
    if answer.status_code == 403:
        assert "let you read the runs of cover_collage_" in answer.text


@each_route
def test_pages_only_read(route: APIRoute) -> None:
    assert route.methods == {"GET"}


def test_a_program_is_refused_in_json(visitors: Visitors) -> None:
    answer = visitors(None).get("/runs", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["detail"]) == (
        401,
        "These pages are for people who are logged in to Airflow.",
    )


def test_paths_that_are_no_pages_are_refused_before_they_are_said_to_be_none(
    visitors: Visitors,
) -> None:
    for path in ("/docs", "/openapi.json", "/redoc", "/../collage_core", "/none"):
        assert visitors("viewer").get(path).status_code == 404


def test_a_run_of_a_dag_is_only_found_at_its_own_second(visitors: Visitors) -> None:
    """With another second, the keys of pictures would be those of another run."""
    run = "cover_collage_monthly-20261001_000000-12345678"
    for path in ("", "/gallery", "/chunks", "/progress", "/file?kind=thumbnail&creator=ana"):
        assert visitors("viewer").get(f"/runs/20261101_000000/{run}{path}").status_code == 404
