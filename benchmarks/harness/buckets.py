"""Buckets for one benchmark: the S3 of the twin, in a process of its own, over TLS.

As with S3 itself: SDKs send a body in another way where nothing encrypts it.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from collage_core.aws.s3_store import S3Store
from local.certificate import Certificate
from local.credentials import Credentials
from local.folder import Folder
from local.ministack import Aws
from local.ports import Ports
from local.supervisor import Supervisor

_START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Buckets:
    """The running server."""

    store: S3Store
    environment: dict[str, str]
    """Variables with which a client of boto3 finds it."""


@contextmanager
def serve_buckets(root: Path, names: Iterable[str]) -> Iterator[Buckets]:
    """Start S3 in the folder `root` with these empty buckets, and stop it at the end.

    Raises TwinError when it does not start.
    """
    folder = Folder(root)
    folder.make()
    ports, secrets = Ports.pick(folder.of("ports.json")), Credentials()
    supervisor = Supervisor(folder, ports.supervisor, secrets.supervisor)
    certificate = Certificate.create(folder.of("certificate"), address="127.0.0.1")
    aws = Aws(folder, ports.aws, secrets.aws_root, certificate=certificate)
    try:
        supervisor.start()
        supervisor.run("servers", [aws.program()], priority=10, seconds=_START_SECONDS)
        for name in names:
            aws.s3().create_bucket(Bucket=name)
        yield Buckets(S3Store(aws.s3()), {**os.environ, **aws.client_environment()})
    finally:
        supervisor.shutdown()
        shutil.rmtree(root, ignore_errors=True)
