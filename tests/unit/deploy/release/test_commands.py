"""The commands as they are typed: what each says when it cannot begin, without any AWS."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from deploy.iam import policy
from deploy.release import __main__ as commands
from local.environment import TOOLS, VENV_BIN

REPO = Path(__file__).parents[4]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the commands need of a checkout, without the environments of this one."""
    for name in ("scripts", "deploy"):
        shutil.copytree(REPO / name, tmp_path / name)
    environments = tmp_path / "terraform" / "environments"
    environments.mkdir(parents=True)
    for path in (REPO / "terraform" / "environments").glob("example.*"):
        shutil.copy(path, environments)
    (tmp_path / ".venv").symlink_to(VENV_BIN.parent)
    return tmp_path


def run(
    checkout: Path, script: str, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own script
        [checkout / "scripts" / script, *arguments],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(checkout),
            "AWS_EC2_METADATA_DISABLED": "true",
            **variables,
        },
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("script", ["deploy.sh", "rollback.sh"])
def test_a_missing_environment_is_one_line_with_its_fix(checkout: Path, script: str) -> None:
    result = run(checkout, script, "staging", *(["12"] if script == "rollback.sh" else []))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        "there is no terraform/environments/staging.tfvars: run `scripts/setup_infrastructure.sh "
        "staging --prefix acme-staging-`, with a prefix of your own\n"
    )


def test_without_credentials_the_fix_names_them(checkout: Path) -> None:
    result = run(checkout, "setup_infrastructure.sh", "staging", "--prefix", "acme-staging-")
    assert result.returncode == 1
    assert result.stderr == (
        "there are no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY\n"
    )
    for script, *more in (("rollback.sh", "12"), ("deploy.sh",), ("deploy.sh", "--plan")):
        again = run(checkout, script, "staging", *more)
        assert (again.returncode, again.stdout, again.stderr) == (1, "", result.stderr)


def test_a_profile_that_is_not_there_is_named(checkout: Path) -> None:
    options = ("staging", "--prefix", "acme-staging-")
    result = run(checkout, "setup_infrastructure.sh", *options, AWS_PROFILE="acme")
    assert result.returncode == 1
    assert result.stderr == (
        "The config profile (acme) could not be found: set AWS_PROFILE to one that `aws configure "
        "list-profiles` shows\n"
    )


def test_who_interrupts_gets_one_line(checkout: Path) -> None:
    run(checkout, "setup_infrastructure.sh", "staging", "--prefix", "acme-staging-")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = subprocess.Popen(  # noqa: S603 - our own script
            [checkout / "scripts" / "rollback.sh", "staging", "12"],
            env={
                "PATH": os.environ["PATH"],
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{silent.getsockname()[1]}",
                "AWS_ACCESS_KEY_ID": "x",
                "AWS_SECRET_ACCESS_KEY": "x",
            },
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            silent.settimeout(60)
            request, _ = silent.accept()
            os.killpg(process.pid, signal.SIGINT)
            _, said = process.communicate(timeout=60)
            request.close()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert (process.returncode, said) == (
        130,
        "interrupted: run the same command again to go on\n",
    )


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            ClientError({"Error": {"Code": "Denied", "Message": "no right"}}, "GetAlias"),
            "AWS refuses GetAlias: Denied, no right",
        ),
        (
            EndpointConnectionError(endpoint_url="https://lambda"),
            'AWS cannot be asked: Could not connect to the endpoint URL: "https://lambda"',
        ),
    ],
)
def test_an_error_of_aws_is_one_line(
    monkeypatch: pytest.MonkeyPatch, error: Exception, line: str
) -> None:
    def fails(*_: object) -> str:
        raise error

    monkeypatch.setattr(commands, "_done", fails)
    monkeypatch.setattr(sys, "argv", ["", "rollback", "staging", "12"])
    with pytest.raises(SystemExit) as ended:
        commands._main()
    assert ended.value.code == line


