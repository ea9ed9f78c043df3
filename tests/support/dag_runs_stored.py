"""DAGs and DAG runs in a database of Airflow, without the rest of Airflow."""

from datetime import UTC, datetime
from uuid import uuid4

from airflow.models.dag import DagModel, DagTag
from airflow.models.dagbundle import DagBundleModel
from airflow.models.dagrun import DagRun, DagRunNote
from airflow.models.taskinstance import TaskInstance
from airflow.utils.types import DagRunType
from sqlalchemy import insert
from sqlalchemy.orm import Session

BUNDLE = "dags-folder"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def add_dag(session: Session, dag_id: str, *, paused: bool = False, tag: str | None = None) -> None:
    """A DAG of the product, or with another tag."""
    if session.get(DagBundleModel, BUNDLE) is None:
        session.add(DagBundleModel(name=BUNDLE))
        session.flush()
    session.add(
        DagModel(
            dag_id=dag_id,
            is_paused=paused,
            bundle_name=BUNDLE,
            fileloc=f"/dags/{dag_id}.py",
            relative_fileloc=f"{dag_id}.py",
            max_active_tasks=16,
            has_task_concurrency_limits=False,
            tags=[DagTag(name=tag or "cover-collage", dag_id=dag_id)],
        )
    )
    session.commit()


def add_run(
    session: Session,
    dag_id: str,
    dag_run_id: str = "manual__1",
    *,
    state: str = "success",
    run_after: datetime = NOON,
    note: str | None = None,
    logical_date: datetime | None = None,
    data_interval: tuple[datetime, datetime] | None = None,
) -> DagRun:
    """A run of it."""
    run = DagRun(
        dag_id=dag_id,
        run_id=dag_run_id,
        run_type=DagRunType.MANUAL,
        run_after=run_after,
        state=state,
        start_date=run_after,
        logical_date=logical_date,
        data_interval=data_interval,
    )
    if note is not None:
        run.dag_run_note = DagRunNote(content=note, user_id=None)
    session.add(run)
    session.commit()
    return run


def add_task(session: Session, run: DagRun, task_id: str, state: str) -> None:
    """A task of the run."""
    session.execute(
        insert(TaskInstance.__table__),
        {
            "id": uuid4(),
            "dag_id": run.dag_id,
            "run_id": run.run_id,
            "task_id": task_id,
            "state": state,
            "map_index": -1,
            "pool": "default_pool",
            "pool_slots": 1,
        },
    )
    session.commit()
