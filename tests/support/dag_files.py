"""Where the DAGs of the repository are, and of which kind one is."""

from pathlib import Path

from airflow.sdk import DAG

from collage_airflow.dag_run.keeping import KeepSchedule
from collage_airflow.operators.extract import ExtractOperator

REPO = Path(__file__).parents[2]
DAGS = REPO / "dags"
DAG_FILES = sorted([*DAGS.glob("cover_collage_*.py"), DAGS / "keep_covers.py"])


def makes_collages(dag: DAG) -> bool:
    """Whether it has covers extracted: then it has a window, a form, and names for its runs.

    One that only keeps them has a schedule of its own kind.
    """
    extracts = [task for task in dag.tasks if isinstance(task, ExtractOperator)]
    return any(not isinstance(task.schedule, KeepSchedule) for task in extracts)
