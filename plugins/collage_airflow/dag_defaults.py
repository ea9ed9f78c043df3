"""What the DAGs share: retries, tags, the runbook, and the fields of the trigger form."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from airflow.sdk import Param

from collage_airflow.dag_run.window import last_interval
from collage_airflow.form_fields import as_shown
from collage_airflow.retries import RETRY_POLICY
from collage_core.contract.config import CONFIG_BOUNDS
from collage_core.layout.schedule import Schedule

DEFAULT_ARGS: Final[dict[str, Any]] = {
    "owner": "data-engineering",
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=10),
    "retry_policy": RETRY_POLICY,
}
"""The `default_args` of every DAG: the owner of the tasks, and how they are retried."""


class Tag(StrEnum):
    """The tags of DAGs in Airflow's list. Every DAG has the first one."""

    COVER_COLLAGE = "cover-collage"
    MONTHLY = "monthly"
    DAILY = "daily"
    MANUAL = "manual"


_SHARED_RUNBOOK = Path(__file__).with_name("runbook.md")


def runbook(own: str) -> str:
    """The page of a DAG that makes collages, for its `doc_md`.

    Its `own` part says what the DAG does and how to start a manual run. The rest is the same for
    all DAGs: the tasks, what is safe to run again, and what to do when a task has failed.
    """
    return f"{own.strip()}\n\n{_SHARED_RUNBOOK.read_text()}"


_TITLES = {
    "rows": "Rows of the grid",
    "cols": "Columns of the grid",
    "quality": "JPEG quality",
    "max_workers": "Downloads at a time",
    "timeout": "Seconds per try of a download",
    "max_retries": "Tries after the first one",
}


def run_params(schedule: Schedule) -> dict[str, Param]:
    """The fields of the trigger form of a DAG with a schedule; `manual_form` has that without one.

    The schedule and the settings decide what is left empty.
    """
    return as_shown({**window_params(schedule), **config_params(), **output_prefix_param()})


def window_params(schedule: Schedule | None) -> dict[str, Param]:
    """`window_start` and `window_end`, as dates in UTC."""
    begins = f"Empty: {_last_whole(schedule)}." if schedule else "Only together with window_end."
    ends = "The window ends before this day begins."
    return {
        "window_start": _date("First day (UTC)", begins),
        "window_end": _date("Day after the last (UTC)", ends),
    }


def _last_whole(schedule: Schedule) -> str:
    """The last interval of a schedule in words, with its dates if they stay for some weeks.

    With dates that change each day, Airflow would keep another version of the DAG for each day.
    """
    words = f"the last whole {schedule.interval}"
    last = last_interval(schedule, datetime.now(UTC))
    if last.end - last.start < timedelta(days=28):
        return words
    return f"{last.start:%Y-%m-%d} to {last.end:%Y-%m-%d}, {words}"


def config_params() -> dict[str, Param]:
    """The fields of a ProcessingConfig, each within its bounds."""
    return {
        name: Param(
            None,
            type=["null", "integer"],
            minimum=least,
            maximum=most,
            title=_TITLES[name],
            description=f"{least} to {most}. Empty: the setting DEFAULT_{name.upper()}.",
        )
        for name, (least, most) in CONFIG_BOUNDS.items()
    }


def output_prefix_param() -> dict[str, Param]:
    """The folder of the collages below the day's folder."""
    return {
        "output_prefix": Param(
            None,
            type=["null", "string"],
            title="Folder for the collages",
            description="Below collages/YYYY/MM/DD/sqs-trigger/, or collages/manual/ in a manual "
            "run. Empty: none.",
        )
    }


def _date(title: str, description: str) -> Param:
    return Param(None, type=["null", "string"], format="date", title=title, description=description)
