"""What people read in Airflow: the page of a DAG that reads covers, and that of each task.

`page.md` is the same for all DAGs. `tasks/` has a file for each task: what it does, and what to do
when it has failed.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_TASKS_OF_A_RUN = (
    "check",
    "extract",
    "plan",
    "approve",
    "dispatch",
    "wait",
    "reconcile",
    "verify",
    "archive",
    "publish",
)
_TASKS_OF_KEEPING = {
    "check": "check",
    "extract": "keep_extract",
    "plan": "plan",
    "dispatch": "dispatch",
    "wait": "keep_wait",
    "reconcile": "keep_reconcile",
}
"""The tasks of a run that only keeps covers, with their pages."""


def runbook(own: str, *, more_tasks: Sequence[str] = ()) -> str:
    """The page of a DAG that makes collages, for its `doc_md`.

    Its `own` part says what the DAG does and how to start a manual run. The rest is the same for
    all DAGs, but for `more_tasks` that only this one has.
    """
    pages = {name: name for name in (*_TASKS_OF_A_RUN, *more_tasks)}
    common = (_FOLDER / "page.md").read_text().strip()
    return "\n\n".join([own.strip(), common, "### The tasks", *_sections(pages), ""])


def keeping_runbook(own: str) -> str:
    """The page of the DAG that only keeps covers: its `own` part, and its tasks."""
    return "\n\n".join([own.strip(), "### The tasks", *_sections(_TASKS_OF_KEEPING), ""])


def named(task_id: str, *, page: str | None = None) -> dict[str, Any]:
    """The arguments of an operator that name its task and give it its page, by default its own."""
    return {"task_id": task_id, "doc_md": _page_of(page or task_id)}


def _sections(pages: Mapping[str, str]) -> list[str]:
    return [f"#### `{task_id}`\n\n{_page_of(page)}" for task_id, page in pages.items()]


@cache
def _page_of(task_id: str) -> str:
    return (_FOLDER / "tasks" / f"{task_id}.md").read_text().strip()
