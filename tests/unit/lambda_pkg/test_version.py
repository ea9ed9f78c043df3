"""The worker's version is the project's."""

import tomllib
from pathlib import Path

import lambda_pkg

REPO = Path(__file__).parents[3]


def test_the_worker_tells_the_version_of_the_project() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    assert lambda_pkg.__version__ == project["version"]
