"""The versions of the function: which one works, whether another would, and the move to it."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError, WaiterError

from deploy.release.errors import BrokenVersionError, MovedMeanwhileError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

ALIAS = "live"
"""As `terraform/names.tf` has it."""

_ANSWER_SECONDS = 120
"""One that reaches a bucket or its queue only after retries takes up to a minute."""
_REACHABLE = "reachable"
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Live:
    """Where the alias is."""

    version: int
    revision: str
    """Of the alias: it changes whenever somebody moves it."""


@dataclass(frozen=True, slots=True)
class Function:
    """The function of one environment."""

    name: str
    client: "LambdaClient"

    @classmethod
    def connect(cls, name: str, region: str) -> Self:
        """With the credentials of the standard AWS environment."""
        config = Config(read_timeout=_ANSWER_SECONDS, retries={"total_max_attempts": 2})
        return cls(name, boto3.client("lambda", region_name=region, config=config))

    def live(self) -> Live | None:
        """The version that works; None where nothing was deployed yet."""
        try:
            alias = self.client.get_alias(FunctionName=self.name, Name=ALIAS)
        except self.client.exceptions.ResourceNotFoundException:
            return None
        return Live(int(alias["FunctionVersion"]), alias["RevisionId"])

    def versions(self) -> list[int]:
        """All published versions, the oldest first; none where nothing was deployed yet."""
        pages = self.client.get_paginator("list_versions_by_function")
        try:
            found = [
                version["Version"]
                for page in pages.paginate(FunctionName=self.name)
                for version in page["Versions"]
            ]
        except self.client.exceptions.ResourceNotFoundException:
            return []
        return sorted(int(version) for version in found if version.isdecimal())

    def ask(self, version: int) -> None:
        """Send a version the event `{}`, which writes nothing (docs/contracts.md).

        Raises BrokenVersionError unless it says that it is well, and ClientError when AWS does not
        let us ask.
        """
        try:
            waiter = self.client.get_waiter("published_version_active")
            waiter.wait(FunctionName=self.name, Qualifier=str(version))
            answer = self.client.invoke(
                FunctionName=self.name, Qualifier=str(version), Payload=b"{}"
            )
            payload = answer["Payload"].read()
        except WaiterError as error:
            if "Error" in error.last_response:
                raise ClientError(error.last_response, "GetFunctionConfiguration") from error
            raise BrokenVersionError(version, _one_line(str(error))) from error
        except ReadTimeoutError as error:
            late = f"it did not answer within {_ANSWER_SECONDS} seconds"
            raise BrokenVersionError(version, late) from error
        if reason := _why_not(payload, is_error="FunctionError" in answer):
            raise BrokenVersionError(version, reason)

    def move(self, live: Live, version: int) -> None:
        """Make `version` the one that works, unless somebody was faster.

        Raises MovedMeanwhileError when the alias is no longer where `live` says.
        """
        try:
            self.client.update_alias(
                FunctionName=self.name,
                Name=ALIAS,
                FunctionVersion=str(version),
                RevisionId=live.revision,
            )
        except self.client.exceptions.PreconditionFailedException as error:
            now = self.live()
            raise MovedMeanwhileError(self.name, now.version if now else None) from error


def _why_not(payload: bytes, *, is_error: bool) -> str:
    """What is wrong with an answer; empty when nothing is."""
    try:
        told: Any = json.loads(payload)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return f"it answers {_one_line(payload.decode(errors='replace')) or 'nothing'}"
    if is_error:
        kind, line = told.get("errorType", "an error"), told.get("errorMessage", "no message")
        return _one_line(f"{kind}: {line}")
    if told.get("ok") is True:
        return ""
    states = [*told.get("buckets", {}).values(), told.get("queue", _REACHABLE)]
    not_reached = "; ".join(str(state) for state in states if state != _REACHABLE)
    return _one_line(not_reached) or "its answer has no `ok` that is true"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"
