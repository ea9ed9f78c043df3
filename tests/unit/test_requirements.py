"""requirements.txt is what MWAA installs; pyproject.toml is what everything else is tested with."""

import re
import tomllib
from pathlib import Path

REPO = Path(__file__).parents[2]
PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
LINES = [
    line
    for line in (REPO / "requirements.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


def test_the_constraint_line_names_the_locked_airflow_and_python() -> None:
    airflow = next(item for item in PROJECT["dependencies"] if item.startswith("apache-airflow=="))
    python = re.match(r">=(3\.\d+)", PROJECT["requires-python"])
    assert python is not None
    constraint = f"constraints-{airflow.split('==')[1]}/constraints-{python[1]}.txt"
    assert LINES[0].startswith("--constraint ")
    assert constraint in LINES[0]


def test_mwaa_installs_the_providers_that_the_dags_are_tested_with_and_nothing_else() -> None:
    providers = [item for item in PROJECT["dependencies"] if "-providers-" in item]
    assert sorted(LINES[1:]) == sorted(providers)


def test_no_line_pins_a_version_against_the_constraints() -> None:
    assert not [line for line in LINES[1:] if re.search(r"[=<>~!]", line)]
