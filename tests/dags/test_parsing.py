"""The cost of parsing the DAG files: Airflow parses them often, with all that they import."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.support.dag_files import DAG_FILES, REPO

_PARSE = """
import json, runpy, sys, time
import airflow.sdk, airflow.triggers.base  # what Airflow has loaded in any case
before, began = set(sys.modules), time.process_time()
for path in sys.argv[1:]:
    runpy.run_path(path)
import collage_airflow.triggers.receipts
seconds = time.process_time() - began
print(json.dumps({"seconds": seconds, "new": sorted(set(sys.modules) - before)}))
"""


@pytest.fixture(scope="module")
def parsed() -> dict[str, Any]:
    """What it takes to parse the DAG files in a process of their own."""
    path = os.pathsep.join([str(REPO), str(REPO / "plugins"), str(REPO / "dags")])
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own files
        [sys.executable, "-c", _PARSE, *map(str, DAG_FILES)],
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def test_parsing_the_dags_takes_less_than_a_second_of_a_processor(parsed: dict[str, Any]) -> None:
    assert parsed["seconds"] < 1


def test_importing_a_dag_or_a_trigger_loads_no_client_and_no_imaging(
    parsed: dict[str, Any],
) -> None:
    roots = {name.partition(".")[0] for name in parsed["new"]}
    assert "collage_core" in roots
    heavy = {"PIL", "requests", "urllib3", "boto3", "botocore", "aiobotocore", "MySQLdb", "pandas"}
    assert not roots & heavy
