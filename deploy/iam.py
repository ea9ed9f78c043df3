"""The IAM policies of `policies/`, with the names of one deployment filled in.

Each file is a template that Terraform's `templatefile` and `string.Template` read alike:
`${name}` is a placeholder, and `$${` stands for `${`, with which IAM's own variables begin.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from string import Template

from deploy.errors import DeployError

POLICIES = Path(__file__).with_name("policies")

_NAME = re.compile(r"[A-Za-z0-9._:/-]+")
"""The characters of bucket names and ARNs. A `*` would extend the right to every name that
matches, and a quote would end the JSON string around the value."""


def policy(name: str, values: Mapping[str, str], *, folder: Path = POLICIES) -> str:
    """The document `policies/{name}.json` as JSON, each placeholder replaced by its value.

    Values without a placeholder are ignored, so that one mapping serves all documents. Raises
    DeployError for a placeholder without a value, and for a value that is neither a name nor an
    ARN.
    """
    path = folder / f"{name}.json"
    for placeholder, value in values.items():
        if not _NAME.fullmatch(value):
            raise DeployError(
                f"{path}: {placeholder} is {value!r}: give one name or ARN, without wildcards"
            )
    try:
        return Template(path.read_text()).substitute(values)
    except KeyError as error:
        raise DeployError(f"{path}: there is no value for ${{{error.args[0]}}}") from error
    except ValueError as error:
        raise DeployError(f"{path}: {error}: write `$${{` for a `${{` of IAM's own") from error
    except OSError as error:
        raise DeployError(f"{path} cannot be read: {error.strerror}") from error
