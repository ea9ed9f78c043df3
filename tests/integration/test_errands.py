"""Everyday errands in a browser, each from Airflow's home page with at most three clicks.

`docs/tour.md` shows them. With TOUR_PICTURES=docs/images/tour, its pictures are made again.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.airflow_api import AirflowApi
from local.settings import INPUT_BUCKET
from local.twin import Twin
from tests.support.asking_runs import GRID, asked, half_dead, state_of
from tests.support.axe import violations
from tests.support.backfills import is_over
from tests.support.browser import Page
from tests.support.every_dag import MANUAL_DAG as MANUAL
from tests.support.every_dag import EveryDag
from tests.support.manual_orders import OCTOBER
from tests.support.monthly_run import DAG as MONTHLY
from tests.support.monthly_run import SECONDS, Run
from tests.support.trigger_form import button
from tests.support.waiting import eventually
from tests.support.walk import Walk, link, link_to
from tests.support.workers import no_work

REDRIVE = "cover_collage_redrive"
CREATORS = ["mira.cooks", "trailrunner_tom", "nightbus.stories", "ghost.account", "Ana"]
ODD = ["../../etc/passwd", "=SUM(A1:A9)", "🎨 color lab 🦊", "مطبخ ليلى", 'comma, "quote"']
CSV = "manual-uploads/errand.csv"
PREFIX = "/cover-collages"
WIDE, PHONE = (1280, 800), (390, 844)


_TOO_WIDE = "document.documentElement.scrollWidth - innerWidth"
_WHOLE = """document.readyState === 'complete'
    && !document.querySelector('.htmx-request, [hx-trigger=load]')
    && [...document.images].every(one => one.complete || one.loading === 'lazy')"""


@dataclass(frozen=True, slots=True)
class Tour:
    """A browser at Airflow's door, and the places of the twin behind it."""

    page: Page
    twin: Twin
    api: AirflowApi
    pictures: Path

    def walk(self) -> Walk:
        return Walk.from_home(self.page, self.twin)

    def save(self, name: str) -> None:
        self.page.save_picture(self.pictures / f"{name}.webp")

    def triggered(self, conf: dict[str, Any], *, seconds_ago: int) -> Run:
        """A manual run of its own second."""
        due = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=seconds_ago)
        order = {"logical_date": None, "run_after": due.isoformat(), "conf": conf}
        made = self.api._request("POST", f"dags/{MANUAL}/dagRuns", json=order)
        return Run(self.twin, self.api, made["dag_run_id"], MANUAL)

    def started(self, dag_id: str, *, on_page_of: str = "") -> Run:
        """The run that a form has started, whose page opens now."""
        before = f"{PREFIX}/dags/{dag_id}/runs/"
        opened = f"decodeURIComponent(location.pathname).split({json.dumps(before)})[1]"
        self.page.see(f"{opened} && {opened} !== {json.dumps(on_page_of)}")
        return Run(self.twin, self.api, self.page.see(opened), dag_id)

    def conf(self, run: Run) -> dict[str, Any]:
        """What a run was asked for, and by whom."""
        found = self.api.run(run.dag_id, run.dag_run_id)
        assert (found["triggering_user_name"], found["run_type"]) == ("admin", "manual")
        conf: dict[str, Any] = found["conf"]
        return conf

    @contextmanager
    def nothing_begins(self, dag_id: str) -> Iterator[None]:
        """Runs of a DAG wait during the block, and end with it before any of their tasks."""
        self.api.pause(dag_id)
        try:
            yield
        finally:
            path = f"dags/{dag_id}/dagRuns"
            for run in self.api._request("GET", f"{path}?state=queued")["dag_runs"]:
                failed = {"state": "failed"}
                self.api._request("PATCH", f"{path}/{run['dag_run_id']}", json=failed)
            self.api._request("PATCH", f"dags/{dag_id}", json={"is_paused": False})


@pytest.fixture(scope="module")
def tour(
    every_dag: EveryDag,  # noqa: ARG001 - with runs of all kinds, and months with reports
    page: Page,
    twin: Twin,
    api: AirflowApi,
    tmp_path_factory: pytest.TempPathFactory,
) -> Tour:
    page.resize(*WIDE)
    page.watch_console()
    pictures = os.environ.get("TOUR_PICTURES") or tmp_path_factory.mktemp("tour")
    return Tour(page, twin, api, Path(pictures))


