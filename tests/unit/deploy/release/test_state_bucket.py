"""The bucket of Terraform's state: made once, then left alone."""

import json
from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from deploy.errors import DeployError
from deploy.release import state_bucket
from deploy.release.state_bucket import ensure_state_bucket

NAME = "acme-cover-collage-states"
ACCOUNT = "123456789012"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is said, in an account without anything."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield []


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_it_is_made_once(said: list[str], region: str) -> None:
    ensure_state_bucket(NAME, region, said.append, account=ACCOUNT)
    ensure_state_bucket(NAME, region, said.append, account=ACCOUNT)
    made, again = said
    assert made.startswith(f"made the bucket {NAME} in {region}: versioned, private, ")
    assert made.endswith("by TLS alone")
    assert again == f"bucket {NAME} is there"


def test_it_is_private_versioned_encrypted_and_reached_by_tls_alone(said: list[str]) -> None:
    ensure_state_bucket(NAME, "us-east-1", said.append, account=ACCOUNT)
    s3 = boto3.client("s3", region_name="us-east-1")
    assert s3.get_bucket_versioning(Bucket=NAME)["Status"] == "Enabled"
    blocked = s3.get_public_access_block(Bucket=NAME)["PublicAccessBlockConfiguration"]
    assert set(blocked.values()) == {True}
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"])["Statement"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [f"arn:aws:s3:::{NAME}", f"arn:aws:s3:::{NAME}/*"]
    (rule,) = s3.get_bucket_encryption(Bucket=NAME)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_what_was_begun_is_completed_and_what_is_set_stays(said: list[str]) -> None:
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket=NAME)
    own = json.dumps({"Version": "2012-10-17", "Statement": []})
    s3.put_bucket_policy(Bucket=NAME, Policy=own)
    ensure_state_bucket(NAME, "us-east-1", said.append, account=ACCOUNT)
    assert said[0].startswith(f"bucket {NAME} is there: now versioned, private")
    assert s3.get_bucket_policy(Bucket=NAME)["Policy"] == own


def test_a_plan_makes_nothing(said: list[str]) -> None:
    ensure_state_bucket(NAME, "us-east-1", said.append, account=ACCOUNT, plan_only=True)
    assert said == [f"would make the bucket {NAME} in us-east-1"]
    assert boto3.client("s3", region_name="us-east-1").list_buckets()["Buckets"] == []


def test_a_bucket_of_somebody_else_is_refused(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Theirs:
        """It lets everybody in, so that only the owner tells whose it is."""

        def head_bucket(self, *, ExpectedBucketOwner: str = "", **_: str) -> dict[str, str]:  # noqa: N803
            if ExpectedBucketOwner != ACCOUNT:
                return {"BucketRegion": "us-east-1"}
            answer = {"ResponseMetadata": {"HTTPStatusCode": 403}}
            raise ClientError(answer, "HeadBucket")  # type: ignore[arg-type]

    monkeypatch.setattr(state_bucket.boto3, "client", lambda *_, **__: Theirs())
    with pytest.raises(DeployError, match=r"is in another account, or .* name another one"):
        ensure_state_bucket(NAME, "us-east-1", said.append, account=ACCOUNT)


def test_a_bucket_of_another_region_is_refused_with_the_line_that_names_it(
    said: list[str],
) -> None:
    ensure_state_bucket(NAME, "eu-west-1", said.append, account=ACCOUNT)
    with pytest.raises(DeployError, match='is in eu-west-1: write region = "eu-west-1" in the'):
        ensure_state_bucket(NAME, "us-east-1", said.append, account=ACCOUNT)
