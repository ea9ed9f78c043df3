"""The DAG runs in Airflow's database, and which runs of ours they are. It is only read.

No query is without a limit: the database has every run since Airflow was installed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.models.dag import DagModel, DagTag
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.utils.state import TaskInstanceState
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload

from collage_airflow.dag_defaults import Tag
from collage_airflow.dag_run.identity import RunIdentity
from collage_airflow.dag_run.schedules import SCHEDULES
from collage_airflow.run_page.access import dag_of_run
from collage_core.contract.run_timestamp import RunTimestamp

PAGE = 50
MOST_PAGES = 200
"""Whoever looks for older runs gives dates."""

_OPEN = {"queued", "running"}
_MOST_TASKS = 100
_MOST_OF_A_MINUTE = 20


@dataclass(frozen=True, slots=True)
class DagRunLine:
    """What Airflow knows of a run."""

    dag_id: str
    dag_run_id: str
    state: str
    due: datetime
    """When it could begin; the newest run comes first."""
    started: datetime | None
    ended: datetime | None
    note: str | None

    @classmethod
    def of(cls, found: DagRun) -> Self:
        """From Airflow's own object."""
        return cls(
            dag_id=found.dag_id,
            dag_run_id=found.run_id,
            state=str(found.state),
            due=found.run_after,
            started=found.start_date,
            ended=found.end_date,
            note=found.note,
        )

    @property
    def is_open(self) -> bool:
        """Whether it may still do something."""
        return self.state in _OPEN

    @property
    def outcome(self) -> str:
        """What its note says. One that goes on has the note of its last end."""
        return "" if self.is_open else self.note or ""

    def seconds(self, now: datetime) -> float | None:
        """How long it has worked; None before it has begun."""
        if self.started is None:
            return None
        return max(0.0, ((self.ended or now) - self.started).total_seconds())


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are listed. Empty means all."""

    dag_id: str = ""
    state: str = ""
    since: date | None = None
    until: date | None = None
    """The last day, inclusive."""


@dataclass(frozen=True, slots=True)
class RunPage:
    """Some runs, the newest first."""

    lines: Sequence[DagRunLine]
    page: int
    has_more: bool
    """Whether the next page has older ones."""
    is_cut: bool
    """Whether there are older ones, and no next page."""


@dataclass(frozen=True, slots=True)
class TaskState:
    """A task of a run, as it is now."""

    task_id: str
    state: str

    @property
    def asks(self) -> bool:
        """Whether it waits for a person."""
        return self.state == TaskInstanceState.AWAITING_INPUT


def readable_dags(session: Session, user: BaseUser) -> list[str]:
    """The DAGs of this product whose runs the user may read, sorted by name."""
    allowed = get_auth_manager().get_authorized_dag_ids(user=user, session=session)
    ours = session.scalars(
        select(DagModel.dag_id)
        .join(DagTag, DagTag.dag_id == DagModel.dag_id)
        .where(DagTag.name == str(Tag.COVER_COLLAGE))
    )
    return sorted(allowed.intersection(ours))


def paused_dags(session: Session) -> set[str]:
    """The DAGs of this product that are switched off: their runs wait."""
    return set(
        session.scalars(
            select(DagModel.dag_id)
            .join(DagTag, DagTag.dag_id == DagModel.dag_id)
            .where(DagTag.name == str(Tag.COVER_COLLAGE), DagModel.is_paused)
        )
    )


def list_runs(
    session: Session,
    dag_ids: Collection[str],
    wanted: RunFilter,
    page: int = 1,
    *,
    size: int = PAGE,
) -> RunPage:
    """One page of the runs of some DAGs, the newest first; `size` of them."""
    of_dags = [dag_id for dag_id in dag_ids if wanted.dag_id in {"", dag_id}]
    page = min(max(page, 1), MOST_PAGES)
    conditions: list[ColumnElement[bool]] = [DagRun.dag_id.in_(of_dags)]
    if wanted.state:
        conditions.append(DagRun.state == wanted.state)
    if wanted.since is not None:
        conditions.append(DagRun.run_after >= _midnight(wanted.since))
    if wanted.until is not None:
        conditions.append(DagRun.run_after < _midnight(wanted.until) + timedelta(days=1))
    found = session.scalars(
        select(DagRun)
        .options(joinedload(DagRun.dag_run_note))
        .where(*conditions)
        .order_by(DagRun.run_after.desc(), DagRun.id.desc())
        .limit(size + 1)
        .offset((page - 1) * size)
    ).all()
    are_older, is_last = len(found) > size, page == MOST_PAGES
    return RunPage(
        lines=[DagRunLine.of(run) for run in found[:size]],
        page=page,
        has_more=are_older and not is_last,
        is_cut=are_older and is_last,
    )


def find_dag_run(session: Session, dag_id: str, dag_run_id: str) -> DagRun | None:
    """The run with this id, if Airflow has not forgotten it."""
    return session.scalar(
        select(DagRun)
        .options(joinedload(DagRun.dag_run_note))
        .where(DagRun.dag_id == dag_id, DagRun.run_id == dag_run_id)
    )


def identity_of(dag_run: DagRun) -> RunIdentity | None:
    """What a DAG run is called everywhere but in Airflow; None for a DAG without chunks."""
    if dag_run.dag_id not in SCHEDULES:
        return None
    return RunIdentity.of(dag_run, SCHEDULES[dag_run.dag_id])


def dag_run_of(session: Session, timestamp: RunTimestamp, run_id: str) -> DagRun | None:
    """The DAG run that has made a run; None if none has, or if Airflow has forgotten it.

    A run's second is the first one of its interval, or when it was due, or a minute later.
    """
    dag_id = dag_of_run(run_id)
    if dag_id not in SCHEDULES:
        return None
    begins = timestamp.moment - timedelta(seconds=60)
    ends = timestamp.moment + timedelta(seconds=1)
    found = session.scalars(
        select(DagRun)
        .options(joinedload(DagRun.dag_run_note))
        .where(
            DagRun.dag_id == dag_id,
            or_(
                DagRun.run_after.between(begins, ends),
                DagRun.logical_date.between(begins, ends),
            ),
        )
        .limit(_MOST_OF_A_MINUTE)
    )
    names = {_name(run): run for run in found}
    return names.get(run_id)


def task_states(session: Session, dag_id: str, dag_run_id: str) -> list[TaskState]:
    """The tasks of a run that have a state, in the order in which they began."""
    rows = session.execute(
        select(TaskInstance.task_id, TaskInstance.state)
        .where(
            TaskInstance.dag_id == dag_id,
            TaskInstance.run_id == dag_run_id,
            TaskInstance.state.is_not(None),
        )
        .order_by(TaskInstance.start_date, TaskInstance.task_id)
        .limit(_MOST_TASKS)
    )
    return [TaskState(task_id, str(state)) for task_id, state in rows]


def _name(dag_run: DagRun) -> str:
    identity = identity_of(dag_run)
    return "" if identity is None else identity.run_id


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
