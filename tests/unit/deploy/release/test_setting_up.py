"""What `scripts/setup_infrastructure.sh` makes of an environment that has its files."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from deploy.errors import DeployError
from deploy.release import setting_up
from deploy.release.environment import Environment
from deploy.release.setting_up import set_up

HERE = Environment(
    "staging",
    variables=Path("staging.tfvars"),
    backend=Path("staging.tfbackend"),
    prefix="acme-",
    region="us-east-1",
    state_bucket="acme-states",
    state_region="eu-west-1",
)


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Environment]]:
    """The environments that Terraform was begun for, in an account without anything."""
    found: list[Environment] = []

    class Begins:
        def __init__(self, environment: Environment) -> None:
            self.environment = environment

        def init(self) -> None:
            found.append(self.environment)

    monkeypatch.setattr(setting_up, "Terraform", Begins)
    monkeypatch.setattr(setting_up, "write_missing_files", lambda *_, **__: None)
    monkeypatch.setattr(setting_up, "files_of", lambda _: ())
    monkeypatch.setattr(setting_up.Environment, "read", lambda _: HERE)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield found


def do(*, plan_only: bool, prefix: str | None = None) -> tuple[str, list[str]]:
    said: list[str] = []
    last = set_up("staging", said.append, prefix=prefix, region="us-east-1", plan_only=plan_only)
    return last, said


def test_the_state_is_where_the_backend_says_and_terraform_begins(begun: list[Environment]) -> None:
    last, (who, made) = do(plan_only=False)
    assert last == "look at staging.tfvars, then: make deploy ENV=staging"
    assert who.startswith("account 123456789012, as arn:aws:")
    assert made.startswith("made the bucket acme-states in eu-west-1: ")
    assert begun == [HERE]


def test_another_prefix_than_the_environment_has_is_refused(begun: list[Environment]) -> None:
    with pytest.raises(DeployError, match="staging is there, with the prefix acme-, and --prefix"):
        do(plan_only=False, prefix="other-")
    do(plan_only=False, prefix="acme-")
    assert begun == [HERE]


def test_a_plan_begins_nothing(begun: list[Environment]) -> None:
    last, (_, would) = do(plan_only=True)
    assert last == "nothing was changed: this was only a plan"
    assert would == "would make the bucket acme-states in eu-west-1"
    assert begun == []
    assert boto3.client("s3", region_name="us-east-1").list_buckets()["Buckets"] == []
