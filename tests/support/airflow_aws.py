"""AWS inside this process, and Airflow's connection to it."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import moto
import pytest

from collage_core.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

SETTINGS = Settings()
BUCKETS = (SETTINGS.input_bucket, SETTINGS.output_bucket, SETTINGS.temp_bucket)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty AWS account, and Airflow's connection to it."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv(
        "AIRFLOW_CONN_AWS_DEFAULT",
        '{"conn_type": "aws", "login": "testing", "password": "open sesame"}',
    )
    with moto.mock_aws():
        yield


@pytest.fixture
def s3(aws: None) -> "S3Client":  # noqa: ARG001 - the account comes first
    """S3 with the three buckets."""
    client = boto3.client("s3")
    for bucket in BUCKETS:
        client.create_bucket(Bucket=bucket)
    return client


@pytest.fixture
def sqs(aws: None) -> "SQSClient":  # noqa: ARG001 - the account comes first
    """SQS without a queue."""
    return boto3.client("sqs")


def make_queues(sqs: "SQSClient", name: str = "collage-chunks") -> str:
    """A queue and its dead-letter queue; the URL of the first."""
    dead = sqs.create_queue(QueueName=f"{name}-dlq")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    redrive = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": 5}
    return sqs.create_queue(
        QueueName=name,
        Attributes={"VisibilityTimeout": "720", "RedrivePolicy": json.dumps(redrive)},
    )["QueueUrl"]


@pytest.fixture
def queue_url(sqs: "SQSClient", monkeypatch: pytest.MonkeyPatch) -> str:
    """The queue of chunk messages, known to the settings."""
    url = make_queues(sqs)
    monkeypatch.setenv("CHUNK_QUEUE_URL", url)
    return url
