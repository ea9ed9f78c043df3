"""Airflow's key stays while it works, so that a run that is going on can sign its requests."""

import boto3
import pytest
from moto import mock_aws

from local import policies
from local.provision import AccessKey, _airflow_user

QUEUE = "arn:aws:sqs:us-east-1:000000000000:collage-chunks"
POLICY = policies.airflow_policy(
    queue_arn=QUEUE,
    dead_letter_queue_arn=f"{QUEUE}-dlq",
    function_arn="arn:aws:lambda:us-east-1:000000000000:function:collage-worker",
)


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")


@mock_aws
def test_a_key_that_iam_knows_stays() -> None:
    iam = boto3.client("iam", region_name="us-east-1")
    key = _airflow_user(iam, POLICY, None)
    assert _airflow_user(iam, POLICY, key) == key


@mock_aws
@pytest.mark.parametrize("known", [None, AccessKey("AKIAANOTHER", "x")])
def test_any_other_key_is_replaced(known: AccessKey | None) -> None:
    iam = boto3.client("iam", region_name="us-east-1")
    old = _airflow_user(iam, POLICY, None)
    new = _airflow_user(iam, POLICY, known)
    keys = iam.list_access_keys(UserName="airflow")["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in keys] == [new.key_id] != [old.key_id]
