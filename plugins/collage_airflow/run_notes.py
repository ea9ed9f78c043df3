"""Writes the note of a DAG run when it ends: what became of it, in one line.

Airflow shows the note on the page of the run. This is a listener: the
scheduler calls it inside the transaction that ends the DAG run. A task could not do it, because
Airflow's API for tasks has no notes.

Everything here must use the session of the DAG run. A function of Airflow that opens one by itself
gets the same session and commits it, and that ends the scheduler.
"""

from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

_OUR_DAGS = ("cover_collage_", "keep_covers")
_LONGEST = 1000
"""The column's length."""


@hookimpl
def on_dag_run_success(dag_run: "DagRun", msg: str) -> None:
    """The line of `reconcile`, such as "October 2026: 45 of 46 collages, 16 covers failed".

    Of a dry run, it is the line of `estimate`; of a redrive, how many messages were sent again.
    """
    del msg
    if not _is_ours(dag_run):
        return
    returned = (_returned(dag_run, task_id).get("note") for task_id in ("reconcile", "redrive"))
    note = next(filter(None, returned), None) or _xcom(dag_run, "estimate", "note")
    if note:
        _write(dag_run, str(note))


@hookimpl
def on_dag_run_failed(dag_run: "DagRun", msg: str) -> None:
    """Which task failed, and where it says what to do; or that the run was not approved."""
    del msg
    # Airflow has loaded both long before it calls a listener.
    from airflow.utils.state import TaskInstanceState
    from sqlalchemy.orm import object_session

    session = object_session(dag_run)
    if session is None or not _is_ours(dag_run):
        return
    # Without the scheduler's session, Airflow would commit in the middle of its transaction, and
    # the scheduler would end.
    tasks = dag_run.get_task_instances(state=[TaskInstanceState.FAILED], session=session)
    failed = [task.task_id for task in tasks]
    if failed == ["approve"] and (note := _xcom(dag_run, "approve", "note")):
        _write(dag_run, str(note))
        return
    window = _returned(dag_run, "extract").get("window")
    about = f"{window}: " if window else ""
    _write(
        dag_run,
        f"{about}{', '.join(failed) or 'the run'} failed. The end of its log says why and what to "
        'do; "At 3 a.m." on the page of the DAG has more',
    )


def _is_ours(dag_run: "DagRun") -> bool:
    return dag_run.dag_id.startswith(_OUR_DAGS)


def _returned(dag_run: "DagRun", task_id: str) -> dict[str, Any]:
    """What a task of the run has returned; empty when it has not, or is in no such DAG."""
    value = _xcom(dag_run, task_id, "return_value")
    return value if isinstance(value, dict) else {}


def _xcom(dag_run: "DagRun", task_id: str, key: str) -> Any:
    """What a task of the run has left under a key; None when it has not, or is in no such DAG."""
    # Airflow has loaded both long before it calls a listener.
    from airflow.models.xcom import XComModel
    from sqlalchemy.orm import object_session

    session = object_session(dag_run)
    if session is None:
        return None
    found = session.scalars(
        XComModel.get_many(
            run_id=dag_run.run_id,
            key=key,
            dag_ids=dag_run.dag_id,
            task_ids=task_id,
        )
    ).first()
    return None if found is None else XComModel.deserialize_value(found)


def _write(dag_run: "DagRun", note: str) -> None:
    """Keep a note that a person has written; replace our own after a run was cleared."""
    present = dag_run.dag_run_note
    if present is None:
        dag_run.note = note[:_LONGEST]
    elif present.user_id is None:
        present.content = note[:_LONGEST]
