"""How the pages and their visitors reach S3."""

import json
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from collage_airflow.run_page import deployment as module
from collage_airflow.run_page.deployment import Deployment, deployment
from collage_core.aws.s3_store import S3Store
from collage_core.errors import SettingError
from tests.support.cover_host import refusing_port
from tests.unit.collage_airflow.run_page.conftest import Visitors

KEYS = {"conn_type": "aws", "login": "an-id", "password": "a-secret"}


@pytest.fixture(autouse=True)
def _read_anew() -> Iterator[None]:
    module._deployment.cache_clear()
    yield
    module._deployment.cache_clear()


def connect(monkeypatch: pytest.MonkeyPatch, **extra: object) -> None:
    connection = {**KEYS, "extra": json.dumps(extra)}
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(connection))


@pytest.mark.parametrize(
    ("extra", "browsers", "origin"),
    [
        (
            {"region_name": "eu-central-1"},
            "",
            "https://tiktok-image-output.s3.eu-central-1.amazonaws.com",
        ),
        ({"region_name": "us-east-1"}, "", "https://tiktok-image-output.s3.amazonaws.com"),
        (
            {"region_name": "us-east-1", "endpoint_url": "http://127.0.0.1:4566"},
            "",
            "http://127.0.0.1:4566",
        ),
        (
            {
                "region_name": "us-east-1",
                "endpoint_url": "http://aws:4566",
                "config_kwargs": {"s3": {"addressing_style": "path"}},
            },
            "http://127.0.0.1:4567",
            "http://127.0.0.1:4567",
        ),
    ],
)
def test_links_lead_to_where_browsers_reach_s3(
    extra: dict[str, object], browsers: str, origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, **extra)
    monkeypatch.setenv("BROWSER_S3_ENDPOINT", browsers)
    here = deployment()
    assert here.pictures_from == origin
    link = here.links.link("tiktok-image-output", "a b/ä.jpg")
    assert "X-Amz-Signature=" in link
    assert urlsplit(link).path.endswith("/a%20b/%C3%A4.jpg")
    has_console = here.log.partition != ""
    assert has_console == ("endpoint_url" not in extra)


def test_a_wrong_setting_is_named_on_the_page(
    visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch)
    monkeypatch.setenv("OUTPUT_BUCKET", "Not A Bucket")
    with pytest.raises(SettingError, match="OUTPUT_BUCKET is 'Not A Bucket'"):
        deployment()
    client = visitors("viewer")
    client.app.dependency_overrides.clear()  # type: ignore[attr-defined]
    answer = client.get("/runs/20261001_000000/monthly-1")
    assert answer.status_code == 500
    assert "OUTPUT_BUCKET is &#39;Not A Bucket&#39;" in answer.text


def test_a_page_does_not_wait_for_an_s3_that_is_not_there(
    visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    with refusing_port() as port:
        _page_without_s3(visitors("viewer"), f"http://127.0.0.1:{port}", monkeypatch)


def _page_without_s3(client: TestClient, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, region_name="us-east-1", endpoint_url=address)
    client.app.dependency_overrides.clear()  # type: ignore[attr-defined]
    began = time.monotonic()
    answer = client.get("/runs/20261001_000000/monthly-1")
    assert time.monotonic() - began < 20
    assert answer.status_code == 502
    assert "Check the endpoint, region and credentials of connection aws_default" in answer.text
    assert "a-secret" not in answer.text


def test_each_request_to_s3_ends_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, region_name="us-east-1", config_kwargs={"read_timeout": 600})
    store = deployment().store
    assert isinstance(store, S3Store)
    config = store.client.meta.config
    assert config.connect_timeout <= 2  # type: ignore[attr-defined]
    assert config.read_timeout <= 5  # type: ignore[attr-defined]
    assert config.retries["total_max_attempts"] == 2  # type: ignore[attr-defined]


def test_it_is_read_again_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, region_name="us-east-1")
    now = 6000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    first: Deployment = deployment()
    assert deployment() is first
    now += 61
    assert deployment() is not first
