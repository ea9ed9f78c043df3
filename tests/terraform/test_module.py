"""What is known of the module without any AWS: its form, and the text of its policies."""

import re
from collections import defaultdict

import pytest

from tests.terraform.workspace import Workspace


def test_it_is_written_as_terraform_writes_it(workspace: Workspace) -> None:
    assert workspace.terraform("fmt", "-check", "-diff", "-recursive") == ""


def test_it_is_valid(workspace: Workspace) -> None:
    workspace.terraform("validate", "-no-color")


def test_its_own_tests_pass(workspace: Workspace) -> None:
    said = workspace.terraform("test", "-no-color", "-verbose")
    assert "0 failed" in said
    # All that `make deploy` would show of an account with a header for a host.
    assert '"REQUEST_HEADERS"' in said
    assert "s3cret" not in said


@pytest.fixture(scope="module")
def needed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What each part needs to be there before it is made."""
    workspace = Workspace.copy(tmp_path_factory.mktemp("graph"))
    # `graph` asks for the state.
    override = workspace.module / "backend_override.tf"
    override.write_text('terraform {\n  backend "local" {}\n}\n')
    workspace.init()
    found = defaultdict[str, set[str]](set)
    for part, other in re.findall(r'"(.+)" -> "(.+)";', workspace.terraform("graph")):
        found[part].add(other)
    return found


@pytest.mark.parametrize(
    "part",
    [
        "aws_lambda_alias.live",
        "aws_lambda_event_source_mapping.chunks",
        "aws_s3_bucket_notification.input",
        "aws_s3_object.dags",
        "aws_s3_object.mwaa",
        "aws_s3_object.startup",
    ],
)
def test_a_version_answers_before_it_is_called_and_before_files_of_its_release_are_uploaded(
    needed: dict[str, set[str]], part: str
) -> None:
    before, new = {part}, {part}
    while new := {other for one in new for other in needed[one]} - before:
        before |= new
    assert "aws_lambda_invocation.self_check" in before
