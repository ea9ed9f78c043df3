"""One environment, such as `staging`: the two files in `terraform/environments/` that describe it.

Terraform reads them whole. Names and regions are read here, too, so that a rollback needs neither
Terraform nor its state.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deploy.errors import DeployError

MODULE = Path(__file__).resolve().parents[2] / "terraform"
EXAMPLE = "example"

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,24}")
"""So short that `acme-` and a hyphen around it are a prefix, as the lines below propose."""
_FOR_ALL = ("terraform.tfvars", "terraform.tfvars.json", "*.auto.tfvars", "*.auto.tfvars.json")
"""Files in its folder that Terraform reads without being told to."""
_TEXT = re.compile(r'(\w+)\s*=\s*"([^"$%\\]*)"\s*(?:(?:#|//|/\*).*)?')
"""A line of one text, at the top level: what belongs to an object is indented."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What its two files say of names and places."""

    name: str
    variables: Path
    """The file of Terraform's variables."""
    backend: Path
    """The file that says where its state is."""
    prefix: str
    region: str
    state_bucket: str
    state_region: str

    @classmethod
    def read(cls, name: str, module: Path = MODULE) -> Self:
        """The environment `name`.

        Raises DeployError when a file or a value of it is missing, or is that of others, too.
        """
        variables, backend = files_of(name, module)
        for path in (variables, backend):
            if not path.exists():
                raise DeployError(
                    f"there is no {path.relative_to(module.parent)}: run "
                    f"`scripts/setup_infrastructure.sh {name} --prefix acme-{name}-`, with a "
                    "prefix of your own"
                )
        for_all = next((path for each in _FOR_ALL for path in module.glob(each)), None)
        if for_all is not None:
            raise DeployError(
                f"{for_all.relative_to(module.parent)} would count for every environment: move "
                f"what it says to {variables.relative_to(module.parent)}, and delete it"
            )
        given, state = _texts(variables), _texts(backend)
        prefix = _needed(given, "prefix", variables, f"acme-{name}-")
        refuse_prefix_of_another(name, prefix, module)
        return cls(
            name,
            variables,
            backend,
            prefix=prefix,
            region=_needed(given, "region", variables, "us-east-2"),
            state_bucket=_needed(state, "bucket", backend, "acme-cover-collage-states"),
            state_region=_needed(state, "region", backend, "us-east-2"),
        )

    @property
    def function_name(self) -> str:
        """The function, as `terraform/names.tf` calls it."""
        return f"{self.prefix}collage-worker"


def files_of(name: str, module: Path = MODULE) -> tuple[Path, Path]:
    """Where the variables and the backend of an environment are, or will be.

    Raises DeployError for a name that no environment can have.
    """
    if not _NAME.fullmatch(name) or name == EXAMPLE:
        raise DeployError(
            f"{name!r} cannot be an environment: give it a name of at most 25 lower-case letters, "
            f"digits and hyphens, such as staging, but not {EXAMPLE}"
        )
    folder = module / "environments"
    return folder / f"{name}.tfvars", folder / f"{name}.tfbackend"


def refuse_prefix_of_another(name: str, prefix: str, module: Path = MODULE) -> None:
    """Raise DeployError when another environment has this prefix: it would be the same parts."""
    for path in sorted((module / "environments").glob("*.tfvars")):
        if path.stem not in (name, EXAMPLE) and _texts(path).get("prefix") == prefix:
            raise DeployError(
                f"the prefix {prefix} is that of {path.relative_to(module.parent)}, so both would "
                f"be one deployment: give {name} another one, such as acme-{name}-"
            )


def _texts(path: Path) -> dict[str, str]:
    lines = (_TEXT.fullmatch(line) for line in path.read_text().splitlines())
    return {line[1]: line[2] for line in lines if line}


def _needed(texts: Mapping[str, str], name: str, path: Path, example: str) -> str:
    if not texts.get(name):
        raise DeployError(
            f'{path} has no {name}: give it a line that begins so: {name} = "{example}"'
        )
    return texts[name]
