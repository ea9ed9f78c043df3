"""The world that the worker's tests run in: a fresh account for each, one server for all."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID

from collage_core.settings import Settings
from lambda_pkg.services import Services
from tests.support.lambda_world import CoverServer, World, serve_covers

REGION = "us-east-1"
QUEUE = "chunks"


@pytest.fixture(scope="session")
def cover_server() -> Iterator[CoverServer]:
    with serve_covers() as server:
        yield server


@pytest.fixture(scope="session")
def connected(cover_server: CoverServer) -> Iterator[World]:
    """Clients take longer to make than most tests take to run, and survive the account."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        settings = Settings(
            default_rows=2,
            default_cols=2,
            default_timeout=5,
            default_max_retries=0,
            allowed_source_hosts=("127.0.0.1",),
            chunk_queue_url=f"https://sqs.{REGION}.amazonaws.com/{DEFAULT_ACCOUNT_ID}/{QUEUE}",
        )
        services = Services.connect(settings)
        yield World(services, cover_server, boto3.client("s3"), boto3.client("sqs"))


@pytest.fixture
def world(connected: World) -> Iterator[World]:
    settings = connected.settings
    connected.covers.requests.clear()
    connected.covers.arrived.clear()
    connected.covers.down.clear()
    with mock_aws():
        connected.sqs.create_queue(QueueName=QUEUE)
        for bucket in (settings.input_bucket, settings.output_bucket, settings.temp_bucket):
            connected.s3.create_bucket(Bucket=bucket)
        yield connected
