"""Releases that are deployed and taken back, by the commands of docs/deploy.md."""

import json
from subprocess import CompletedProcess

import pytest

from deploy.release.function import Function
from tests.support.failures import Where, failure
from tests.terraform.conftest import ENVIRONMENT, PREFIX, Applied, works

NAME = f"{PREFIX}collage-worker"
FIRST = 2
"""The first version that works: the one before it lacks a module."""
LACKS_A_MODULE = "No module named 'lambda_pkg.self_check'"


@pytest.fixture(scope="module")
def function(applied: Applied) -> Function:
    return Function(NAME, applied.client("lambda"))


def live(function: Function) -> int | None:
    found = function.live()
    return None if found is None else found.version


def deploy(applied: Applied, *options: str) -> CompletedProcess[str]:
    return applied.workspace.script("deploy.sh", ENVIRONMENT, *options)


def roll_back(applied: Applied, version: int, *options: str) -> CompletedProcess[str]:
    return applied.workspace.script("rollback.sh", ENVIRONMENT, str(version), *options)


def last_line(said: str) -> str:
    return said.strip().splitlines()[-1]


def refused(result: CompletedProcess[str]) -> str:
    """The last line of a command that must fail."""
    assert result.returncode == 1, result.stdout + result.stderr
    return last_line(result.stderr)


@failure(
    Where.DEPLOYMENT,
    fault="The first release that is deployed does not work",
    happens="there is no alias, so neither the queue nor an upload calls it",
    sees='`make deploy`: "version 1 does not work: …; nothing is live yet", and exit code 1',
    fix="fix what the line names, and deploy again",
)
def test_a_first_release_that_is_broken_is_called_by_nothing(applied: Applied) -> None:
    tried = applied.first_try
    assert tried.exit_code == 1
    said = last_line(tried.said)
    assert said.startswith("version 1 does not work: ")
    assert said.endswith(f"{LACKS_A_MODULE}; nothing is live yet")
    assert tried.called_by == []


def test_setting_up_again_changes_nothing(applied: Applied) -> None:
    files = sorted((applied.workspace.module / "environments").iterdir())
    before = {path: path.read_bytes() for path in files}
    said = works(applied.workspace.script("setup_infrastructure.sh", ENVIRONMENT))
    assert {path: path.read_bytes() for path in files} == before
    assert "bucket try-cover-collage-states is there\n" in said
    assert last_line(said).endswith(f"make deploy ENV={ENVIRONMENT}")


def test_the_bucket_of_the_state_is_private_versioned_encrypted_and_reached_by_tls(
    applied: Applied,
) -> None:
    s3, bucket = applied.s3, f"{PREFIX}cover-collage-states"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(blocked.values()) == {True}
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    (statement,) = policy["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.fixture(scope="module")
def second_release(applied: Applied) -> int:
    """The next release, which works, is deployed."""
    handler = applied.workspace.folder / "lambda_pkg" / "handler.py"
    handler.write_text(handler.read_text() + "\n# The next release.\n")
    said = works(deploy(applied))
    assert last_line(said) == f"version {FIRST + 1} is live (before: {FIRST})"
    return FIRST + 1


def test_a_release_that_works_is_live(function: Function, second_release: int) -> None:
    assert live(function) == second_release
    function.ask(second_release)


def test_a_plan_changes_nothing_and_a_deploy_of_the_same_says_so(
    applied: Applied, function: Function, second_release: int
) -> None:
    versions = function.versions()
    said = works(deploy(applied, "--plan"))
    assert last_line(said) == f"nothing was changed in {ENVIRONMENT}: this was only a plan"
    said = works(deploy(applied))
    assert last_line(said) == (
        f"nothing new was published: version {second_release} is live, as before"
    )
    assert (live(function), function.versions()) == (second_release, versions)


@pytest.fixture(scope="module")
def rolled_back(applied: Applied, function: Function, second_release: int) -> int:
    """The release before works again."""
    said = works(roll_back(applied, FIRST, "--plan"))
    assert last_line(said) == f"version {FIRST} answers, and would be live (now: {second_release})"
    assert live(function) == second_release
    said = works(roll_back(applied, FIRST))
    assert last_line(said) == f"version {FIRST} is live (before: {second_release})"
    return FIRST


@failure(
    Where.DEPLOYMENT,
    fault="A release answers, and what it makes is wrong all the same",
    happens="each message that comes is done by it, until somebody goes back",
    sees="collages that are wrong, or covers that fail, since it is live",
    fix="`make rollback ENV=… VERSION=…`, then trigger the runs of the meantime again",
)
def test_a_rollback_is_not_undone_by_an_apply(
    applied: Applied, function: Function, rolled_back: int
) -> None:
    versions = function.versions()
    assert live(function) == rolled_back
    applied.workspace.terraform("apply", "-no-color", "-input=false", "-auto-approve")
    assert live(function) == rolled_back
    assert function.versions() == versions


@pytest.mark.parametrize(
    ("version", "why"),
    [
        (FIRST, f"version {FIRST} is live already: besides, there are 1, 3"),
        (9, f"there is no version '9' of {NAME}: besides {FIRST}, which is live, there are 1, 3"),
        (1, f"{LACKS_A_MODULE}; {FIRST} goes on"),
    ],
)
def test_a_rollback_that_cannot_be_is_refused_and_changes_nothing(
    applied: Applied, function: Function, rolled_back: int, version: int, why: str
) -> None:
    assert refused(roll_back(applied, version)).endswith(why)
    assert live(function) == rolled_back


@failure(
    Where.DEPLOYMENT,
    fault="A release does not work: a module, a library or a font is missing, or a setting wrong",
    happens="it is asked before anything calls it, and the release before goes on",
    sees='`make deploy`: "version 3 does not work: …; 2 goes on", and exit code 1',
    fix="fix what the line names, and deploy again",
)
def test_a_broken_release_leaves_the_old_one_at_work_until_it_answers(
    applied: Applied, function: Function, rolled_back: int
) -> None:
    handler = applied.workspace.folder / "lambda_pkg" / "handler.py"
    handler.write_text(handler.read_text() + "# A release that may not read.\n")
    iam = applied.client("iam")
    bucket = applied.outputs["buckets"]["output"]
    denied = {"Effect": "Deny", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}"}
    iam.put_role_policy(
        RoleName=NAME,
        PolicyName="deny",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [denied]}),
    )
    said = refused(deploy(applied))
    published = max(function.versions())
    assert published > rolled_back + 1
    assert said.startswith(f"version {published} does not work: cannot list s3://{bucket}/: ")
    assert said.endswith(f"; {rolled_back} goes on")
    assert live(function) == rolled_back
    iam.delete_role_policy(RoleName=NAME, PolicyName="deny")
    said = works(deploy(applied))
    assert last_line(said) == f"version {published} is live (before: {rolled_back})"
