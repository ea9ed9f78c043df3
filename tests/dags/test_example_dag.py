"""The example of a DAG that waits for the asset, run by Airflow with the events of two runs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from collage_airflow.assets import SUMMARIES, run_event
from collage_core.contract.books import Books, CreatorCounts, RowCounts
from collage_core.settings import Settings
from tests.support.dag_files import REPO
from tests.support.runs import summary

EXAMPLE = REPO / "examples" / "dag_after_a_run.py"

# DAG.test() makes a DAG run without events: here they are given to it, as the scheduler does.
_RUN = """
import json, os, sys
from airflow.utils.db import initdb
initdb()
from airflow.dag_processing.dagbag import DagBag
from airflow.models import dagrun
from airflow.models.asset import AssetEvent, AssetModel
from sqlalchemy import select

events, make = json.loads(sys.argv[1]), dagrun.get_or_create_dagrun

def with_events(*, session, **names):
    made = make(session=session, **names)
    asset = session.scalar(select(AssetModel).where(AssetModel.name == "cover_collage_summaries"))
    made.consumed_asset_events.extend(
        AssetEvent(asset_id=asset.id, extra=extra) for extra in events
    )
    session.commit()
    return made

dagrun.get_or_create_dagrun = with_events
(dag,) = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"]).dags.values()
made = dag.test(logical_date=None)
(task,) = made.get_task_instances()
print(json.dumps({"state": str(made.state), "lines": task.xcom_pull(task_ids="announce")}))
"""


def run_example(folder: Path, events: list[dict[str, Any]]) -> Any:
    """The state of its DAG run, and what its task returned."""
    (folder / "dags").mkdir()
    (folder / "dags" / EXAMPLE.name).write_text(EXAMPLE.read_text())
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", _RUN, json.dumps(events)],
        env={
            **os.environ,
            "AIRFLOW_HOME": str(folder),
            "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def event(run_id: str, timestamp: str, *, window: tuple[str, str] | None) -> dict[str, Any]:
    books = Books(
        rows=RowCounts(total=61, placed=45, failed=16), creators=CreatorCounts(46, 37, 8, 1)
    )
    run = replace(
        summary(run_id, timestamp, books, window=window),
        collages_prefix="collages/2026/10/01/sqs-trigger/",
    )
    return run_event(run, Settings(), summary_key="s.json", results_key="r.csv", csv_key=None)


@pytest.mark.thorough
def test_the_example_says_what_was_published_in_each_run(tmp_path: Path) -> None:
    events = [
        event("an-upload", "20261014_083000", window=None),
        event("october", "20261001_000000", window=("2026-10-01", "2026-11-01")),
    ]
    places = "s3://tiktok-image-output/collages/2026/10/01/sqs-trigger/, s3://tiktok-image-output/"
    assert run_example(tmp_path, events) == {
        "state": "success",
        "lines": [
            f"2026-10-01 to 2026-11-01: 45 of 46 collages, 16 covers failed; {places}s.json",
            f"an-upload: 45 of 46 collages, 16 covers failed; {places}s.json",
        ],
    }


def test_the_example_waits_for_the_asset_that_the_dags_update() -> None:
    assert f'Asset("{SUMMARIES.name}")' in EXAMPLE.read_text()
