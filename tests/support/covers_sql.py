"""The SQL of the DAGs for any table, rendered by Airflow itself."""

from pathlib import Path

from airflow.sdk import DAG

from collage_airflow.covers_table import CoversTable
from collage_airflow.extract import ExtractOperator
from collage_airflow.schedules import MONTHLY

_SQL = Path(__file__).parents[2] / "dags" / "sql"


def rendered(covers: CoversTable) -> str:
    """What the extract task of a DAG with these settings is given."""
    with DAG(
        "covers_sql",
        schedule=None,
        template_searchpath=str(_SQL),
        user_defined_macros={"covers": covers.in_sql()},
    ):
        extract = ExtractOperator(task_id="extract", sql="covers_in_window.sql", schedule=MONTHLY)
    extract.render_template_fields({})
    return extract.sql
