"""What the pages know of the deployment: the settings, the buckets, and how browsers reach them.

It is read again once a minute, so that a connection or variable that a person corrects is used
soon. A page waits for S3 for some seconds at most: Airflow's web server has few threads.
"""

import re
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from botocore.config import Config
from fastapi import Depends

from collage_airflow.aws import s3_hook
from collage_airflow.run_page.function_log import FunctionLog
from collage_airflow.run_page.presigned import PresignedLinks
from collage_airflow.run_page.run_path import RunPath
from collage_airflow.settings import AWS_CONNECTION, read_settings
from collage_core.aws.s3_store import S3Store
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_AWS_HOST = re.compile(r"\.amazonaws\.com(\.cn)?$")
_FRESH_SECONDS = 60
_BOUNDS = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 2},
)
_SIGV4 = Config(signature_version="s3v4")
_OF_REGION = Config(s3={"addressing_style": "virtual"})
"""Without it, boto signs links for the address of all regions, which sends a browser on to another
host for a day after a bucket was made."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where the documents of all runs are."""

    settings: Settings
    store: ObjectStore
    links: PresignedLinks
    log: FunctionLog
    own_seconds: set[RunPath] = field(default_factory=set)
    """Runs of which it is known that their second is theirs, so that it is asked once a minute."""

    @property
    def pictures_from(self) -> str:
        """The origin of the links to pictures."""
        return self.links.origin(self.settings.output_bucket)


def deployment() -> Deployment:
    """The deployment as it is, or was less than a minute ago. Raises SettingError."""
    return _deployment(int(time.monotonic() // _FRESH_SECONDS))


Here = Annotated[Deployment, Depends(deployment)]
"""The deployment, for a route that reads its documents."""


@lru_cache(maxsize=1)
def _deployment(_minute: int) -> Deployment:
    settings = read_settings()
    hook = s3_hook(AWS_CONNECTION)
    client = hook.get_client_type(config=hook.config.merge(_BOUNDS))
    return Deployment(
        settings,
        S3Store(client),
        PresignedLinks(_signer(hook, client, settings)),
        _log(client, settings),
    )


def _log(client: "S3Client", settings: Settings) -> FunctionLog:
    """Only AWS itself has a console: another endpoint has no partition."""
    partition = client.meta.partition if _is_aws(client.meta.endpoint_url) else ""
    return FunctionLog(settings.function_name, client.meta.region_name, partition)


def _signer(hook: S3Hook, client: "S3Client", settings: Settings) -> "S3Client":
    """A client for links only. Browsers may reach S3 at another address than Airflow does."""
    address = settings.browser_s3_endpoint or client.meta.endpoint_url
    config = hook.config.merge(_SIGV4)
    if _is_aws(address):
        config = config.merge(_OF_REGION)
    return hook.get_session(region_name=hook.region_name).client(
        "s3",
        endpoint_url=None if _is_aws(address) else address,
        config=config,
        verify=hook.verify,
    )


def _is_aws(address: str) -> bool:
    return _AWS_HOST.search(urlsplit(address).hostname or "") is not None
