"""One twin for the whole session: started new, in a folder of its own, and stopped at the end."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.airflow_api import AirflowApi
from local.folder import REPO, Folder
from local.twin import Twin, stop_undisturbed, up
from tests.support.extract_world import ExtractWorld, open_world
from tests.support.monthly_run import DAG


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give these tests the time that a start of the twin and a run in it may take."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(900))


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


@pytest.fixture
def world(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExtractWorld]:
    """An empty table of covers, and nothing of the run before."""
    with open_world(twin, monkeypatch) as world:
        yield world


@pytest.fixture(scope="session")
def api(twin: Twin) -> AirflowApi:
    """The twin's Airflow, which has read the DAG."""
    api = twin.airflow_api()
    api.wait_for_dag(DAG)
    return api