@pytest.mark.parametrize("plan_only", [True, False])
def test_a_plan_of_a_rollback_is_one(monkeypatch: pytest.MonkeyPatch, plan_only: bool) -> None:
    asked: list[object] = []
    monkeypatch.setattr(commands.Environment, "read", lambda name: f"the files of {name}")
    monkeypatch.setattr(
        commands,
        "roll_back",
        lambda environment, version, *, plan_only: asked.append((environment, version, plan_only)),
    )
    monkeypatch.setattr(sys, "argv", ["", "rollback", "staging", "12", *["--plan"] * plan_only])
    commands._main()
    assert asked == [("the files of staging", "12", plan_only)]


def test_a_plan_of_a_new_environment_needs_no_credentials_and_writes_nothing(
    checkout: Path,
) -> None:
    options = ("--prefix", "acme-staging-", "--plan")
    result = run(checkout, "setup_infrastructure.sh", "staging", *options)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == (
        "==> would write terraform/environments/staging.tfvars, from example.tfvars\n"
        "==> would write terraform/environments/staging.tfbackend, from example.tfbackend\n"
        "==> would make the bucket acme-staging-cover-collage-states in us-east-2, if it is "
        "missing\n"
        "nothing was changed: this was only a plan\n"
    )
    assert sorted(path.name for path in (checkout / "terraform" / "environments").iterdir()) == [
        "example.tfbackend",
        "example.tfvars",
    ]


@pytest.mark.parametrize("script", ["deploy.sh", "rollback.sh", "setup_infrastructure.sh"])
def test_without_an_environment_of_python_setup_is_named(checkout: Path, script: str) -> None:
    (checkout / ".venv").unlink()
    result = run(checkout, script, "staging")
    assert (result.returncode, result.stderr) == (
        1,
        "there is no .venv: run `make setup` first\n",
    )


@pytest.mark.parametrize("script", ["deploy.sh", "rollback.sh", "setup_infrastructure.sh"])
def test_the_uv_that_setup_has_installed_is_found(checkout: Path, script: str) -> None:
    (checkout / ".venv").unlink()
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "${PATH##*:}"\n')
    python.chmod(0o755)
    uv = checkout / (TOOLS / "uv" / "bin").relative_to(REPO)
    assert run(checkout, script, "staging").stdout == f"{uv}\n"


@pytest.mark.parametrize("script", ["deploy.sh", "rollback.sh", "setup_infrastructure.sh"])
def test_each_command_says_how_it_is_used(checkout: Path, script: str) -> None:
    result = run(checkout, script, "--help")
    assert result.returncode == 0
    assert result.stdout.startswith(f"usage: scripts/{script} ")
    assert "--plan" in result.stdout


@pytest.mark.parametrize(
    ("target", "command"),
    [
        (["deploy", "ENV=staging"], "scripts/deploy.sh 'staging' "),
        (["deploy", "ENV=staging", "PLAN=1"], "scripts/deploy.sh 'staging' --plan"),
        (["rollback", "ENV=staging", "VERSION=12"], "scripts/rollback.sh 'staging' '12' "),
        (
            ["rollback", "ENV=staging", "VERSION=12", "PLAN=1"],
            "scripts/rollback.sh 'staging' '12' --plan",
        ),
    ],
)
def test_make_runs_the_scripts(target: list[str], command: str) -> None:
    told = subprocess.run(  # noqa: S603 - it only shows what it would run
        ["make", "--dry-run", "--no-print-directory", *target],  # noqa: S607
        cwd=REPO,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.splitlines()[-1] == command


def test_the_rights_to_deploy_fit_into_a_policy_and_name_their_place() -> None:
    names = {"prefix": "acme-", "region": "us-east-2", "account": "111122223333"}
    document = json.loads(policy("rights", names, folder=REPO / "deploy" / "release"))
    # IAM's quota for a managed policy, in characters other than white space.
    assert len(json.dumps(document, separators=(",", ":"))) <= 6144
    for statement in document["Statement"]:
        assert "*" not in "".join(statement["Action"])
        if statement["Sid"] not in {"LetTheQueueCallTheFunction", "MakeTheKey", "Look"}:
            assert all("acme-" in resource for resource in statement["Resource"])
