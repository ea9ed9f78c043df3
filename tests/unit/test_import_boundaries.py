"""What Airflow's scheduler, triggerer and DAG processor import must stay light.

Import-linter holds the directions between the packages; this holds what really gets loaded.
"""

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import collage_core

REPO = Path(__file__).parents[2]

WORKER_ONLY = {"__main__", "assembly", "fetch", "imaging", "loading", "transport", "worker"}
"""Modules that download or decode: loaded by workers and by the command line alone."""

_LOADED = """
import importlib, json, sys
before = set(sys.modules)
for name in sys.argv[1:]:
    importlib.import_module(name)
roots = {name.partition(".")[0] for name in set(sys.modules) - before}
print(json.dumps(sorted(roots - sys.stdlib_module_names)))
"""


def test_the_core_loads_nothing_but_itself_outside_of_the_worker() -> None:
    light = sorted(
        module.name
        for module in pkgutil.walk_packages(collage_core.__path__, "collage_core.")
        if module.name.rpartition(".")[2] not in WORKER_ONLY
    )
    assert "collage_core.closing.publish" in light
    loaded = subprocess.run(  # noqa: S603 - our own interpreter and our own modules
        [sys.executable, "-c", _LOADED, *light],
        cwd=REPO,
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(loaded.stdout) == ["collage_core"]
