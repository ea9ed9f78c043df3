"""What Airflow's scheduler, triggerer and DAG processor import must stay light.

Import-linter holds the directions between the packages; this holds what really gets loaded, and
what `dags/` imports, which is no package and so out of import-linter's sight.
"""

import ast
import json
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import collage_core
from collage_core.errors import CollageError
from tests.support.dag_files import DAG_FILES, REPO

WORKER_ONLY = {
    "collage_core.__main__",
    "collage_core.command.collages",
    "collage_core.command.main",
    "collage_core.command.on_terminal",
    "collage_core.command.pages",
    "collage_core.command.verify",
    "collage_core.pictures.colour.conversion",
    "collage_core.pictures.colour.of_file",
    "collage_core.pictures.colour.tone_mapping",
    "collage_core.pictures.attention",
    "collage_core.pictures.corners",
    "collage_core.pictures.cropping",
    "collage_core.pictures.decoding",
    "collage_core.pictures.description",
    "collage_core.pictures.encoding",
    "collage_core.pictures.fitting",
    "collage_core.pictures.imaging",
    "collage_core.pictures.text.fonts",
    "collage_core.pictures.text.line",
    "collage_core.recipes.collage.about",
    "collage_core.recipes.collage.canvas",
    "collage_core.recipes.collage.lettering",
    "collage_core.recipes.collage.recipe",
    "collage_core.recipes.collage.trial",
    "collage_core.recipes.keep.recipe",
    "collage_core.report.contact_sheet",
    "collage_core.report.environment",
    "collage_core.report.index_page",
    "collage_core.sources.http.bodies",
    "collage_core.run.local",
    "collage_core.run.opened_collage",
    "collage_core.sources.http.fetcher",
    "collage_core.sources.http.transport",
}
"""Modules that download, decode or draw: loaded by workers and by the command line. `verify` loads
the one that opens collages while it runs, if Pillow is there."""

_LOADED = """
import importlib, json, sys
before = set(sys.modules)
for name in sys.argv[1:]:
    importlib.import_module(name)
roots = {name.partition(".")[0] for name in set(sys.modules) - before}
print(json.dumps(sorted(roots - sys.stdlib_module_names)))
"""


def test_the_core_loads_nothing_but_itself_and_msgspec_outside_of_the_worker() -> None:
    light = sorted(
        module.name
        for module in pkgutil.walk_packages(collage_core.__path__, "collage_core.")
        if module.name not in WORKER_ONLY
    )
    assert "collage_core.run.close" in light
    loaded = subprocess.run(  # noqa: S603 - our own interpreter and our own modules
        [sys.executable, "-c", _LOADED, *light],
        cwd=REPO,
        check=True,
        capture_output=True,
        text=True,
    )
    # msgspec takes typing_extensions where it is installed, and does without it in the zip.
    assert set(json.loads(loaded.stdout)) - {"typing_extensions"} == {"collage_core", "msgspec"}


def imported(source: str) -> Iterator[str]:
    """The dotted name of all that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names):
                yield from (f"{module}.{alias.name}" for alias in names)


def may_stand_in_a_dag(name: str) -> bool:
    """Whether it is ours, Airflow's public interface, Python's own, or an error of the core."""
    if name.startswith(("collage_airflow.", "covers_table.", "airflow.sdk.", "airflow.providers.")):
        return True
    if name.startswith("collage_core."):  # retries are told which errors are final
        module, _, member = name.rpartition(".")
        thing = getattr(import_module(module), member, None)
        return isinstance(thing, type) and issubclass(thing, CollageError)
    return name.partition(".")[0] in sys.stdlib_module_names


@pytest.mark.parametrize("dag", sorted((REPO / "dags").rglob("*.py")), ids=lambda dag: dag.stem)
def test_a_dag_knows_airflow_its_operators_and_errors_of_the_core(dag: Path) -> None:
    names = list(imported(dag.read_text()))
    assert ("airflow.sdk.DAG" in names) == (dag in DAG_FILES)
    assert [name for name in names if not may_stand_in_a_dag(name)] == []


@pytest.mark.parametrize(
    "line",
    [
        "import boto3",
        "import airflow",
        "from airflow.models import DagRun",
        "from collage_core import keys",
        "import collage_core.layout.keys",
        "from collage_core.aws.s3_store import S3Store",
        "from lambda_pkg.services import Services",
        "from local.settings import INPUT_BUCKET",
        "def task():\n    from tests.support import runs",
    ],
)
def test_what_a_dag_must_not_import_is_seen(line: str) -> None:
    assert not any(map(may_stand_in_a_dag, imported(line)))
