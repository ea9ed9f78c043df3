"""Loads the extract task like a task process of Airflow: DAG parsed, templates rendered."""

import sys
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk import Context

from benchmarks.extract import covers_table
from collage_airflow.operators.extract import ExtractOperator
from local.folder import REPO

_DAG_ID = "cover_collage_monthly"


def extract_task() -> tuple[ExtractOperator, Context]:
    """The extract task for October 2026, ready to be executed, and its context."""
    folder = REPO / "dags"
    dag = BundleDagBag(folder / f"{_DAG_ID}.py", bundle_path=folder).dags[_DAG_ID]
    task: Any = dag.get_task("extract")
    start, end = covers_table.START.replace(tzinfo=UTC), covers_table.END.replace(tzinfo=UTC)
    dag_run = SimpleNamespace(
        dag_id=_DAG_ID,
        run_id=f"scheduled__{start.isoformat()}",
        run_type="scheduled",
        run_after=end,
        logical_date=start,
        data_interval_start=start,
        data_interval_end=end,
    )
    context: Any = {"dag": dag, "dag_run": dag_run, "params": dag.params.dump(), "task": task}
    task.render_template_fields(context)
    return task, context


def main(path: str) -> None:
    """Write the SQL of the task to a file, for the contenders without Airflow."""
    Path(path).write_text(extract_task()[0].sql)


if __name__ == "__main__":
    main(*sys.argv[1:])
