"""One twin for the whole session: started new, in a folder of its own, and stopped at the end."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.airflow_api import AirflowApi
from local.folder import REPO, Folder
from local.twin import Twin, stop_undisturbed, up
from tests.oddities.browser import chromium
from tests.support.browser import Page, browser_page
from tests.support.database_server import EACH_FLAVOUR, DatabaseServer
from tests.support.every_dag import MANUAL_DAG, EveryDag, every_dag_at_work
from tests.support.extract_world import ExtractWorld, open_world
from tests.support.monthly_run import DAG
from tests.support.no_variables import no_variables
from tests.support.read_only import reader_connection, server_with_reader
from tests.support.task_by_task import FaultWorld, open_fault_world
from tests.support.trigger_form import log_in

__all__ = ["no_variables"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give these tests the time that a start of the twin and a run in it may take, and mark those
    that need it: there is one at a time, and the others may run beside it.
    """
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(1800))
            if "twin" in getattr(item, "fixturenames", ()):
                item.add_marker("twin")


@pytest.fixture(scope="session")
def twin() -> Iterator[Twin]:
    """A running twin with the sample rows and nothing else; it takes half a minute to start."""
    folder = Folder(REPO / ".twin" / "test")
    if (killed := Twin.load(folder)) is not None:
        killed.stop()  # a session before may have been killed
    covers = folder.covers
    for entry in folder.root.glob("*"):
        if entry != covers:  # drawing them again would give the same
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    twin = up(folder)
    yield twin
    stop_undisturbed(twin)


@pytest.fixture(scope="session", params=EACH_FLAVOUR)
def tables(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DatabaseServer]:
    """A server for tests that only need tables of their own, each in turn on both kinds."""
    with server_with_reader(request.param, tmp_path_factory.mktemp("tables")) as server:
        yield server


@pytest.fixture
def server(tables: DatabaseServer, monkeypatch: pytest.MonkeyPatch) -> DatabaseServer:
    """The same with Airflow's connection to it."""
    monkeypatch.setenv("AIRFLOW_CONN_COVERS_MYSQL", reader_connection(tables))
    return tables


@pytest.fixture
def world(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExtractWorld]:
    """An empty table of covers, and nothing of the run before."""
    with open_world(twin, monkeypatch) as world:
        yield world


@pytest.fixture
def fault_world(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultWorld]:
    """An empty table of covers, a host of covers, and runs task by task."""
    with open_fault_world(twin, monkeypatch) as world:
        yield world


@pytest.fixture(scope="session")
def api(twin: Twin) -> AirflowApi:
    """The twin's Airflow, which has read the DAG."""
    api = twin.airflow_api()
    api.wait_for_dag(DAG)
    return api


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pictures go. With AIRFLOW_PICTURES=docs/images/airflow, those of the pages are made
    again."""
    return Path(os.environ.get("AIRFLOW_PICTURES") or tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def page(twin: Twin, api: AirflowApi) -> Iterator[Page]:
    """A browser that is logged in to Airflow."""
    try:
        chromium()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    api.wait_for_dag(MANUAL_DAG)
    with browser_page(width=1000, height=900) as page:
        log_in(page, twin)
        yield page


@pytest.fixture(scope="session")
def every_dag(twin: Twin, api: AirflowApi) -> EveryDag:
    """What all DAGs left that were at work at once; it takes two to three minutes."""
    return every_dag_at_work(twin, api)
