"""When a scheduled run was queued: the moment from which its deadline counts."""

from datetime import datetime
from typing import TYPE_CHECKING

from airflow.sdk.definitions.deadline import BaseDeadlineReference

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class QueuedScheduledRun(BaseDeadlineReference):
    """A deadline's reference: when a run was queued, for runs that the schedule has started.

    Airflow calls it when it makes a DAG run. Its own references would make every month of a
    backfill late: by their logical dates at once, by the time they were queued while they wait for
    each other.
    """

    required_kwargs = frozenset({"dag_id", "run_id"})

    def _evaluate_with(self, *, session: "Session", dag_id: str, run_id: str) -> datetime | None:
        """The moment; None for a run that has no deadline."""
        from airflow.models.dagrun import DagRun
        from airflow.utils.types import DagRunType
        from sqlalchemy import select

        queued = select(DagRun.queued_at).where(
            DagRun.dag_id == dag_id,
            DagRun.run_id == run_id,
            DagRun.run_type == DagRunType.SCHEDULED,
        )
        found: datetime | None = session.scalar(queued)
        return found
