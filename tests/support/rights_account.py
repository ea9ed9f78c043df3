"""An account of the embedded AWS in which errands are tried with a document, or without a part."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zipfile import ZipFile

import boto3
import pytest

from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.settings import Settings
from deploy.iam import policy
from lambda_pkg.services import Services
from local.folder import Folder
from local.ministack import Aws
from tests.support.airflow_aws import make_queues
from tests.support.embedded_aws import embedded_aws
from tests.support.lambda_world import CoverServer, World, serve_covers
from tests.support.rights import Right, document_without
from tests.support.tried_rights import Errand, Here, Outcome, run_errand

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_USER = "whose-rights-are-tried"
_FUNCTION = "a-function"


@dataclass(frozen=True)
class Account:
    """Root of the account, and a user whose only rights are those that are tried."""

    iam: Any
    root: World
    own: World
    functions: "LambdaClient"
    """As the user."""
    function_arn: str

    def attempt(self, document: str, errand: Errand, without: Right | None = None) -> Outcome:
        """Do the errand in buckets and queues of its own."""
        here = self._deployment()
        names = {
            "input_bucket": here.settings.input_bucket,
            "output_bucket": here.settings.output_bucket,
            "temp_bucket": here.settings.temp_bucket,
            "queue_arn": _arn_of(self.root.sqs, here.settings.chunk_queue_url),
            "dead_letter_queue_arn": _arn_of(self.root.sqs, here.dead.url),
            "function_arn": self.function_arn,
        }
        rights = document_without(document, without, names)
        self.iam.put_user_policy(UserName=_USER, PolicyName="tried", PolicyDocument=rights)
        return run_errand(errand, here)

    def _deployment(self) -> Here:
        name = f"try-{uuid4().hex[:12]}"
        settings = replace(
            self.own.settings,
            input_bucket=f"{name}-input",
            output_bucket=f"{name}-output",
            temp_bucket=f"{name}-temp",
            chunk_queue_url=make_queues(self.root.sqs, name),
        )
        for bucket in (settings.input_bucket, settings.output_bucket, settings.temp_bucket):
            self.root.s3.create_bucket(Bucket=bucket)
        return Here(_in(self.root, settings), _in(self.own, settings), self.functions)


def _in(world: World, settings: Settings) -> World:
    queue = ChunkQueue(world.sqs, url=settings.chunk_queue_url)
    return replace(world, services=replace(world.services, settings=settings, queue=queue))


def _arn_of(sqs: Any, url: str) -> str:
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(found["Attributes"]["QueueArn"])


@contextmanager
def account_with_a_user(folder: Folder) -> Iterator[Account]:
    """The account, for the time of the block."""
    with embedded_aws(folder) as aws, serve_covers() as covers:
        iam = aws.iam()
        iam.create_user(UserName=_USER)
        key = iam.create_access_key(UserName=_USER)["AccessKey"]
        root = aws.client_environment()
        user = {
            **root,
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }
        own, functions = _connect(user, covers)
        function_arn = _make_function(aws)
        yield Account(iam, _connect(root, covers)[0], own, functions, function_arn)


def _connect(environment: dict[str, str], covers: CoverServer) -> tuple[World, "LambdaClient"]:
    """A worker with this environment, and its client of Lambda."""
    settings = Settings(
        default_rows=2,
        default_cols=2,
        default_timeout=5,
        default_max_retries=0,
        allowed_source_hosts=("127.0.0.1",),
        function_name=_FUNCTION,
        chunk_queue_url="of each deployment",
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(boto3, "DEFAULT_SESSION", None)  # it would remember somebody else's key
        sqs = boto3.client("sqs")
        services = replace(Services.connect(settings), queue=ChunkQueue(sqs, url=""))
        return World(services, covers, services.store.client, sqs), boto3.client("lambda")


def _make_function(aws: Aws) -> str:
    """A function that does nothing, to be invoked; its ARN."""
    package = BytesIO()
    with ZipFile(package, "w") as file:
        file.writestr("worker.py", "def handler(event, context):\n    return {}\n")
    trust = policy("function_trust", {})
    role = aws.iam().create_role(RoleName=_FUNCTION, AssumeRolePolicyDocument=trust)["Role"]
    return aws.functions().create_function(
        FunctionName=_FUNCTION,
        Runtime="python3.12",
        Handler="worker.handler",
        Role=role["Arn"],
        Code={"ZipFile": package.getvalue()},
    )["FunctionArn"]
