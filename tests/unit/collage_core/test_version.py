"""The version that the worker and the command tell is the project's."""

import tomllib
from pathlib import Path

from collage_core import __version__

REPO = Path(__file__).parents[3]


def test_the_core_tells_the_version_of_the_project() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    assert __version__ == project["version"]
