"""A copy of what a deployment is made of, with the commands that are run in it."""

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy import mwaa
from deploy.release.terraform import MIRROR
from deploy.settings_file import SETTINGS_ENV, read_settings_file
from local.environment import VENV_BIN, search_path
from local.folder import REPO
from local.package import ARCHITECTURES
from local.policies import _ministack_actions

_COPIED = ("terraform", "deploy", "dags", "plugins", "collage_core", "lambda_pkg", "scripts")
_OF_USERS = shutil.ignore_patterns(".terraform*", "*.tfstate*", "__pycache__")
_NO_INTERNET = {
    # Terraform asks for its newest version otherwise.
    "CHECKPOINT_DISABLE": "1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def what_is_missing() -> str | None:
    """Why Terraform cannot run here, or None."""
    if shutil.which("terraform") is None:
        return "there is no terraform on PATH"
    mirror = os.environ.get(MIRROR)
    if not mirror:
        return (
            f"{MIRROR} does not name the folder of its providers: fill one by "
            "`terraform -chdir=terraform providers mirror FOLDER`"
        )
    if not list(Path(mirror).glob("*/hashicorp/aws/*/*/terraform-provider-*")):
        return f"the folder {mirror} that {MIRROR} names has no provider hashicorp/aws"
    return None


@dataclass(frozen=True)
class Workspace:
    """A copy in `folder`, so that nothing is left in the checkout."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    """Of Terraform's commands, which are run as root."""
    deployer: Mapping[str, str] = field(default_factory=dict)
    """The key of whoever runs the scripts."""

    @classmethod
    def copy(
        cls,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        deployer: Mapping[str, str] | None = None,
    ) -> "Workspace":
        """A new copy, with the files for MWAA as `make package-mwaa` writes them."""
        for name in _COPIED:
            shutil.copytree(REPO / name, folder / name, ignore=_OF_USERS)
        shutil.copy(REPO / "requirements.txt", folder)
        (folder / ".venv").symlink_to(VENV_BIN.parent)
        workspace = cls(folder, environment or {}, deployer or {})
        mwaa.build(workspace.mwaa_files, read_settings_file(SETTINGS_ENV))
        return workspace

    @property
    def module(self) -> Path:
        """Where the commands run."""
        return self.folder / "terraform"

    @property
    def mwaa_files(self) -> Path:
        """What `terraform/tests` takes for the files of MWAA, too."""
        return self.module / "tests" / "mwaa"

    def adapt_policies(self) -> None:
        """Name the actions for batches, as the embedded AWS asks for them (local/policies.py)."""
        for path in (self.folder / "deploy" / "policies").glob("*.json"):
            document = json.loads(path.read_text())
            for statement in document["Statement"]:
                if isinstance(statement["Action"], list):
                    statement["Action"] = [
                        right for one in statement["Action"] for right in _ministack_actions(one)
                    ]
            path.write_text(json.dumps(document))

    def use_own_processor(self) -> None:
        """Deploy for the processor of this machine, where the embedded AWS runs the function."""
        path = self.folder / "deploy" / "limits.json"
        limits = json.loads(path.read_text())
        limits["function"]["architecture"] = ARCHITECTURES[platform.machine().lower()]
        path.write_text(json.dumps(limits))

    def script(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of `scripts/` as in a checkout, without the caller's account."""
        of_others = ("AWS_", "TF_")
        kept = {name: os.environ[name] for name in os.environ if not name.startswith(of_others)}
        return subprocess.run(  # noqa: S603 - arguments of the tests
            [self.folder / "scripts" / name, *arguments],
            env={
                **kept,
                "PATH": search_path(),
                MIRROR: os.environ[MIRROR],
                "AWS_CONFIG_FILE": "/dev/null",
                "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
                **_NO_INTERNET,
                **self.environment,
                **self.deployer,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def try_terraform(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command, without the caller's settings and secrets."""
        return subprocess.run(  # noqa: S603 - arguments of the tests
            ["terraform", *arguments],  # noqa: S607 - the one on PATH, as the skip says
            cwd=self.module,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                **_NO_INTERNET,
                **self.environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def terraform(self, *arguments: str) -> str:
        """What a command prints that must work."""
        result = self.try_terraform(*arguments)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def init(self, *options: str) -> None:
        """Get the provider from the folder on this machine."""
        folder = os.environ[MIRROR]
        self.terraform("init", "-no-color", "-input=false", f"-plugin-dir={folder}", *options)

    def plan(self, *options: str) -> Any:
        """A plan as `terraform show -json` gives it."""
        self.terraform("plan", "-no-color", "-input=false", "-out=wanted.tfplan", *options)
        return json.loads(self.terraform("show", "-json", "wanted.tfplan"))

    def outputs(self) -> dict[str, Any]:
        found = json.loads(self.terraform("output", "-json"))
        return {name: output["value"] for name, output in found.items()}
