"""What Airflow is told of the pages: by the plugin, and by the tasks that link to them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.api_fastapi.core_api.datamodels.plugins import ExternalViewResponse, ReactAppResponse
from airflow.dag_processing.dagbag import DagBag

from collage_airflow.dag_run.keeping import KeepSchedule
from collage_airflow.dag_run.schedules import SCHEDULES
from collage_airflow.run_links import CollagesLink

REPO = Path(__file__).parents[2]

_IN_A_TASK = """
import json, sys
import airflow.sdk.execution_time.task_runner
before = set(sys.modules)
from collage_airflow.run_page.lazy_app import LazyApp
from collage_airflow.run_links import PREFIX
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def test_every_dag_with_chunks_is_known_by_the_schedule_of_its_tasks(dagbag: DagBag) -> None:
    found = {
        dag.dag_id: {task.schedule for task in dag.tasks if hasattr(task, "schedule")}
        for dag in dagbag.dags.values()
        if "wait" in dag.task_ids
    }
    assert found == {dag_id: {schedule} for dag_id, schedule in SCHEDULES.items()}
    assert any(isinstance(schedule, KeepSchedule) for schedule in SCHEDULES.values())


def test_wait_and_reconcile_lead_to_the_page_of_their_run(dagbag: DagBag) -> None:
    for dag_id in SCHEDULES:
        tasks = dagbag.dags[dag_id].tasks
        linking = {
            task.task_id
            for task in tasks
            if any(isinstance(link, CollagesLink) for link in task.operator_extra_links)
        }
        assert linking == {"wait", "reconcile"}


@pytest.mark.parametrize(
    ("base_url", "root"),
    [
        ("", ""),
        ("https://airflow.example/", ""),
        ("https://one.example/team/airflow", "/team/airflow"),
    ],
)
def test_the_link_is_below_airflow_wherever_that_is(
    base_url: str, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", base_url)
    key: Any = SimpleNamespace(dag_id="cover_collage_daily", run_id="manual__a+b:c")
    link = CollagesLink().get_link(None, ti_key=key)  # type: ignore[arg-type]
    assert link == f"{root}/cover-collages/dags/cover_collage_daily/runs/manual__a%2Bb%3Ac"


def test_airflow_accepts_what_the_plugin_shows() -> None:
    read = (
        "import json; from cover_collage_plugin import CoverCollagePlugin as p; "
        "print(json.dumps([p.external_views, p.react_apps]))"
    )
    views, apps = json.loads(in_a_process(read))
    assert {ExternalViewResponse.model_validate(view).destination for view in views} == {
        "nav",
        "dag",
        "dag_run",
    }
    # With a slash before them, they would not be below the path of a proxy.
    assert {view["href"].partition("/")[0] for view in views} == {"cover-collages"}
    (panel,) = map(ReactAppResponse.model_validate, apps)
    assert panel.destination == "dashboard"
    script = REPO / "plugins" / "collage_airflow" / "run_page" / "static" / "panel.js"
    assert f'globalThis["{panel.name}"]' in script.read_text()
    assert panel.bundle_url == "cover-collages/static/panel.js"


def test_a_task_loads_next_to_nothing_of_the_pages() -> None:
    loaded = json.loads(in_a_process(_IN_A_TASK))
    strange = [
        name for name in loaded if not name.startswith(("collage_airflow", "airflow.sdk.bases"))
    ]
    assert strange == []


def in_a_process(script: str) -> str:
    """The last line that a script of its own prints."""
    path = os.pathsep.join([str(REPO), str(REPO / "plugins")])
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.splitlines()[-1]
