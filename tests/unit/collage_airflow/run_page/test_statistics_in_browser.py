"""Months, creators over all runs and dropped CSVs in a browser: whoever looks, and however."""

import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from airflow.api_fastapi.core_api.security import get_user
from fastapi import FastAPI

from collage_airflow.run_links import PREFIX
from collage_airflow.run_page.access import may_read_all
from collage_airflow.run_page.deployment import Deployment
from collage_core.layout import keys
from collage_core.run.months import first_second
from tests.support.axe import violations
from tests.support.browser import Page, browser_page
from tests.support.closed_months import DROPPED, OCTOBER, SEPTEMBER, SETTINGS, close
from tests.unit.collage_airflow.run_page.conftest import Visitors
from tests.unit.collage_airflow.run_page.statistics_world import world_of

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(180)]

PAGES = [
    "/months",
    "/statistics?month=2026-10",
    "/statistics?month=2026-10&with=2026-09",
    "/statistics?month=2026-10&with=2026-02",
    "/uploads",
    "/creators?name=an",
    "/creators?name=ana",
    "/creators?name=%3Cscript%3Ealert(1)%3C/script%3E",
    "/statistics?month=abc",
]

_TOO_WIDE = "document.documentElement.scrollWidth - innerWidth"

_MISSED = """[...document.querySelectorAll(
    "a, button, input:not([type=hidden]), select, summary, [tabindex='0']"
)].filter(one => one.checkVisibility() && !window.reached.has(one))
    .map(one => one.outerHTML.slice(0, 200))"""


@pytest.fixture
def site(app: FastAPI, visitors: Visitors, deployed: Deployment) -> Iterator[str]:
    """The pages on a server of this process, with something on each of them."""
    store = world_of(app, visitors("viewer"), deployed).store
    close(store, SEPTEMBER, OCTOBER, DROPPED)
    for name in ("ana", "anabel", "<script>alert(1)</script>", "x" * 150):
        key = keys.collage_by_creator(name, first_second("20261001"))
        store.put(SETTINGS.output_bucket, key, b"jpeg", content_type="image/jpeg")
    for key in ("csv-files/mine.csv", "manual-uploads/later.csv"):
        store.put(SETTINGS.input_bucket, key, b"csv", content_type="text/csv")
    app.dependency_overrides |= {get_user: lambda: None, may_read_all: lambda: None}
    airflow = FastAPI()
    airflow.mount(PREFIX, app)
    server = uvicorn.Server(uvicorn.Config(airflow, port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}{PREFIX}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    try:
        with browser_page() as opened:
            opened.watch_console()
            yield opened
    except FileNotFoundError as error:
        pytest.skip(str(error))


def open_page(page: Page, url: str) -> None:
    page.open(url)
    page.see(f"location.href === {url!r} && document.readyState === 'complete'")


@pytest.mark.parametrize(("theme", "width"), [("dark", 390), ("light", 1280)])
def test_pages_are_whole_readable_and_quiet(page: Page, site: str, theme: str, width: int) -> None:
    page.prefer(theme)
    page.resize(width, 900)
    for path in PAGES:
        page.complaints()
        open_page(page, f"{site}{path}")
        assert page.value(_TOO_WIDE) == 0, path
        complaints = page.complaints()
        # The browser itself says of a page that was refused that it was.
        assert ["400" in each for each in complaints] == [True] * ("abc" in path), path
        try:
            found = violations(page)
        except FileNotFoundError as error:
            pytest.skip(str(error))
        assert found == [], path


@pytest.mark.parametrize("path", PAGES)
def test_all_that_can_be_done_is_done_with_the_keyboard(page: Page, site: str, path: str) -> None:
    page.resize(1280, 900)
    open_page(page, f"{site}{path}")
    page.value("window.reached = new Set(), 0")
    places = page.value("document.querySelectorAll('a, button, input, select, summary').length")
    for _ in range(places + 20):
        page.key("Tab", code=9)
        page.value("window.reached.add(document.activeElement), 0")
    assert page.value(_MISSED) == []
