"""The embedded AWS: ministack, which enforces IAM and runs the function's zip."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from local import loopback
from local.certificate import Certificate
from local.folder import TOOLS, Folder
from local.programs import Program

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

REGION = "us-east-1"
_ROOT_KEY = "AKIATWINROOTTWINROOT"


@dataclass(frozen=True, slots=True)
class Aws:
    """The account of the twin, and clients with all rights in it."""

    folder: Folder
    port: int
    root_secret: str
    host: str = "127.0.0.1"
    """The name by which the others reach it; the URLs of its queues contain it."""
    certificate: Certificate | None = None
    """For `host`. With one, all its services speak TLS, as those of AWS do."""

    @property
    def endpoint_url(self) -> str:
        """The endpoint of all its services."""
        return f"{'https' if self.certificate else 'http'}://{self.host}:{self.port}"

    def s3(self) -> "S3Client":
        """A client of S3, as root."""
        return self._session().client("s3", **self._connection())

    def sqs(self) -> "SQSClient":
        """A client of SQS, as root."""
        return self._session().client("sqs", **self._connection())

    def functions(self) -> "LambdaClient":
        """A client of Lambda, as root."""
        return self._session().client("lambda", **self._connection())

    def iam(self) -> Any:
        """A client of IAM, as root."""
        return self._session().client("iam", **self._connection())

    def client_environment(self) -> dict[str, str]:
        """Standard variables that connect any AWS client, such as the `aws` command."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            # boto3 and the command line read the first, other SDKs the second.
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": _ROOT_KEY,
            "AWS_SECRET_ACCESS_KEY": self.root_secret,
        } | ({"AWS_CA_BUNDLE": str(self.certificate.path)} if self.certificate else {})

    def program(self, *, listen: str = "127.0.0.1") -> Program:
        """The server, at the address `listen`.

        It saves objects at once, and all other state when it is stopped cleanly.
        """
        home = self.folder.of("aws")
        home.mkdir(exist_ok=True)
        environment = {
            "BIND_HOST": listen,
            "MINISTACK_HOST": self.host,
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_REGION": REGION,
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": _ROOT_KEY,
            "AWS_SECRET_ACCESS_KEY": self.root_secret,
            "PERSIST_STATE": "1",
            "STATE_DIR": str(home / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(home / "s3"),
            # Otherwise it looks for Docker, for services that the twin does not use.
            "DOCKER_HOST": "unix:///nonexistent",
            "SFTP_ENABLED": "0",
        }
        if self.certificate:
            environment |= {
                "USE_SSL": "1",
                "MINISTACK_SSL_CERT": str(self.certificate.path),
                "MINISTACK_SSL_KEY": str(self.certificate.key),
            }
        return Program(
            "aws",
            [str(TOOLS / "ministack" / "bin" / "ministack")],
            directory=home,
            answers=self._answers,
            environment=environment,
        )

    def _answers(self) -> bool:
        tls = self.certificate.client_context() if self.certificate else None
        return loopback.get(self.port, "/_ministack/health", tls=tls) is not None

    def _connection(self) -> dict[str, Any]:
        trusted = str(self.certificate.path) if self.certificate else None
        return {"endpoint_url": self.endpoint_url, "verify": trusted, "config": _CONFIG}

    def _session(self) -> boto3.Session:
        return boto3.Session(
            aws_access_key_id=_ROOT_KEY, aws_secret_access_key=self.root_secret, region_name=REGION
        )


# A synchronous invocation may last as long as the function's time limit.
_CONFIG = Config(read_timeout=330, retries={"total_max_attempts": 2}, proxies={})
