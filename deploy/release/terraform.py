"""Runs Terraform for one environment. What it prints is shown as it comes."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.errors import DeployError
from deploy.release.environment import MODULE, Environment
from deploy.release.errors import TerraformError

MIRROR = "TF_PLUGIN_MIRROR"
"""The variable that names a folder of Terraform's providers, for machines without a registry."""
SELF_CHECK = "aws_lambda_invocation.self_check"


@dataclass(frozen=True, slots=True)
class Terraform:
    """Terraform in the folder of its module, with the files of one environment."""

    environment: Environment
    module: Path = MODULE

    def init(self) -> None:
        """Get the provider, and find the state. Does nothing when that was done before."""
        options = [f"-backend-config={self.environment.backend}", "-reconfigure"]
        if folder := os.environ.get(MIRROR):
            options.append(f"-plugin-dir={folder}")
        self._run("init", "-input=false", *options, shown=False, failed="Terraform cannot begin")

    def plan(self) -> None:
        """Show what `apply` would do."""
        self._run("plan", "-input=false", *self._options)

    def apply(self) -> None:
        """Make the account as the module says. The function's version is asked in any case.

        Raises TerraformError, also when a new version does not answer.
        """
        self._run("apply", "-input=false", "-auto-approve", *self._options)

    def published(self) -> int:
        """The version of the function that was published last."""
        told = self._run(
            "output", "-json", "function", shown=False, failed="Terraform names no version"
        )
        return int(json.loads(told)["published"])

    @property
    def _options(self) -> tuple[str, ...]:
        return (f"-var-file={self.environment.variables}", f"-replace={SELF_CHECK}")

    def _run(
        self, command: str, *options: str, shown: bool = True, failed: str = "Terraform failed"
    ) -> str:
        """What it prints, if that is not shown. Raises TerraformError, after its own error."""
        result = self._start(command, *options, shown=shown)
        if shown or result.returncode:
            sys.stderr.write(result.stderr)
        if result.returncode:
            raise TerraformError(
                f"{failed}: its error is above", at_self_check=SELF_CHECK in result.stderr
            )
        return result.stdout

    def _start(self, command: str, *options: str, shown: bool) -> subprocess.CompletedProcess[str]:
        terraform = shutil.which("terraform")
        if terraform is None:
            raise DeployError("terraform is not on PATH: install version 1.10 or newer")
        # A folder for each environment: going from one to another needs nothing.
        own = {"TF_DATA_DIR": f".terraform/{self.environment.name}", "TF_IN_AUTOMATION": "1"}
        with _interrupts_left_to_it() as interrupts:
            result = subprocess.run(  # noqa: S603 - our own arguments
                [terraform, command, "-no-color", *options],
                cwd=self.module,
                env={**os.environ, **own},
                stdout=None if shown else subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        if interrupts:
            sys.stderr.write(result.stderr)
            raise TerraformError("Terraform was interrupted")
        return result


@contextmanager
def _interrupts_left_to_it() -> Iterator[list[int]]:
    """Ctrl-C reaches Terraform as well, which then ends in order, saves its state and unlocks it.

    `subprocess.run` would kill it after a quarter of a second. Yields the interrupts that came.
    """
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, before)
