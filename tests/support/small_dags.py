"""Small DAGs of each kind, which keep the policies of their kind, until something is changed."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, CronDataIntervalTimetable

from collage_airflow.assets import SUMMARIES
from collage_airflow.collage_tasks import LONGEST_RUN
from collage_airflow.dag_defaults import DEFAULT_ARGS, Tag, run_params
from collage_airflow.manual_form import manual_params
from collage_airflow.operators.check import CheckOperator
from collage_airflow.operators.extract import ExtractOperator
from collage_airflow.operators.publish import PublishOperator
from collage_airflow.runbook import named, runbook
from collage_core.layout.schedule import Schedule
from tests.support.schedules import DAILY

SQL = "SELECT creator_name, cover_url, updated_at FROM covers"
EACH_DAY = CronDataIntervalTimetable(DAILY.cron, timezone="UTC")
LIMITED = {"execution_timeout": timedelta(hours=1)}
ONE_AT_A_TIME = {"max_active_tis_per_dag": 1}
ALWAYS_SAFE = """### Run it again

Always.

### At 3 a.m.

- `publish` failed: clear it.
"""
BY_HAND = """Makes collages.

### By hand

**Trigger** it.
"""
BACKFILL = """
### Backfill

```
airflow backfill create --dag-id cover_collage_daily --max-active-runs 1 --from-date 2026-10-01
```
"""


def statistics_dag(
    *,
    task_id: str = "publish",
    task_page: str | None = "Publishes.",
    schedule: object = (SUMMARIES,),
    **changes: Any,
) -> DAG:
    """A DAG that makes no collages: it has no schedule of its own, no form and no backfill."""
    fields: dict[str, Any] = {
        "dag_id": "cover_collage_statistics",
        "description": "The statistics again",
        "doc_md": ALWAYS_SAFE,
        "catchup": False,
        "tags": [Tag.COVER_COLLAGE],
        "default_args": DEFAULT_ARGS,
    }
    with DAG(schedule=schedule, **fields | changes) as dag:
        PublishOperator(task_id=task_id, doc_md=task_page)
    return dag


def daily_dag(
    *,
    schedule: object = EACH_DAY,
    schedule_of_tasks: Schedule | None = DAILY,
    publish: Mapping[str, Any] = LIMITED,
    extract: Mapping[str, Any] = ONE_AT_A_TIME,
    **changes: Any,
) -> DAG:
    """A DAG that makes collages on a schedule."""
    fields: dict[str, Any] = {
        "dag_id": "cover_collage_daily",
        "doc_md": runbook(BY_HAND + BACKFILL),
        "params": run_params(DAILY),
    }
    return _collage_dag(
        schedule, schedule_of_tasks, fields | changes, publish=publish, extract=extract
    )


def manual_dag(**changes: Any) -> DAG:
    """A DAG that makes collages, and has no schedule: a run must be given its covers."""
    fields: dict[str, Any] = {
        "dag_id": "cover_collage_manual",
        "doc_md": runbook(BY_HAND),
        "params": manual_params(),
    }
    return _collage_dag(None, None, fields | changes)


def _collage_dag(
    schedule: object,
    schedule_of_tasks: Schedule | None,
    fields: dict[str, Any],
    *,
    publish: Mapping[str, Any] = LIMITED,
    extract: Mapping[str, Any] = ONE_AT_A_TIME,
) -> DAG:
    shared: dict[str, Any] = {
        "description": "One collage per creator",
        "catchup": False,
        "max_active_runs": 1,
        "dagrun_timeout": LONGEST_RUN,
        "tags": [Tag.COVER_COLLAGE],
        "default_args": DEFAULT_ARGS,
    }
    with DAG(schedule=schedule, **shared | fields) as dag:
        CheckOperator(**named("check"), sql=SQL, schedule=schedule_of_tasks, **LIMITED)
        ExtractOperator(**named("extract"), sql=SQL, schedule=schedule_of_tasks, **extract)
        PublishOperator(**named("publish"), schedule=schedule_of_tasks, **publish)
    return dag


def in_a_file_of(dag: DAG, folder: Path, *, lines: int) -> DAG:
    """The same DAG in a file of its own that has so many lines."""
    path = folder / f"{dag.dag_id}.py"
    path.write_text("\n" * lines)
    dag.fileloc = str(path)
    return dag
