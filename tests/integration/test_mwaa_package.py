"""What MWAA gets, in an environment like MWAA's: its packages and none of our tools."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.mwaa import build
from tests.support.dag_files import DAG_FILES
from tests.support.uv import uv

REPO = Path(__file__).parents[2]

_PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
(AIRFLOW,) = (
    line
    for line in _PROJECT["optional-dependencies"]["airflow"]
    if line.startswith("apache-airflow==")
)

_PROBE = """
import importlib, json, os, pathlib, pkgutil, sys
from importlib.util import find_spec
from airflow import plugins_manager, settings
from airflow.dag_processing.dagbag import BundleDagBag

settings.initialize()
_, problems = plugins_manager._get_plugins()
folder = pathlib.Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
bag = BundleDagBag(folder, bundle_path=folder)
trigger = importlib.import_module("collage_airflow.triggers.receipts")
import collage_airflow
for module in pkgutil.walk_packages(collage_airflow.__path__, "collage_airflow."):
    importlib.import_module(module.name)
plugins = os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"]
ours = {
    name: module.__file__ for name, module in sys.modules.items()
    if (getattr(module, "__file__", None) or "").startswith(plugins)
}
print(json.dumps({
    "import_errors": {**problems, **bag.import_errors},
    "dags": sorted(bag.dags),
    "bare_names": sorted(
        name for name in ours.keys() - {"cover_collage_plugin"}
        if not name.startswith(("collage_airflow", "collage_core"))
    ),
    "trigger": trigger.__file__,
    "core": sys.modules["collage_core"].__file__,
    "missing": [name for name in ("tqdm", "pytest", "moto") if find_spec(name) is None],
    "settings": {n: os.environ.get(n) for n in ("CHUNK_QUEUE_URL", "ALLOWED_SOURCE_HOSTS")},
}))
"""


@dataclass(frozen=True, slots=True)
class Mwaa:
    """A folder laid out as in MWAA's image, and a Python with MWAA's packages."""

    home: Path
    python: Path

    def probe(self) -> Any:
        """What a process of Airflow finds after the startup script has run."""
        script = f'source "{self.home / "startup.sh"}" && exec "{self.python}" -c "$PROBE"'
        done = subprocess.run(  # noqa: S603 - our own script
            ["bash", "-c", script],  # noqa: S607
            cwd=self.home,
            env={
                "PATH": os.defpath,
                "HOME": str(self.home),
                "PROBE": _PROBE,
                "AIRFLOW_HOME": str(self.home),
                "AIRFLOW__CORE__DAGS_FOLDER": str(self.home / "dags"),
                "AIRFLOW__CORE__PLUGINS_FOLDER": str(self.home / "plugins"),
                "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def mwaa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mwaa]:
    """The three files unpacked as MWAA does it, beside the packages of `requirements.txt`."""
    home = tmp_path_factory.mktemp("mwaa")
    package = home / "package"
    build(
        package,
        {"CHUNK_QUEUE_URL": "https://sqs.example/1/q", "ALLOWED_SOURCE_HOSTS": "a.example, *.b"},
    )
    shutil.copytree(REPO / "dags", home / "dags")
    shutil.copy(package / "startup.sh", home)
    with zipfile.ZipFile(package / "plugins.zip") as archive:
        archive.extractall(home / "plugins")
    yield Mwaa(home, install(home / "env", package / "requirements.txt"))
    shutil.rmtree(home / "env")  # a third of a gigabyte


def install(environment: Path, requirements: Path) -> Path:
    """An environment with Airflow and `requirements`; returns its Python.

    The lock stands for the constraints of MWAA's image, which are not to be had here.
    """
    constraints = environment.with_name("constraints.txt")
    uv("export", "--frozen", "--all-extras", "--no-dev", "--no-emit-project", "--no-hashes",
       "--output-file", str(constraints))  # fmt: skip
    uv("venv", "--python", sys.executable, str(environment))
    python = environment / "bin" / "python"
    uv("pip", "install", "--no-config", "--python", str(python), "--constraint", str(constraints),
       AIRFLOW, "--requirements", str(requirements))  # fmt: skip
    return python


@pytest.fixture(scope="module")
def found(mwaa: Mwaa) -> Any:
    return mwaa.probe()


def test_every_dag_is_read_without_an_error(found: Any) -> None:
    assert found["import_errors"] == {}
    assert found["dags"] == sorted(path.stem for path in DAG_FILES)


def test_no_module_of_ours_is_loaded_under_a_bare_name(found: Any) -> None:
    assert found["bare_names"] == []


def test_the_trigger_and_the_core_come_from_the_plugins(mwaa: Mwaa, found: Any) -> None:
    plugins = mwaa.home / "plugins"
    assert found["trigger"] == str(plugins / "collage_airflow" / "triggers" / "receipts.py")
    assert found["core"] == str(plugins / "collage_core" / "__init__.py")


def test_airflows_side_does_without_pillow_and_our_tools(found: Any) -> None:
    assert found["missing"] == ["tqdm", "pytest", "moto"]


def test_the_settings_reach_airflow(found: Any) -> None:
    assert found["settings"] == {
        "CHUNK_QUEUE_URL": "https://sqs.example/1/q",
        "ALLOWED_SOURCE_HOSTS": "a.example, *.b",
    }


def test_without_the_ignore_file_the_core_would_be_loaded_under_bare_names(mwaa: Mwaa) -> None:
    ignore_file = mwaa.home / "plugins" / ".airflowignore"
    text = ignore_file.read_text()
    ignore_file.write_text(text.replace("collage_core/", ""))
    try:
        assert mwaa.probe()["bare_names"] != []
    finally:
        ignore_file.write_text(text)
