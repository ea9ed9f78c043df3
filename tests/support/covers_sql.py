"""The SQL of the DAGs for any table, rendered by Airflow itself."""

from pathlib import Path
from typing import Any

from airflow.sdk import DAG

from collage_airflow.dag_run.schedules import MONTHLY
from collage_airflow.database.covers_table import CoversTable
from collage_airflow.operators.extract import ExtractOperator

_SQL = Path(__file__).parents[2] / "dags" / "sql"


def rendered(covers: CoversTable) -> str:
    """What the extract task of a DAG with these settings is given."""
    return rendered_task(covers).sql


def rendered_task(covers: CoversTable, **context: Any) -> ExtractOperator:
    """The extract task of such a DAG, with its templates rendered for a DAG run."""
    with DAG("covers_sql", schedule=None, template_searchpath=str(_SQL)):
        extract = ExtractOperator(
            task_id="extract", sql="covers_in_window.sql", covers=covers, schedule=MONTHLY
        )
    given: Any = context
    extract.render_template_fields(given)
    return extract