@pytest.fixture(autouse=True)
def _quiet(tour: Tour) -> Iterator[None]:
    """Neither a page nor a frame in it has an error on the console, or a request that failed."""
    yield
    assert tour.page.complaints() == []


@pytest.fixture(scope="module")
def asking(tour: Tour) -> Iterator[Run]:
    """A run that will ask, because most of its newest covers are dead."""
    month = datetime(2023, 5, 1)  # noqa: DTZ001 - as MySQL has it
    with half_dead(tour.twin, [month]):
        window = {"window_start": "2023-05-01", "window_end": "2023-06-01"}
        run = tour.triggered({**window, **GRID}, seconds_ago=30)
        yield run
        if state_of(run, "approve") != "success":  # a test has failed
            path = f"dags/{MANUAL}/dagRuns/{run.dag_run_id}"
            tour.api._request("PATCH", path, json={"state": "failed"})
        tour.api.wait_for_run(MANUAL, run.dag_run_id, seconds=SECONDS)


@pytest.fixture(scope="module")
def run(tour: Tour, asking: Run) -> Run:  # noqa: ARG001 - they work at the same time
    """A run in which covers failed. It is watched, stopped, and goes on."""
    with no_work(tour.twin):
        run = tour.triggered({**OCTOBER, "creators": [*CREATORS, *ODD]}, seconds_ago=0)
        eventually(lambda: state_of(run, "wait") == "deferred", seconds=SECONDS, pause=0.5)
        walk = tour.walk()
        tour.save("home")
        walk.open_run(run.dag_run_id)
        walk.says("0 of ", " chunks", "wait deferred")
        assert walk.clicks == 1

        walk = tour.walk()
        walk.open_run(run.dag_run_id)
        walk.follow("Stop")
        tour.save("stop")
        walk.follow("Stop this run")
        walk.says("is ✗ failed", "stopped", seconds=SECONDS)
        assert tour.api.run(MANUAL, run.dag_run_id)["state"] == "failed"
        tour.save("stopped")

    walk = tour.walk()
    walk.open_run(run.dag_run_id)
    walk.follow("Go on")
    tour.save("go_on")
    walk.follow("Go on with this run")
    tour.page.see("/[1-3] of 3 chunks|results .CSV/.test(document.body.innerText)", seconds=SECONDS)
    tour.save("watch")
    eventually(lambda: tour.api.run(MANUAL, run.dag_run_id)["state"] != "failed")
    ended = tour.api.wait_for_run(MANUAL, run.dag_run_id, seconds=SECONDS)
    assert ended["state"] == "success", run.logs()
    walk.says("creators", "results (CSV)", seconds=SECONDS)
    return run


def test_watch_a_run_stop_it_and_let_it_go_on(run: Run) -> None:
    assert run.summary["rows"]["placed"]
    assert run.summary["reasons"]["timeout"]


def test_see_what_failed_and_why(tour: Tour, run: Run) -> None:
    walk = tour.walk()
    walk.open_run(run.dag_run_id)
    walk.follow("Why covers are missing")
    for reason, count in run.summary["reasons"].items():
        walk.says(f"{reason}", f"{count}")
    walk.says("timeout")
    tour.save("why")


def test_find_why_one_creator_lacks_a_cover(tour: Tour, run: Run) -> None:
    walk = tour.walk()
    walk.follow_to("Find a creator", f"{PREFIX}/creators")
    tour.page.see("document.activeElement.id === 'name'")
    tour.page.insert("trailrunner_tom")
    tour.page.key("Enter", code=13, text="\r")
    walk.arrive("/creators?name=trailrunner_tom")
    newest = f"document.querySelector('.tiles a[href*={json.dumps(run.summary['run_id'])}]')"
    walk.click(newest)
    walk.arrive("/creator?name=trailrunner_tom")
    walk.says("Missing covers", "timeout: ")
    tour.save("creator")


