"""The pages without a server: Airflow's users and an empty database of its own, and no S3."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from airflow import settings
from airflow.api_fastapi.app import create_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.models import import_all_models
from airflow.models.base import Base
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

from collage_airflow.run_page.application import application

type Visitors = Callable[[str | None], TestClient]


@pytest.fixture(scope="session")
def _empty_database(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    import_all_models()
    engine = create_engine(f"sqlite:///{tmp_path_factory.mktemp('airflow') / 'airflow.db'}")
    Base.metadata.create_all(engine)
    return engine


@pytest.fixture
def airflow_database(_empty_database: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session of Airflow's database, which is empty again at the end."""
    connection = _empty_database.connect()
    outer = connection.begin()
    sessions = sessionmaker(
        connection, join_transaction_mode="create_savepoint", expire_on_commit=False
    )
    monkeypatch.setattr(settings, "Session", sessions)
    monkeypatch.setattr(settings, "NonScopedSession", sessions)
    with sessions() as session:
        yield session
    outer.rollback()
    connection.close()


@pytest.fixture
def app(airflow_database: Session) -> FastAPI:  # noqa: ARG001 - users and runs are looked up in it
    """The application, alone."""
    return application.__wrapped__()


@pytest.fixture
def visitors(app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Visitors:
    """A client for a role of Airflow's simple users; None: nobody who is logged in."""
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "a-secret-of-this-test" * 4)
    monkeypatch.setenv(
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", str(tmp_path / "passwords.json")
    )
    users = create_auth_manager()

    def visitor(role: str | None) -> TestClient:
        client = TestClient(app, raise_server_exceptions=False, headers={"Accept": "text/html"})
        if role is not None:
            token = users.generate_jwt(SimpleAuthManagerUser(username="somebody", role=role))
            client.headers["Authorization"] = f"Bearer {token}"
        return client

    return visitor
