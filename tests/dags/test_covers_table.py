"""The settings of the table, and the SQL that the operators' template becomes with them."""

import re
from dataclasses import fields
from typing import Any

import pytest
from airflow.sdk import DAG
from hypothesis import given
from hypothesis import strategies as st

from collage_airflow.covers_table import CoversTable
from collage_airflow.extract import ExtractOperator
from collage_airflow.schedules import MONTHLY
from collage_core.errors import SettingError
from tests.support.covers_sql import rendered

NAMES = [field.name for field in fields(CoversTable) if field.name != "only"]

names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=64).filter(
    lambda text: text == text.strip() and not set(text) & {"`", "."}
)


def test_the_default_is_the_table_of_covers_without_a_condition() -> None:
    sql = rendered(CoversTable())
    assert "FROM `covers` AS c" in sql
    assert "AND (" not in sql
    assert sql.rstrip().endswith("c.`id` DESC")


@given(database=names, table=names, column=names)
def test_any_name_stands_in_the_sql_as_a_name_and_not_as_sql(
    database: str, table: str, column: str
) -> None:
    sql = rendered(CoversTable(table=f"{database}.{table}", updated_at=column))
    # What the driver makes of it, with the moments in place of the placeholders.
    sent = sql % {"window_start": "'2026-10-01'", "window_end": "'2026-11-01'"}
    assert f"FROM `{database}`.`{table}` AS c" in sent
    assert f"c.`{column}` >= '2026-10-01'" in sent


@pytest.mark.parametrize("field", NAMES)
@pytest.mark.parametrize("value", ["", " ", "a`b", "a\nb", "a\0b", "name ", " name", "a.b.c", ".a"])
def test_a_name_that_cannot_be_one_is_refused_with_its_field_and_value(
    field: str, value: str
) -> None:
    settings: dict[str, Any] = {field: value}
    with pytest.raises(SettingError, match=re.escape(f"{field} of CoversTable is {value!r}")):
        CoversTable(**settings)


def test_a_column_has_no_table_before_it() -> None:
    with pytest.raises(SettingError, match=r"'covers\.id': it must be the name of a column"):
        CoversTable(id="covers.id")


@pytest.mark.parametrize(
    "condition", ["name LIKE '50%' AND (a OR b)", "deleted_at IS NULL -- not deleted", "a\n  OR b"]
)
def test_a_condition_reaches_the_server_as_it_was_typed_and_stays_in_its_parentheses(
    condition: str,
) -> None:
    sql = rendered(CoversTable(only=f" {condition}\n"))
    sent = sql % {"window_start": "1", "window_end": "2"}
    assert f"AND (\n        {condition}\n    )\nORDER BY" in sent


def test_a_dag_whose_sql_names_what_its_settings_lack_fails_instead_of_leaving_it_out() -> None:
    with DAG("without_macros", schedule=None):
        extract = ExtractOperator(
            task_id="extract", sql="SELECT {{ covers.table }}", schedule=MONTHLY
        )
    with pytest.raises(Exception, match="'covers' is undefined"):
        extract.render_template_fields({})
