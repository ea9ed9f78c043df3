"""The command and the DAG ask the same of the database."""

import re

import pytest

from collage_airflow.database import covers_table as of_a_dag
from collage_core.database.covers_sql import covers_sql
from collage_core.database.covers_table import CoversTable
from tests.support.covers_sql import rendered


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"table": "media.covers", "only": "deleted_at IS NULL AND kind LIKE 'a%';"},
        {"updated_at": "create time", "updated_at_holds": "unix_seconds", "id": "post_id"},
        {"cover_json": "$.video.cover", "updated_at_holds": "%d/%m/%Y"},
    ],
)
def test_the_statement_is_that_of_the_dags_sql_file(settings: dict[str, str]) -> None:
    assert compact(covers_sql(CoversTable(**settings))) == compact(
        rendered(of_a_dag.CoversTable(**settings))
    )


def compact(sql: str) -> str:
    """A statement without comments, and with one blank for many."""
    return re.sub(r"\s+", " ", re.sub(r"^--.*$", "", sql, flags=re.MULTILINE)).strip()