def test_open_a_collage_with_the_keyboard_alone(tour: Tour, run: Run) -> None:
    walk = tour.walk()
    page = tour.page
    page.tab_to(link_to(run.dag_run_id))
    walk.arrive(f"/runs/{run.dag_run_id}")
    page.tab_to(link("mira.cooks"))
    walk.arrive("/creator?name=mira.cooks")
    page.see("document.querySelector('img.collage').naturalWidth > 2000")
    tour.save("collage")
    assert walk.clicks == 0


def test_open_a_collage_in_airflows_frame(tour: Tour, run: Run) -> None:
    walk = tour.walk()
    walk.follow("Collages")
    frame = "document.querySelector('iframe')?.contentDocument"
    walk.click(link_to(run.dag_run_id, within=frame))
    walk.follow("mira.cooks", within=frame)
    tour.page.see(f"{frame}.querySelector('img.collage')?.naturalWidth > 2000")
    tour.save("frame")


def test_fill_what_can_be_fetched_again(tour: Tour, run: Run) -> None:
    with tour.nothing_begins(MANUAL):
        walk = tour.walk()
        walk.open_run(run.dag_run_id)
        walk.follow("Fetch again what failed")
        walk.says("is switched off in Airflow")
        tour.save("fill")
        walk.follow("Fill the run")
        made = tour.started(MANUAL, on_page_of=run.dag_run_id)
        assert tour.conf(made) == {"parent": run.summary["run_id"]}


def test_redrive_as_a_dry_run(tour: Tour) -> None:
    tour.api.wait_for_dag(REDRIVE)
    tour.api._request("PATCH", f"dags/{REDRIVE}", json={"is_paused": False})
    walk = tour.walk()
    walk.follow_to("Send failed messages again", "/start/redrive")
    assert walk.fields() == {"conf.run_id": "", "conf.dry_run": True}
    tour.save("redrive")
    walk.follow("Redrive")
    made = tour.started(REDRIVE)
    assert tour.conf(made) == {"dry_run": True}
    note = tour.api.wait_for_run(REDRIVE, made.dag_run_id, seconds=SECONDS)["note"]
    assert note.startswith(("Dry run: ", "No message")), note
    tour.page.value("location.reload(), null")
    walk.says(note)


def test_approve_a_run_that_asks(tour: Tour, asking: Run) -> None:
    asked(asking)
    walk = tour.walk()
    walk.open_run(asking.dag_run_id)
    walk.says("It asks a person")
    tour.save("asks")
    walk.follow("Read the question, approve or reject")
    tour.page.see(f"!!{button('Approve')}")
    walk.says("75.0% of its covers are neither kept nor alive")
    tour.save("approve")
    walk.follow("Approve")
    eventually(lambda: state_of(asking, "approve") == "success", seconds=SECONDS, pause=0.5)
    assert asking.xcom("approve") == {"approved_by": "admin"}


def test_run_last_month(tour: Tour) -> None:
    with tour.nothing_begins(MANUAL):
        walk = tour.walk()
        walk.follow_to("Run last month", "/start/last-month")
        tour.save("last_month")
        ends = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)
        walk.follow(f"Run {ends:%B %Y}")
        made = tour.started(MANUAL)
        walk.says("Nothing is planned yet")
        assert tour.conf(made) == {"window": "last month"}


def test_trial_of_50_creators(tour: Tour) -> None:
    with tour.nothing_begins(MANUAL):
        walk = tour.walk()
        walk.follow_to("A trial of 50 creators", "/start/trial")
        tour.save("trial")
        walk.follow("Start the trial")
        made = tour.started(MANUAL)
        expected = {"window": "last month", "limit": 50, "output_prefix": "trial"}
        assert tour.conf(made) == expected


def test_process_a_dropped_csv(tour: Tour) -> None:
    s3 = tour.twin.aws.s3()
    s3.put_object(Bucket=INPUT_BUCKET, Key=CSV, Body=b"creator_name,cover_url,updated_at\n")
    try:
        with tour.nothing_begins(MANUAL):
            walk = tour.walk()
            walk.follow_to("Dropped CSVs", f"{PREFIX}/uploads")
            tour.save("uploads")
            walk.follow_to("Make its collages", "/start/csv?csv_key=")
            tour.save("csv")
            walk.follow("Process it")
            made = tour.started(MANUAL)
            assert tour.conf(made) == {"csv_key": CSV}
    finally:
        s3.delete_object(Bucket=INPUT_BUCKET, Key=CSV)


