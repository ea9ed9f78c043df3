"""The notes of DAG runs, written inside of the scheduler's transaction."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from airflow.models import import_all_models
from airflow.models.base import Base
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG
from airflow.utils.sqlalchemy import prohibit_commit
from airflow.utils.state import DagRunState, TaskInstanceState
from airflow.utils.types import DagRunType
from sqlalchemy import create_engine, inspect
from sqlalchemy.orm import Session

from collage_airflow.run_notes import on_dag_run_failed, on_dag_run_success

MONTHLY = "cover_collage_monthly"


@pytest.fixture
def session() -> Iterator[Session]:
    """A session of a metadata database of its own, in which nothing may be committed."""
    import_all_models()  # type: ignore[no-untyped-call]
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session, prohibit_commit(session):
        yield session
    engine.dispose()


def ended(session: Session, dag_id: str = MONTHLY) -> DagRun:
    """A DAG run whose task `wait` has failed."""
    run = DagRun(
        dag_id=dag_id,
        run_id="scheduled__1",
        run_type=DagRunType.SCHEDULED,
        state=DagRunState.FAILED,
        run_after=datetime(2026, 11, 1, tzinfo=UTC),
    )
    session.add(run)
    with DAG(dag_id, schedule=None):
        wait = EmptyOperator(task_id="wait")
    failed = TaskInstance(
        wait, dag_version_id=uuid4(), run_id=run.run_id, state=TaskInstanceState.FAILED
    )
    session.add(failed)
    session.flush()
    return run


def returned(session: Session, run: DagRun, task_id: str, **value: str) -> None:
    row = XComModel(
        dag_run_id=run.id,
        task_id=task_id,
        run_id=run.run_id,
        dag_id=run.dag_id,
        key="return_value",
        value=value,
    )
    session.add(row)
    session.flush()


def test_a_failed_run_names_its_task_without_leaving_the_schedulers_transaction(
    session: Session,
) -> None:
    run = ended(session)
    returned(session, run, "extract", window="October 2026")
    on_dag_run_failed(run, "")
    assert run.note is not None
    assert run.note.startswith("October 2026: wait failed. The end of its log says why")
    assert inspect(run).session is session, "Airflow's scheduler would end here"


def test_a_run_that_failed_before_it_had_a_window_has_a_note_too(session: Session) -> None:
    run = ended(session)
    on_dag_run_failed(run, "")
    assert run.note is not None
    assert run.note.startswith("wait failed. The end of its log")


def test_a_run_that_succeeded_has_the_line_of_reconcile(session: Session) -> None:
    run = ended(session)
    returned(session, run, "reconcile", note="October 2026: 45 of 46 collages")
    on_dag_run_success(run, "")
    assert run.note == "October 2026: 45 of 46 collages"


def test_a_run_of_another_team_gets_no_note(session: Session) -> None:
    run = ended(session, "somebody_elses")
    on_dag_run_failed(run, "")
    on_dag_run_success(run, "")
    assert run.note is None
