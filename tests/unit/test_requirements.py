"""requirements.txt is what MWAA installs; pyproject.toml is what everything else is tested with."""

import re
import tomllib
from pathlib import Path

REPO = Path(__file__).parents[2]
PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
TEXT = (REPO / "requirements.txt").read_text()
LINES = [line for line in TEXT.splitlines() if line and not line.startswith("#")]


def test_mwaa_applies_the_constraints_of_its_image() -> None:
    # It looks for this in comments, too, and then leaves its own constraints away.
    assert not re.search(r"-c |--constraint", TEXT)


def test_mwaa_installs_the_providers_that_the_dags_are_tested_with_and_what_opens_pictures() -> (
    None
):
    providers = [
        item for item in PROJECT["optional-dependencies"]["airflow"] if "-providers-" in item
    ]
    assert sorted(LINES) == sorted([*providers, "pillow"])
    assert [item for item in PROJECT["dependencies"] if item.startswith("pillow")]


def test_no_line_pins_a_version_against_the_constraints() -> None:
    assert not [line for line in LINES if re.search(r"[=<>~!]", line)]
