"""The pages of runs in a real Airflow, with its users, its database, its frame and a real S3."""

import json
from collections.abc import Iterator
from urllib.parse import quote

import jwt
import pytest
import requests

from collage_airflow.run_page.application import application
from local.airflow_api import AirflowApi
from local.twin import Twin
from tests.support.browser import Page
from tests.support.monthly_run import SECONDS, Run
from tests.unit.collage_airflow.run_page.test_access import (
    FOR_ALL_WHO_ARE_LOGGED_IN,
    routes,
    url,
)

MANUAL = "cover_collage_manual"
CREATOR = "dailydogs"


@pytest.fixture(scope="module")
def run(twin: Twin, api: AirflowApi) -> Run:
    """An ended run of three creators, one of them with covers that failed."""
    api.wait_for_dag(MANUAL)
    conf = {
        "window_start": "2026-10-01",
        "window_end": "2026-11-01",
        "creators": [CREATOR, "Ana", "ghost.account"],
    }
    dag_run_id = api.trigger(MANUAL, conf)
    api.wait_for_run(MANUAL, dag_run_id, seconds=SECONDS)
    return Run(twin, api, dag_run_id, MANUAL)


@pytest.fixture(scope="module")
def pages(twin: Twin) -> str:
    return f"{twin.airflow.url}/cover-collages"


@pytest.fixture
def stranger(twin: Twin, api: AirflowApi) -> Iterator[requests.Session]:
    """Somebody whom Airflow knows and who has no role."""
    token = str(api._session.headers["Authorization"]).removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False})
    header = jwt.get_unverified_header(token)
    forged = jwt.encode(
        {**claims, "sub": "stranger", "role": ""},
        twin.airflow.credentials.airflow_jwt_secret,
        algorithm=header["alg"],
    )
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {forged}"
        yield session


def test_every_path_refuses_nobody_and_a_user_without_rights(
    pages: str, stranger: requests.Session
) -> None:
    nobody = requests.Session()
    nobody.trust_env = False
    for route in routes(application()):
        address = f"{pages}{url(route)}"
        anonymous = nobody.get(address, headers={"Accept": "text/html"}, timeout=60)
        assert anonymous.status_code == 401, address
        assert "/api/v2/auth/login?next=" in anonymous.text
        status = stranger.get(address, timeout=60).status_code
        assert (status == 403) == (route.path not in FOR_ALL_WHO_ARE_LOGGED_IN), address


def test_a_collage_is_two_clicks_from_home(page: Page, twin: Twin, run: Run) -> None:
    page.open(f"{twin.airflow.url}/")
    link = f"/runs/{quote(run.dag_run_id, safe='')}"
    page.click(f"document.querySelector(`.cover-collages-panel a[href$='{link}']`)")
    page.see("document.body.innerText.includes('of 3 collages')")
    page.see("document.querySelectorAll('.tiles article').length == 3")
    page.click(
        "[...document.querySelectorAll('.tiles h3 a')].find(found => "
        f"found.innerText == '{CREATOR}')"
    )
    page.see("document.querySelector('img.collage')?.naturalWidth > 100")
    page.see("document.body.innerText.includes('Missing covers')")


def test_in_airflows_frame_a_link_leaves_it(page: Page, twin: Twin, run: Run) -> None:
    page.open(f"{twin.airflow.url}/plugin/collages")
    frame = "document.querySelector('iframe')?.contentDocument"
    row = (
        f"[...{frame}.querySelectorAll('table.runs tr')].find(found => "
        f"found.innerText.includes({json.dumps(run.dag_run_id)}))"
    )
    page.see(f"!!{frame}?.querySelector('table.runs')")
    page.value(f"{row}.querySelector('a').click(), null")
    page.see(f"!!{frame}?.querySelector('#progress a[data-outside]')")
    page.value(f"{frame}.querySelector('#progress a[data-outside]').click(), null")
    page.see(f"location.pathname.startsWith('/dags/{MANUAL}/runs/')")


def test_a_fill_is_ordered_on_the_page_of_the_run(
    page: Page, api: AirflowApi, pages: str, run: Run
) -> None:
    page.open(f"{pages}/dags/{MANUAL}/runs/{quote(run.dag_run_id, safe='')}")
    page.click(
        "[...document.querySelectorAll('.actions summary')].find(found => "
        "found.innerText == 'Fetch again what failed')"
    )
    page.click(
        "[...document.querySelectorAll('.actions button')].find(found => "
        "found.innerText == 'Fill the run')"
    )
    page.see(
        f"location.pathname.startsWith('/cover-collages/dags/{MANUAL}/runs/') && "
        f"!location.pathname.includes({json.dumps(quote(run.dag_run_id, safe=''))})"
    )
    started = page.see("decodeURIComponent(location.pathname.split('/runs/')[1])")
    described = api.run(MANUAL, started)
    assert described["conf"]["parent"] == run.summary["run_id"]
    # It is stopped on its page, too, as anything else would take minutes.
    page.click(
        "[...document.querySelectorAll('.actions summary')].find(found => "
        "found.innerText == 'Stop')"
    )
    page.click(
        "[...document.querySelectorAll('.actions button')].find(found => "
        "found.innerText == 'Stop this run')"
    )
    page.see("document.querySelector('#progress')?.innerText.includes('failed')")
    assert api.run(MANUAL, started)["state"] == "failed"


def test_a_task_links_to_the_page_of_its_run(api: AirflowApi, run: Run) -> None:
    links = api._request("GET", f"dags/{MANUAL}/dagRuns/{run.dag_run_id}/taskInstances/wait/links")
    (link,) = links["extra_links"].values()
    assert link == f"/cover-collages/dags/{MANUAL}/runs/{quote(run.dag_run_id, safe='')}"
