"""What Airflow knows of a run, for its page: its state, its tasks, and where to look and act."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from airflow.models.dagrun import DagRun
from sqlalchemy.orm import Session

from collage_airflow.run_page import airflow_urls
from collage_airflow.run_page.dag_runs import DagRunLine, TaskState, task_states


@dataclass(frozen=True, slots=True)
class AirflowRun:
    """A DAG run with its tasks. Addresses are below Airflow's root."""

    line: DagRunLine
    tasks: Sequence[TaskState]

    @classmethod
    def read(cls, session: Session, found: DagRun) -> Self:
        """One query."""
        return cls(DagRunLine.of(found), task_states(session, found.dag_id, found.run_id))

    @property
    def is_open(self) -> bool:
        """Whether it may still do something."""
        return self.line.is_open

    @property
    def url(self) -> str:
        """Its page in Airflow."""
        return airflow_urls.dag_run(self.line.dag_id, self.line.dag_run_id)

    @property
    def questions(self) -> Sequence[str]:
        """Where a person is asked."""
        return [
            airflow_urls.question(self.line.dag_id, self.line.dag_run_id, task.task_id)
            for task in self.tasks
            if task.asks
        ]

    @property
    def failed(self) -> Sequence[TaskState]:
        """The tasks that have failed themselves."""
        return [task for task in self.tasks if task.state == "failed"]

    def log_of(self, task: TaskState) -> str:
        """The log of a task, in Airflow."""
        return airflow_urls.task(self.line.dag_id, self.line.dag_run_id, task.task_id)
