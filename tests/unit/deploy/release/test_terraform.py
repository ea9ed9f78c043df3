"""How Terraform is run, over a program of that name which writes down how it was called."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from deploy.errors import DeployError
from deploy.release.environment import Environment
from deploy.release.errors import TerraformError
from deploy.release.terraform import MIRROR, SELF_CHECK, Terraform
from tests.support.waiting import eventually

REPO = Path(__file__).parents[4]
HERE = Environment(
    "staging",
    variables=Path("/files/staging.tfvars"),
    backend=Path("/files/staging.tfbackend"),
    prefix="acme-",
    region="us-east-1",
    state_bucket="states",
    state_region="us-east-1",
)


@pytest.fixture
def terraform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terraform:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.delenv(MIRROR, raising=False)
    return Terraform(HERE, module=tmp_path)


def program(terraform: Terraform, does: str = "") -> None:
    """What `terraform` on PATH is, besides that it notes its arguments and its folder of data."""
    path = terraform.module / "terraform"
    path.write_text(f'#!/bin/bash\necho "$TF_DATA_DIR $*" >> called\n{does}\n')
    path.chmod(0o755)


def called(terraform: Terraform) -> list[str]:
    return (terraform.module / "called").read_text().splitlines()


def test_each_environment_has_a_folder_of_data_a_state_and_variables(terraform: Terraform) -> None:
    program(terraform)
    terraform.init()
    terraform.plan()
    terraform.apply()
    ours = ".terraform/staging"
    options = f"-var-file=/files/staging.tfvars -replace={SELF_CHECK}"
    assert called(terraform) == [
        f"{ours} init -no-color -input=false -backend-config=/files/staging.tfbackend -reconfigure",
        f"{ours} plan -no-color -input=false {options}",
        f"{ours} apply -no-color -input=false -auto-approve {options}",
    ]


def test_the_provider_comes_from_the_folder_that_is_named(
    terraform: Terraform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MIRROR, "/providers")
    program(terraform)
    terraform.init()
    assert called(terraform)[0].endswith(" -plugin-dir=/providers")


def test_what_was_published_is_read_from_the_outputs(terraform: Terraform) -> None:
    program(terraform, """echo '{"name": "acme-collage-worker", "published": "12"}'""")
    assert terraform.published() == 12
    assert called(terraform) == [".terraform/staging output -no-color -json function"]


@pytest.mark.parametrize("at", [SELF_CHECK, "aws_sns_topic.alarms"])
def test_an_error_is_shown_and_tells_whether_a_version_did_not_answer(
    terraform: Terraform, capfd: pytest.CaptureFixture[str], at: str
) -> None:
    program(terraform, f"echo made a bucket; echo 'Error: no, with {at},' >&2; exit 1")
    with pytest.raises(TerraformError, match=r"^Terraform failed: its error is above$") as failed:
        terraform.apply()
    assert failed.value.at_self_check == (at == SELF_CHECK)
    shown = capfd.readouterr()
    assert (shown.out, shown.err) == ("made a bucket\n", f"Error: no, with {at},\n")


def test_a_state_that_cannot_be_found_is_shown(
    terraform: Terraform, capfd: pytest.CaptureFixture[str]
) -> None:
    program(terraform, "echo 'Error: no such bucket' >&2; exit 1")
    with pytest.raises(TerraformError, match=r"^Terraform cannot begin: its error is above$"):
        terraform.init()
    assert capfd.readouterr().err == "Error: no such bucket\n"


def test_a_machine_without_terraform_is_told_to_install_it(
    terraform: Terraform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(terraform.module))
    with pytest.raises(DeployError, match="terraform is not on PATH: install version"):
        terraform.plan()


def test_who_interrupts_lets_terraform_save_its_state(terraform: Terraform) -> None:
    program(
        terraform, "trap 'kill $!; sleep 1; touch saved; exit 1' INT; sleep 300 & touch ready; wait"
    )
    ours = (
        "from pathlib import Path\n"
        "from tests.unit.deploy.release.test_terraform import HERE, Terraform\n"
        f"Terraform(HERE, module=Path({str(terraform.module)!r})).apply()"
    )
    process = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", ours],
        cwd=REPO,
        env=os.environ | {"PYTHONPATH": str(REPO)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        eventually((terraform.module / "ready").exists)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert (terraform.module / "saved").exists()
    assert "TerraformError: Terraform was interrupted\n" in said
