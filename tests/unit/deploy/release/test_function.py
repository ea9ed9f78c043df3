"""The versions of the function: listed, asked and moved to, over answers of AWS."""

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from deploy.release import function
from deploy.release.errors import BrokenVersionError, MovedMeanwhileError
from deploy.release.function import Function, Live

NAME = "acme-collage-worker"
WELL = {"ok": True, "buckets": {"in": "reachable"}, "queue": "reachable"}


class Stubbed:
    """A function of an account that answers as it is told, in this order."""

    def __init__(self) -> None:
        client = boto3.client(
            "lambda",
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
        )
        self.function = Function(NAME, client)
        self.aws = Stubber(client)

    def answers(self, payload: bytes, **answer: Any) -> None:
        """To `{}`."""
        which = {"FunctionName": NAME, "Qualifier": "3"}
        self.aws.add_response("get_function_configuration", {"State": "Active"}, which)
        body = StreamingBody(io.BytesIO(payload), len(payload))
        self.aws.add_response("invoke", {"Payload": body, **answer}, {**which, "Payload": b"{}"})


@pytest.fixture
def stubbed() -> Iterator[Stubbed]:
    found = Stubbed()
    with found.aws:
        yield found
        found.aws.assert_no_pending_responses()


def reason(stubbed: Stubbed) -> str:
    with pytest.raises(BrokenVersionError) as refused:
        stubbed.function.ask(3)
    line = str(refused.value)
    assert line.startswith("version 3 does not work: ")
    return line.removeprefix("version 3 does not work: ")


def test_a_version_that_is_well_is_not_refused(stubbed: Stubbed) -> None:
    stubbed.answers(json.dumps(WELL).encode())
    stubbed.function.ask(3)


def test_what_is_not_reached_is_the_reason(stubbed: Stubbed) -> None:
    told = {"ok": False, "buckets": {"in": "reachable", "out": "no out"}, "queue": "no\nqueue"}
    stubbed.answers(json.dumps(told).encode())
    assert reason(stubbed) == "no out; no queue"


def test_the_error_of_a_function_is_the_reason(stubbed: Stubbed) -> None:
    told = {"errorType": "SettingError", "errorMessage": "DEFAULT_ROWS is 'many'", "stackTrace": []}
    stubbed.answers(json.dumps(told).encode(), FunctionError="Unhandled")
    assert reason(stubbed) == "SettingError: DEFAULT_ROWS is 'many'"


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "it answers nothing"),
        (b"null", "it answers null"),
        (b"<html>", "it answers <html>"),
        (b"{}", "its answer has no `ok` that is true"),
        (b'{"ok": 1, "queue": "reachable"}', "its answer has no `ok` that is true"),
    ],
)
def test_an_answer_that_is_not_ours_is_the_reason(
    stubbed: Stubbed, payload: bytes, why: str
) -> None:
    stubbed.answers(payload)
    assert reason(stubbed) == why


def test_a_long_reason_is_shortened(stubbed: Stubbed) -> None:
    told = {"errorType": "E", "errorMessage": "x" * 10_000}
    stubbed.answers(json.dumps(told).encode(), FunctionError="Unhandled")
    assert len(reason(stubbed)) < 400


def test_a_version_that_could_not_be_made_is_broken(stubbed: Stubbed) -> None:
    stubbed.aws.add_response("get_function_configuration", {"State": "Failed"})
    assert "terminal failure state" in reason(stubbed)


def test_a_right_that_is_missing_is_not_the_versions_fault(stubbed: Stubbed) -> None:
    stubbed.aws.add_client_error("get_function_configuration", "AccessDeniedException", "no right")
    with pytest.raises(ClientError, match=r"AccessDeniedException.* GetFunctionConfiguration"):
        stubbed.function.ask(3)


def test_a_version_that_does_not_answer_is_broken(
    stubbed: Stubbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://lambda")

    stubbed.aws.add_response("get_function_configuration", {"State": "Active"})
    monkeypatch.setattr(stubbed.function.client, "invoke", late)
    assert reason(stubbed) == "it did not answer within 120 seconds"


def test_versions_are_numbers_in_their_order(stubbed: Stubbed) -> None:
    versions = [{"Version": version} for version in ("$LATEST", "10", "9", "1")]
    stubbed.aws.add_response("list_versions_by_function", {"Versions": versions})
    assert stubbed.function.versions() == [1, 9, 10]


def test_all_pages_of_versions_are_read(stubbed: Stubbed) -> None:
    first = {"Versions": [{"Version": "1"}], "NextMarker": "more"}
    stubbed.aws.add_response("list_versions_by_function", first)
    stubbed.aws.add_response("list_versions_by_function", {"Versions": [{"Version": "2"}]})
    assert stubbed.function.versions() == [1, 2]


def test_an_answer_is_waited_for_as_long_as_is_said() -> None:
    config = Function.connect(NAME, "us-east-1").client.meta.config
    assert config.read_timeout == function._ANSWER_SECONDS
    assert config.retries["total_max_attempts"] == 2  # type: ignore[attr-defined]


def test_where_nothing_was_deployed_nothing_is_live(stubbed: Stubbed) -> None:
    for operation in ("get_alias", "list_versions_by_function"):
        stubbed.aws.add_client_error(operation, "ResourceNotFoundException")
    assert stubbed.function.live() is None
    assert stubbed.function.versions() == []


def test_the_alias_is_moved_from_where_it_was(stubbed: Stubbed) -> None:
    alias = {"FunctionVersion": "2", "RevisionId": "now"}
    stubbed.aws.add_response("get_alias", alias, {"FunctionName": NAME, "Name": "live"})
    moved = {"FunctionName": NAME, "Name": "live", "FunctionVersion": "3", "RevisionId": "now"}
    stubbed.aws.add_response("update_alias", {}, moved)
    live = stubbed.function.live()
    assert live == Live(2, "now")
    stubbed.function.move(live, 3)


def test_an_alias_that_somebody_else_has_moved_stays(stubbed: Stubbed) -> None:
    stubbed.aws.add_client_error("update_alias", "PreconditionFailedException")
    alias = {"FunctionVersion": "4", "RevisionId": "now"}
    stubbed.aws.add_response("get_alias", alias, {"FunctionName": NAME, "Name": "live"})
    with pytest.raises(MovedMeanwhileError) as refused:
        stubbed.function.move(Live(2, "before"), 3)
    assert str(refused.value) == (
        "somebody else has moved `live` of acme-collage-worker meanwhile: 4 is live; if that is "
        "not to stay, try again"
    )
