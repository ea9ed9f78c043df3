"""Where the DAGs of the repository are, and of which kind one is."""

from pathlib import Path

from airflow.sdk import DAG

from collage_airflow.operators.extract import ExtractOperator

REPO = Path(__file__).parents[2]
DAGS = REPO / "dags"
DAG_FILES = sorted(DAGS.glob("cover_collage_*.py"))


def makes_collages(dag: DAG) -> bool:
    """Whether it has covers extracted: then it has a window, a form, and names for its runs."""
    return any(isinstance(task, ExtractOperator) for task in dag.tasks)
