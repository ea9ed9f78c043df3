"""The note of a DAG run that has ended, within the transaction that ends it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from airflow.models import import_all_models
from airflow.models.base import Base
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from airflow.utils.sqlalchemy import prohibit_commit
from airflow.utils.state import DagRunState, TaskInstanceState
from airflow.utils.types import DagRunType
from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session

from collage_airflow.run_notes import on_dag_run_failed, on_dag_run_success

DAG_ID, RUN_ID = "cover_collage_manual", "manual__1"
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture
def session() -> Iterator[Session]:
    """A database that only this session knows, in a transaction that nobody else may commit."""
    import_all_models()
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session, prohibit_commit(session):
        yield session
    engine.dispose()


def ended(session: Session, state: DagRunState, dag_id: str = DAG_ID) -> DagRun:
    run = DagRun(
        dag_id=dag_id,
        run_id=RUN_ID,
        run_type=DagRunType.MANUAL,
        run_after=NOW,
        state=state,
    )
    session.add(run)
    session.flush()
    return run


def leave(
    session: Session, run: DagRun, task_id: str, state: TaskInstanceState, **xcoms: str
) -> None:
    """A task of the run that has ended, and what it left for others, as JSON."""
    common = {"dag_id": run.dag_id, "task_id": task_id, "run_id": run.run_id}
    task = {"id": uuid4(), "state": state, "map_index": -1, "pool": "default_pool", "pool_slots": 1}
    session.execute(insert(TaskInstance.__table__), {**common, **task})
    for key, value in xcoms.items():
        row = {"dag_run_id": run.id, "key": key, "value": value, "timestamp": NOW}
        session.execute(insert(XComModel.__table__), {**common, **row})


def test_a_failed_run_names_its_tasks_and_leaves_the_transaction_to_the_scheduler(
    session: Session,
) -> None:
    run = ended(session, DagRunState.FAILED)
    leave(session, run, "extract", TaskInstanceState.SUCCESS, return_value='{"window": "May 2026"}')
    leave(session, run, "wait", TaskInstanceState.FAILED)
    on_dag_run_failed(dag_run=run, msg="")
    assert (run.note or "").startswith("May 2026: wait failed. The end of its log says why")


def test_a_run_that_was_not_approved_says_so_instead(session: Session) -> None:
    run = ended(session, DagRunState.FAILED)
    refused = '"May 2026: Refused by ana; nothing was sent"'
    leave(session, run, "approve", TaskInstanceState.FAILED, note=refused)
    on_dag_run_failed(dag_run=run, msg="")
    assert run.note == "May 2026: Refused by ana; nothing was sent"


def test_a_run_that_succeeded_has_the_line_of_reconcile_and_a_dry_run_that_of_estimate(
    session: Session,
) -> None:
    run = ended(session, DagRunState.SUCCESS)
    leave(session, run, "estimate", TaskInstanceState.SUCCESS, note='"Dry run of May 2026"')
    on_dag_run_success(dag_run=run, msg="")
    assert run.note == "Dry run of May 2026"
    leave(session, run, "reconcile", TaskInstanceState.SUCCESS, return_value='{"note": "May 2026"}')
    on_dag_run_success(dag_run=run, msg="")
    assert run.note == "May 2026"


def test_a_redrive_says_how_many_messages_it_sent_again(session: Session) -> None:
    run = ended(session, DagRunState.SUCCESS, dag_id="cover_collage_redrive")
    returned = '{"sent": 2, "note": "2 messages sent again"}'
    leave(session, run, "redrive", TaskInstanceState.SUCCESS, return_value=returned)
    on_dag_run_success(dag_run=run, msg="")
    assert run.note == "2 messages sent again"


def test_the_runs_of_other_dags_get_no_note(session: Session) -> None:
    run = ended(session, DagRunState.FAILED, dag_id="another")
    on_dag_run_failed(dag_run=run, msg="")
    on_dag_run_success(dag_run=run, msg="")
    assert run.note is None
