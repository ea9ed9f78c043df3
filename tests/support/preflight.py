"""What the tests of the check share: a run, services that refuse, and the one line of a problem."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from collage_airflow.preflight.problem import Problem
from collage_core.contract.window import Window
from tests.support.cover_host import refusing_port
from tests.support.dag_runs import NOVEMBER_1, OCTOBER_1, dag_run

SQL = "SELECT creator_name, cover_url, updated_at FROM covers"
PASSWORD = "open sesame"
WINDOW = Window(OCTOBER_1, NOVEMBER_1)
DAG_RUN = dag_run("manual", interval=False, run_after=datetime(2026, 11, 21, tzinfo=UTC))


@pytest.fixture
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database connection to a port that nobody listens on."""
    with refusing_port() as port:
        connection = {
            "conn_type": "mysql",
            "host": "127.0.0.1",
            "port": port,
            "login": "covers",
            "password": PASSWORD,
            "schema": "covers_db",
        }
        monkeypatch.setenv("AIRFLOW_CONN_COVERS_MYSQL", json.dumps(connection))
        yield


def only(problems: Iterable[Problem]) -> Problem:
    """The only problem there is, which is a single line."""
    (problem,) = problems
    assert "\n" not in problem.line
    return problem


def deny(**_: Any) -> tuple[SimpleNamespace, dict[str, Any]]:
    """What S3 answers to somebody without the right."""
    denied = {"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}
    return SimpleNamespace(status_code=403), denied | {"ResponseMetadata": {}}
