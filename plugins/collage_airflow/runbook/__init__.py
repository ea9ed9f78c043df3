"""What people read in Airflow: the page of a DAG that makes collages, and that of each task.

`page.md` is the same for all DAGs. `tasks/` has a file for each task: what it does, and what to do
when it has failed.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_TASKS_OF_A_RUN = (
    "check",
    "extract",
    "plan",
    "dispatch",
    "wait",
    "reconcile",
    "verify",
    "archive",
    "publish",
)


def runbook(own: str, *, more_tasks: Sequence[str] = ()) -> str:
    """The page of a DAG that makes collages, for its `doc_md`.

    Its `own` part says what the DAG does and how to start a manual run. The rest is the same for
    all DAGs, but for `more_tasks` that only this one has.
    """
    names = [*_TASKS_OF_A_RUN, *more_tasks]
    tasks = [f"#### `{name}`\n\n{_page_of(name)}" for name in names]
    return "\n\n".join(
        [own.strip(), (_FOLDER / "page.md").read_text().strip(), "### The tasks", *tasks, ""]
    )


def named(task_id: str) -> dict[str, Any]:
    """The arguments of an operator that name its task and give it its page."""
    return {"task_id": task_id, "doc_md": _page_of(task_id)}


@cache
def _page_of(task_id: str) -> str:
    return (_FOLDER / "tasks" / f"{task_id}.md").read_text().strip()