def test_backfill_a_quarter(tour: Tour) -> None:
    eventually(lambda: is_over(tour.api, MONTHLY), seconds=SECONDS)
    walk = tour.walk()
    walk.follow_to("Backfill a quarter", "/start/quarter")
    tour.save("quarter")
    # Three months that have their runs: none is made again, on whatever day this is.
    for name, first_day in (("from_date", "08012026"), ("to_date", "10012026")):
        tour.page.write_date(f"document.querySelector('[data-into={name}]')", first_day)
    walk.follow("Start the backfill")
    walk.arrive(f"/runs?dag_id={MONTHLY}")
    made = tour.api._request("GET", f"backfills?dag_id={MONTHLY}&order_by=-id&limit=1")["backfills"]
    (backfill,) = made
    assert (backfill["from_date"], backfill["to_date"]) == (
        "2026-08-01T00:00:00Z",
        "2026-10-01T00:00:00Z",
    )
    assert (backfill["reprocess_behavior"], backfill["max_active_runs"]) == ("none", 1)


def test_compare_two_months(tour: Tour, run: Run) -> None:
    this = run.timestamp.moment
    before = this.replace(day=1) - timedelta(days=1)
    walk = tour.walk()
    walk.follow_to("Months", f"{PREFIX}/months")
    tour.save("months")
    walk.follow_to(f"Compare {this:%B %Y}", f"/statistics?month={this:%Y-%m}&with={before:%Y-%m}")
    walk.says(f"{this:%B %Y} compared with {before:%B %Y}", "Share of the covers placed")
    tour.save("compare")


def test_download_the_days_results(tour: Tour, tmp_path: Path) -> None:
    tour.page.save_downloads(tmp_path)
    walk = tour.walk()
    walk.follow_to("Months", f"{PREFIX}/months")
    walk.follow("results (CSV)")
    (file,) = eventually(lambda: [*tmp_path.glob("*.csv")])
    tour.save("download")
    assert "creator_name,outcome,total,placed" in file.read_text().splitlines()[0]


@pytest.fixture
def looks(tour: Tour) -> Iterator[None]:
    """The browser is as it was afterwards."""
    yield
    tour.page.prefer("")
    tour.page.resize(*WIDE)


@pytest.mark.parametrize(("theme", "size"), [("light", WIDE), ("dark", PHONE)])
@pytest.mark.usefixtures("looks")
def test_everybody_can_read_every_page(
    tour: Tour, run: Run, theme: str, size: tuple[int, int]
) -> None:
    page = tour.page
    page.prefer(theme)
    page.resize(*size)
    month = run.timestamp.moment
    before = month.replace(day=1) - timedelta(days=1)
    of_run = f"/runs/{run.timestamp}/{run.summary['run_id']}"
    paths = {
        "runs": "/runs",
        "run": of_run,
        "gallery": f"{of_run}/gallery",
        "chunks": f"{of_run}/chunks",
        "creator": f"{of_run}/creator?name=mira.cooks",
        "creators": "/creators?name=mira.cooks",
        "months": "/months",
        "month": f"/statistics?month={month:%Y-%m}",
        "compare": f"/statistics?month={month:%Y-%m}&with={before:%Y-%m}",
        "uploads": "/uploads",
        "start": "/start/quarter",
    }
    bad = {}
    for name, path in paths.items():
        page.open("about:blank")
        page.open(f"{tour.twin.airflow.url}{PREFIX}{path}")
        page.see(f"location.pathname.startsWith({json.dumps(PREFIX)}) && {_WHOLE}")
        if name == "run":
            tour.save(f"run_{theme}")
        if (wide := page.value(_TOO_WIDE)) > 0:
            bad[name] = f"{wide} pixels too wide"
        elif found := grave(page):
            bad[name] = found
    tour.walk()
    if found := grave(page, within="document.querySelector('.cover-collages-panel')"):
        bad["panel"] = found
    assert bad == {}


def grave(page: Page, *, within: str = "document") -> list[Any]:
    """What keeps some people from using a page."""
    try:
        found = violations(page, within=within)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    return [one for one in found if one[0] in {"serious", "critical"}]
