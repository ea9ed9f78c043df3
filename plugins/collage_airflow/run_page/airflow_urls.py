"""Addresses of Airflow's own pages, below its root."""

from collage_airflow.run_page.pages import quoted


def dag(dag_id: str) -> str:
    """The page of a DAG, with the button that triggers it."""
    return f"/dags/{quoted(dag_id)}"


def dag_run(dag_id: str, dag_run_id: str) -> str:
    """The page of a DAG run, with the buttons that mark and clear it."""
    return f"{dag(dag_id)}/runs/{quoted(dag_run_id)}"


def task(dag_id: str, dag_run_id: str, task_id: str) -> str:
    """The page of a task of a run; it opens on its log."""
    return f"{dag_run(dag_id, dag_run_id)}/tasks/{quoted(task_id)}"


def question(dag_id: str, dag_run_id: str, task_id: str) -> str:
    """The question of a task, with the buttons that answer it."""
    return f"{task(dag_id, dag_run_id, task_id)}/required_actions"
