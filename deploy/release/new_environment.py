"""Writes the files of a new environment from the example."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.errors import DeployError
from deploy.release.environment import EXAMPLE, MODULE, files_of, refuse_prefix_of_another

_PREFIX = re.compile(r"[a-z0-9][a-z0-9-]{0,29}-")
"""As `terraform/variables.tf` has it."""
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")


def write_missing_files(
    name: str,
    *,
    prefix: str | None,
    region: str,
    say: Callable[[str], None],
    plan_only: bool = False,
    module: Path = MODULE,
) -> None:
    """Write those files of the environment that are missing; files that are there stay.

    Raises DeployError when there is no prefix to write, when another environment has it, and for a
    prefix or region that AWS refuses.
    """
    files = files_of(name, module)
    missing = [path for path in files if not path.exists()]
    if not missing:
        return
    if prefix is None:
        raise DeployError(
            f"there is no {missing[0].relative_to(module.parent)} yet: give the environment a "
            f"prefix with --prefix acme-{name}-, which stands in front of all its names"
        )
    if not _PREFIX.fullmatch(prefix):
        raise DeployError(
            f"--prefix is {prefix!r}: give at most 31 lower-case letters, digits and hyphens, the "
            f"last one a hyphen, such as acme-{name}-"
        )
    refuse_prefix_of_another(name, prefix, module)
    if not _REGION.fullmatch(region):
        raise DeployError(f"--region is {region!r}: give the code of a region, such as us-east-2")
    values = {
        "prefix": prefix,
        "region": region,
        "environment": name,
        "bucket": f"{prefix}cover-collage-states",
    }
    for path in missing:
        example = path.with_name(f"{EXAMPLE}{path.suffix}")
        if not plan_only:
            path.write_text(_filled(example.read_text(), values))
        verb = "would write" if plan_only else "wrote"
        say(f"{verb} {path.relative_to(module.parent)}, from {example.name}")


def _filled(text: str, values: Mapping[str, str]) -> str:
    """The example with the values of one environment, as lines of their own have them."""
    for name, value in values.items():
        text = re.sub(rf'^({name}\s*)= ".*"$', rf'\1= "{value}"', text, flags=re.MULTILINE)
    return text
