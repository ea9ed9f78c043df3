"""The pages where Airflow is below a path of a proxy, as its BASE_URL says."""

import re
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from tests.support.dag_runs_stored import add_dag, add_run
from tests.unit.collage_airflow.run_page.conftest import Visitors

ROOT = "/team/airflow"
PAGES = f"{ROOT}/cover-collages"
MANUAL = "cover_collage_manual"


@pytest.fixture
def proxied(app: FastAPI, visitors: Visitors, airflow_database: Session) -> TestClient:
    """A viewer of an Airflow that has the pages mounted as `init_plugins` does it."""
    add_dag(airflow_database, MANUAL)
    add_run(airflow_database, MANUAL, "m1", state="running")
    airflow = FastAPI(root_path=ROOT)
    airflow.mount("/cover-collages", app)
    return TestClient(airflow, headers=visitors("viewer").headers, follow_redirects=False)


@pytest.mark.parametrize(
    "path", ["/runs", "/start/trial", "/months", f"/dags/{MANUAL}/runs/m1", "/panel", "/creators"]
)
def test_every_address_of_a_page_is_below_the_path(path: str, proxied: TestClient) -> None:
    page = proxied.get(f"{PAGES}{path}")
    assert page.status_code == 200
    addresses = re.findall(
        r'(?:href|src|action|hx-get|data-to|data-then)="([^"#][^"]*)"', page.text
    )
    strange = [each for each in addresses if not each.startswith((f"{ROOT}/", "data:"))]
    assert addresses
    assert strange == []


def test_a_person_who_logs_in_comes_back_to_the_page(proxied: TestClient) -> None:
    del proxied.headers["Authorization"]
    refused = proxied.get(f"{PAGES}/runs?state=failed&dag_id=a%26b")
    assert refused.status_code == 401
    back = quote(f"{PAGES}/runs?state=failed&dag_id=a%26b", safe="")
    assert f'href="{ROOT}/api/v2/auth/login?next={back}"' in refused.text


def test_style_and_scripts_are_found(proxied: TestClient) -> None:
    page = proxied.get(f"{PAGES}/runs")
    (style, *_) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text)
    assert proxied.get(style).status_code == 200
