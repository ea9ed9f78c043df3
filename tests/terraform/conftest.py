"""One account of the embedded AWS, with TLS and IAM enforced, in which Terraform has applied."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from local.certificate import Certificate
from local.folder import Folder
from local.ministack import REGION, Aws
from local.package import build_package
from tests.support.embedded_aws import embedded_aws
from tests.terraform.workspace import Workspace, what_is_missing

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "try-"
STATE_BUCKET = "states-of-terraform"
COPY = "copy-of-collages"
ANOTHER_KEY = f"arn:aws:kms:{REGION}:000000000000:key/11111111-2222-3333-4444-555555555555"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Destroy when all others have looked. Where Terraform cannot run, one line says why."""
    own = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    if own and (missing := what_is_missing()):
        first, *others = own
        first.add_marker(pytest.mark.skip(reason=f"nothing of Terraform is tested: {missing}"))
        items[:] = [item for item in items if item not in others]
        config.hook.pytest_deselected(items=others)
    for item in own:
        item.add_marker(pytest.mark.timeout(1800))
    items.sort(key=lambda item: item.path.name == "test_destroy.py")


@dataclass(frozen=True)
class Applied:
    """What Terraform made, and who asks about it: root, unless a key is given."""

    workspace: Workspace
    aws: Aws
    outputs: dict[str, Any]
    package: bytes = field(repr=False)

    def client(self, service: Any, key: dict[str, str] | None = None) -> Any:
        connection = {**self.root(), **(key or {})}
        return boto3.client(service, **connection)  # type: ignore[call-overload]

    def root(self) -> dict[str, Any]:
        environment = self.aws.client_environment()
        return {
            "endpoint_url": self.aws.endpoint_url,
            "verify": environment["AWS_CA_BUNDLE"],
            "region_name": REGION,
            "aws_access_key_id": environment["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
        }

    @property
    def s3(self) -> "S3Client":
        return self.aws.s3()

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        """All keys of one of the buckets, `input`, `output` or `temp`."""
        found = self.s3.list_objects_v2(Bucket=self.outputs["buckets"][bucket], Prefix=prefix)
        return [item["Key"] for item in found.get("Contents", [])]


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy that reaches no AWS."""
    workspace = Workspace.copy(tmp_path_factory.mktemp("module"))
    workspace.init("-backend=false")
    return workspace


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """The embedded AWS, without anything in it."""
    folder = Folder(tmp_path_factory.mktemp("aws"))
    folder.make()
    certificate = Certificate.create(folder.of("tls"), address="127.0.0.1")
    # The function speaks to the same address, and trusts the same certificate.
    trusted = {"AWS_CA_BUNDLE": str(certificate.path)}
    with embedded_aws(folder, certificate=certificate, variables=trusted) as aws:
        yield aws


@pytest.fixture(scope="session")
def applied(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Applied:
    """All that Terraform makes of the example's variables, with its state in a bucket."""
    folder = Folder(tmp_path_factory.mktemp("package"))
    package = build_package(folder)
    workspace = Workspace.copy(tmp_path_factory.mktemp("applied"), aws.client_environment())
    workspace.adapt_policies()
    (workspace.module / "try_override.tf").write_text(
        'provider "aws" {\n  s3_use_path_style = true\n}\n'
    )
    (workspace.module / "terraform.tfvars").write_text(
        f'prefix        = "{PREFIX}"\n'
        f'region        = "{REGION}"\n'
        f'function_zip  = "{folder.of("lambda") / "collage_worker.zip"}"\n'
        'alarm_emails  = ["on-call@example.com"]\n'
        'settings      = { ALLOWED_SOURCE_HOSTS = "127.0.0.1", DEFAULT_TITLE = "Ana\'s $HOME" }\n'
        "force_destroy = true\n"
        f'replica       = {{ bucket_arn = "arn:aws:s3:::{COPY}", key_arn = "{ANOTHER_KEY}" }}\n'
    )
    for bucket in (STATE_BUCKET, COPY):
        aws.s3().create_bucket(Bucket=bucket)
    versioned: Any = {"Status": "Enabled"}
    aws.s3().put_bucket_versioning(Bucket=COPY, VersioningConfiguration=versioned)
    backend = {"bucket": STATE_BUCKET, "key": "try", "region": REGION, "use_path_style": "true"}
    workspace.init(*(f"-backend-config={name}={value}" for name, value in backend.items()))
    workspace.terraform("apply", "-no-color", "-input=false", "-auto-approve")
    return Applied(workspace, aws, workspace.outputs(), package)


@pytest.fixture(scope="session")
def second_plan(applied: Applied) -> Any:
    """What Terraform would do after it has applied."""
    return applied.workspace.plan()


@pytest.fixture(scope="session")
def airflow(applied: Applied) -> dict[str, str]:
    """The key of a user with the policies that Terraform made for Airflow."""
    iam = applied.client("iam")
    iam.create_user(UserName="airflow")
    for name in ("airflow", "use-key"):
        iam.attach_user_policy(
            UserName="airflow", PolicyArn=applied.outputs["airflow_policy_arns"][name]
        )
    key = iam.create_access_key(UserName="airflow")["AccessKey"]
    return {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }
