"""A deployment with names of its own, and errands in it as somebody with the rights of a document.

What is there before an errand is made with all rights.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, override

from botocore.exceptions import ClientError

from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.aws.dead_letters import DeadLetterQueue
from collage_core.aws.s3_store import S3Store
from collage_core.errors import CollageError
from collage_core.settings import Settings
from tests.support.lambda_world import World

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

DENIED = {"403", "AccessDenied", "AccessDeniedException"}
_NEEDS_TO_READ = "is not authorized to perform: s3:GetObject on resource"
_PACKAGES = ("collage_core", "lambda_pkg", "collage_airflow")


@dataclass(frozen=True)
class Here:
    """A deployment, as root has it and as somebody with few rights has it."""

    root: World
    own: World
    """Settings, store and queue of whose rights are tried, and the worker with them."""
    functions: "LambdaClient"

    @property
    def settings(self) -> Settings:
        return self.own.settings

    @property
    def store(self) -> S3Store:
        return self.own.services.store

    @property
    def queue(self) -> ChunkQueue:
        return self.own.services.queue

    @property
    def dead(self) -> DeadLetterQueue:
        return DeadLetterQueue(self.own.sqs, url=f"{self.settings.chunk_queue_url}-dlq")


type Errand = Callable[[Here], Iterable[str] | None]
"""A piece of our own work. It may return lines that people are shown."""


@dataclass
class Outcome:
    """What became of an errand."""

    refused: list[str] = field(default_factory=list)
    """The operations that AWS refused for want of a right."""
    said: list[str] = field(default_factory=list)
    """The lines of errors, of the log from warnings on, and of what the errand returned."""
    error: CollageError | ClientError | None = None


class _Lines(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._lines = lines

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())


@contextmanager
def handling(client: Any, event: str, handler: Callable[..., None]) -> Iterator[None]:
    """A client of boto whose events of this kind are handled for the time of the block."""
    client.meta.events.register(event, handler)
    try:
        yield
    finally:
        client.meta.events.unregister(event, handler)


@contextmanager
def _logged(lines: list[str]) -> Iterator[None]:
    handler = _Lines(lines)
    for name in _PACKAGES:
        logging.getLogger(name).addHandler(handler)
    try:
        yield
    finally:
        for name in _PACKAGES:
            logging.getLogger(name).removeHandler(handler)


def _asks_as_aws(s3: Any, params: dict[str, Any], operation: str) -> None:
    """S3 compares an ETag only for somebody who may read the object ("Enforce conditional writes
    on Amazon S3 buckets"). The embedded AWS does not ask."""
    if "IfMatch" not in params:
        return
    try:
        s3.head_object(Bucket=params["Bucket"], Key=params["Key"])
    except ClientError as error:
        if error.response["Error"]["Code"] in DENIED:
            told = {"Code": "AccessDenied", "Message": _NEEDS_TO_READ}
            raise ClientError({"Error": told}, operation) from error


def run_errand(errand: Errand, here: Here) -> Outcome:
    """Do it, and say what became of it. It may end early by an error of ours, or of AWS."""
    outcome, s3 = Outcome(), here.store.client

    def note(parsed: dict[str, Any], model: Any, **_: Any) -> None:
        errors = [parsed.get("Error", {}), *parsed.get("Errors", [])]
        if any(error.get("Code") in DENIED for error in errors):
            outcome.refused.append(model.name)

    def ask(params: dict[str, Any], model: Any, **_: Any) -> None:
        _asks_as_aws(s3, params, model.name)

    with ExitStack() as stack:
        stack.enter_context(_logged(outcome.said))
        for client in (s3, here.own.sqs, here.functions):
            stack.enter_context(handling(client, "after-call", note))
        for operation in ("PutObject", "DeleteObject"):
            event = f"before-parameter-build.s3.{operation}"
            stack.enter_context(handling(s3, event, ask))
        try:
            outcome.said.extend(errand(here) or ())
        except (CollageError, ClientError) as error:
            outcome.error = error
            outcome.said.append(str(error))
    return outcome
