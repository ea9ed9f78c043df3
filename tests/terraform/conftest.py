"""One account of the embedded AWS, with TLS and IAM enforced, in which Terraform has applied."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from deploy.iam import policy
from local.certificate import Certificate
from local.folder import REPO, Folder
from local.ministack import REGION, Aws
from tests.support.embedded_aws import embedded_aws
from tests.terraform.workspace import Workspace, what_is_missing

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "try-"
ENVIRONMENT = "try"
STATE_BUCKET = f"{PREFIX}cover-collage-states"
STATE_KEY = "cover-collage.tfstate"
ACCOUNT = "000000000000"
DEPLOYER = "deployer"
COPY = "copy-of-collages"
ANOTHER_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
_VARIABLES = f"""
alarm_emails = ["on-call@example.com"]
settings = {{ ALLOWED_SOURCE_HOSTS = "127.0.0.1", DEFAULT_TITLE = "Ana's $HOME" }}
force_destroy = true
replica = {{ bucket_arn = "arn:aws:s3:::{COPY}", key_arn = "{ANOTHER_KEY}" }}
"""
_ASKED_OTHERWISE = [
    *["cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource", "cloudwatch:PutDashboard"],
    *["iam:CreatePolicy", "lambda:CreateFunction", "sns:ListTagsForResource"],
    *["lambda:ListAliases", "lambda:ListEventSourceMappings"],
]
"""The embedded AWS asks for the last two where AWS asks for `Get…`, and for all others on every
resource where AWS asks for them on one."""
_LAST = ("test_deploy.py", "test_destroy.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deploy and destroy come last. Where Terraform cannot run, a line says why."""
    own = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    if own and (missing := what_is_missing()):
        first, *others = own
        first.add_marker(pytest.mark.skip(reason=f"nothing of Terraform is tested: {missing}"))
        items[:] = [item for item in items if item not in others]
        config.hook.pytest_deselected(items=others)
    for item in own:
        item.add_marker(pytest.mark.timeout(1800))
    items.sort(key=lambda item: _LAST.index(item.path.name) if item.path.name in _LAST else -1)


@dataclass(frozen=True)
class FirstTry:
    """What became of a broken release in an account in which nothing was deployed yet."""

    said: str
    exit_code: int
    called_by: list[str]
    """What would call the function: aliases, mappings of queues, and events of the bucket."""


@dataclass(frozen=True)
class Applied:
    """What Terraform made, and who asks about it: root, unless a key is given."""

    workspace: Workspace
    aws: Aws
    outputs: dict[str, Any]
    package: bytes = field(repr=False)
    first_try: "FirstTry"

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
    """An account in which `docs/deploy.md` was followed, at first with a broken release."""
    for_terraform = {
        "TF_DATA_DIR": f".terraform/{ENVIRONMENT}",
        **{
            f"TF_CLI_ARGS_{command}": f"-var-file=environments/{ENVIRONMENT}.tfvars"
            for command in ("plan", "apply", "destroy")
        },
    }
    folder = tmp_path_factory.mktemp("applied")
    workspace = Workspace.copy(
        folder, {**aws.client_environment(), **for_terraform}, deployer=_deployer(aws)
    )
    workspace.adapt_policies()
    workspace.use_own_processor()
    new = (ENVIRONMENT, "--prefix", PREFIX, "--region", REGION)
    works(workspace.script("setup_infrastructure.sh", *new, "--plan"))
    assert not aws.s3().list_buckets()["Buckets"]
    files = workspace.module / "environments"
    works(workspace.script("setup_infrastructure.sh", *new))
    with (files / f"{ENVIRONMENT}.tfvars").open("a") as variables:
        variables.write(_VARIABLES)
    aws.s3().create_bucket(Bucket=COPY)
    versioned: Any = {"Status": "Enabled"}
    aws.s3().put_bucket_versioning(Bucket=COPY, VersioningConfiguration=versioned)
    first_try = _first_try(workspace, aws)
    works(workspace.script("deploy.sh", ENVIRONMENT))
    package = (workspace.folder / "dist" / "collage_lambda.zip").read_bytes()
    return Applied(workspace, aws, workspace.outputs(), package, first_try)


def _deployer(aws: Aws) -> dict[str, str]:
    """The key of a user with the rights of `deploy/release/rights.json` and no others."""
    names = {"prefix": PREFIX, "region": REGION, "account": ACCOUNT}
    iam = aws.iam()
    iam.create_user(UserName=DEPLOYER)
    rights = json.loads(policy("rights", names, folder=REPO / "deploy" / "release"))
    asked = {"Effect": "Allow", "Action": _ASKED_OTHERWISE, "Resource": "*"}
    rights["Statement"].append(asked)
    made = iam.create_policy(PolicyName=DEPLOYER, PolicyDocument=json.dumps(rights))["Policy"]
    iam.attach_user_policy(UserName=DEPLOYER, PolicyArn=made["Arn"])
    key = iam.create_access_key(UserName=DEPLOYER)["AccessKey"]
    return {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


def works(result: CompletedProcess[str]) -> str:
    """What a command prints that must work."""
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def _first_try(workspace: Workspace, aws: Aws) -> FirstTry:
    """Deploy a release that lacks a module, and look what would call it."""
    module = workspace.folder / "lambda_pkg" / "self_check.py"
    source = module.read_text()
    module.unlink()
    result = workspace.script("deploy.sh", ENVIRONMENT)
    module.write_text(source)
    functions, name = aws.functions(), f"{PREFIX}collage-worker"
    return FirstTry(
        result.stderr,
        result.returncode,
        [alias["Name"] for alias in functions.list_aliases(FunctionName=name)["Aliases"]]
        + [found["UUID"] for found in functions.list_event_source_mappings()["EventSourceMappings"]]
        + [
            found["LambdaFunctionArn"]
            for found in aws.s3()
            .get_bucket_notification_configuration(Bucket=f"{PREFIX}tiktok-image-input")
            .get("LambdaFunctionConfigurations", [])
        ],
    )


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
