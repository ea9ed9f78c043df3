"""The pages without a server: Airflow's users, a database of its own, and a store in memory."""

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copy

import boto3
import pytest
from airflow import settings
from airflow.api_fastapi.app import create_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.models import import_all_models
from airflow.models.base import Base
from botocore.config import Config
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from collage_airflow.run_page.application import application
from collage_airflow.run_page.deployment import Deployment, deployment
from collage_airflow.run_page.function_log import FunctionLog
from collage_airflow.run_page.presigned import PresignedLinks
from collage_core.settings import Settings
from tests.support.memory_store import MemoryStore

type Visitors = Callable[[str | None], TestClient]


@pytest.fixture(scope="session")
def _empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import_all_models()
    file = tmp_path_factory.mktemp("airflow") / "airflow.db"
    engine = create_engine(f"sqlite:///{file}")
    Base.metadata.create_all(engine)
    engine.dispose()
    return file


@pytest.fixture
def airflow_database(
    _empty_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Session]:
    """A session of a database of Airflow that is empty."""
    engine = create_engine(f"sqlite:///{copy(_empty_database, tmp_path)}")
    sessions = sessionmaker(engine, expire_on_commit=False)
    monkeypatch.setattr(settings, "Session", sessions)
    monkeypatch.setattr(settings, "NonScopedSession", sessions)
    with sessions() as session:
        yield session
    engine.dispose()


@pytest.fixture
def deployed() -> Deployment:
    """An empty store, and links as AWS signs them in another region than its first."""
    client = boto3.client(
        "s3",
        region_name="eu-central-1",
        aws_access_key_id="an-id",
        aws_secret_access_key="a-secret",
        config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
    )
    log = FunctionLog("collage-worker", "eu-central-1", "aws")
    return Deployment(Settings(), MemoryStore(), PresignedLinks(client), log)


@pytest.fixture
def app(airflow_database: Session, deployed: Deployment) -> FastAPI:
    """The application, alone."""
    del airflow_database  # users and runs are looked up in it
    app = application.__wrapped__()
    app.dependency_overrides[deployment] = lambda: deployed
    return app


@pytest.fixture
def visitors(app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Visitors:
    """A client for a role of Airflow's simple users; None: nobody who is logged in."""
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "a-secret-of-this-test" * 4)
    monkeypatch.setenv(
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", str(tmp_path / "passwords.json")
    )
    users = create_auth_manager()

    def visitor(role: str | None) -> TestClient:
        client = TestClient(
            app,
            raise_server_exceptions=False,
            headers={"Accept": "text/html"},
            follow_redirects=False,
        )
        if role is not None:
            token = users.generate_jwt(SimpleAuthManagerUser(username="somebody", role=role))
            client.headers["Authorization"] = f"Bearer {token}"
        return client

    return visitor
