"""Airflow imports every file below plugins/ by its bare name, unless `.airflowignore` lists it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"
STEMS = {path.stem for path in (PLUGINS / "collage_airflow").glob("*.py")} - {"__init__"}

_LOAD_PLUGINS = """
import json, sys
from airflow import plugins_manager
plugins_manager.ensure_plugins_loaded()
import collage_airflow.settings
print(json.dumps(sorted(sys.modules)))
"""

_READ_DEADLINE = """
from datetime import timedelta
from airflow.serialization.decoders import decode_deadline_alert
from airflow.serialization.encoders import encode_deadline_alert
from collage_airflow.notifications import when_late
(alert,) = when_late(timedelta(hours=14))
print(decode_deadline_alert(encode_deadline_alert(alert)).reference.reference_name)
"""


def last_line(script: str, plugins: Path, **environment: str) -> str:
    """What a process of Airflow with a plugins folder prints at its end."""
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script],
        env={
            **os.environ,
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins),
            "PYTHONPATH": str(PLUGINS.parent),
            **environment,
        },
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.splitlines()[-1]


def modules_after_loading(plugins: Path) -> set[str]:
    """The modules of a process in which Airflow has loaded a plugins folder."""
    return set(json.loads(last_line(_LOAD_PLUGINS, plugins)))


@pytest.mark.thorough
def test_the_plugin_manager_ignores_the_package_and_dags_can_import_it() -> None:
    modules = modules_after_loading(PLUGINS)
    assert "collage_airflow.settings" in modules
    assert not modules & STEMS


@pytest.mark.thorough
def test_without_the_ignore_file_modules_are_imported_by_their_bare_names(
    tmp_path: Path,
) -> None:
    plugins = tmp_path / "plugins"
    shutil.copytree(PLUGINS, plugins, ignore=shutil.ignore_patterns(".airflowignore"))
    assert modules_after_loading(plugins) & STEMS


@pytest.mark.thorough
def test_airflow_reads_the_deadline_of_the_monthly_dag_again_after_it_was_stored() -> None:
    both = f"{PLUGINS.parent}{os.pathsep}{PLUGINS}"
    read = last_line(_READ_DEADLINE, PLUGINS, PYTHONPATH=both, NOTIFY_EMAIL="ana@team.example")
    assert read == "QueuedScheduledRun"
