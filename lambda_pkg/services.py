"""The settings, the store, the queue and the machine of a worker, made once per cold start."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import boto3
from botocore.config import Config

from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.aws.s3_store import S3Store
from collage_core.settings import Settings
from collage_core.worker.machine import MACHINE, Machine
from lambda_pkg.meter import Worker

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CLIENT_CONFIG = Config(
    connect_timeout=5,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=16,
)
"""`standard` retries throttling and 5xx with backoff. A call that gets no answer ends after four
tries of 10 s and the pauses between them. That fits into the fifth of its time that an invocation
of five minutes keeps back. If a store stalls in a shorter one, Lambda may kill the invocation, and
its message comes back."""

_UNSIGNED_BODIES = Config(s3={"payload_signing_enabled": False})
"""Otherwise botocore reads all of a pack whose CRC-32 it is given once more, for its SHA-256. For
other objects it does not sign the body over HTTPS either. Each has a CRC-32 that S3 compares, and
TLS lets nobody change the bytes on their way."""


@dataclass(frozen=True, slots=True)
class Services:
    """What an `Invocation` works with; the same for all invocations of one worker."""

    settings: Settings
    store: S3Store
    queue: ChunkQueue
    machine: Machine = MACHINE
    worker: Worker | None = None
    """Measures what AWS bills; None where that is not known."""

    @classmethod
    def connect(cls, settings: Settings, worker: Worker | None = None) -> Self:
        """Make clients from the standard AWS environment: region, credentials and endpoint."""
        sqs = boto3.client("sqs", config=_CLIENT_CONFIG)
        s3 = connect_s3()
        if worker is not None:
            worker.requests.watch(s3)
        queue = ChunkQueue(sqs, url=settings.chunk_queue_url)
        return cls(settings, S3Store(s3), queue, worker=worker)


def connect_s3() -> "S3Client":
    """The client for S3 of a worker, from the standard AWS environment."""
    return boto3.client("s3", config=_CLIENT_CONFIG.merge(_UNSIGNED_BODIES))
