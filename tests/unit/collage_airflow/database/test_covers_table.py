"""The settings of the table, and the SQL that the operators' template becomes with them."""

import re
from dataclasses import fields
from typing import Any

import pytest
from airflow.sdk import DAG
from hypothesis import given
from hypothesis import strategies as st

from collage_airflow.dag_run.schedules import MONTHLY
from collage_airflow.database.covers_table import CoversTable
from collage_airflow.operators.extract import ExtractOperator
from collage_core.errors import SettingError
from tests.support.covers_sql import rendered, rendered_task
from tests.support.dag_runs import dag_run

NAMES = [
    field.name
    for field in fields(CoversTable)
    if field.name not in ("only", "cover_json", "updated_at_holds")
]

names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=64).filter(
    lambda text: text == text.strip() and not set(text) & {"`", "."}
)


def test_the_default_is_the_table_of_covers_without_a_condition() -> None:
    sql = rendered(CoversTable())
    assert "FROM `covers` AS c" in sql
    assert "AND (" not in sql
    assert sql.rstrip().endswith("c.`id` DESC")


@given(database=names, table=names, column=names)
def test_any_name_is_quoted_in_the_sql(database: str, table: str, column: str) -> None:
    sql = rendered(CoversTable(table=f"{database}.{table}", updated_at=column))
    # What the driver makes of it, with the moments in place of the placeholders.
    sent = sql % {"window_start": "'2026-10-01'", "window_end": "'2026-11-01'"}
    assert f"FROM `{database}`.`{table}` AS c" in sent
    assert f"c.`{column}` >= '2026-10-01'" in sent


@pytest.mark.parametrize("field", NAMES)
@pytest.mark.parametrize("value", ["", " ", "a`b", "a\nb", "a\0b", "name ", " name", "a.b.c", ".a"])
def test_an_invalid_name_is_refused_with_its_field_and_value(field: str, value: str) -> None:
    settings: dict[str, Any] = {field: value}
    with pytest.raises(SettingError, match=re.escape(f"{field} of CoversTable is {value!r}")):
        CoversTable(**settings)


@pytest.mark.parametrize(
    ("holds", "said"),
    [
        ("", "must be one of datetime, date, unix_seconds"),
        ("seconds", "must be one of"),
        ("DATETIME", "must be one of"),
        ("%H:%M", "it has no year"),
        ("%Y", "it has no day"),
        ("%Y-%m", "it has no day"),
        ("%Y-%m-%d %Q", "%Q is not understood"),
        ("%z %Y-%m-%d", "%z is not understood unless it is last"),
        ("%Y-%m-%d %I:%M", "%I needs %p"),
        ("%Y-%m-%d'", "quotes and backslashes"),
        ("%Y-%m-%d %", "is not understood"),
    ],
)
def test_an_invalid_updated_at_holds_is_refused_with_the_valid_ones(holds: str, said: str) -> None:
    with pytest.raises(SettingError, match=re.escape(said)) as raised:
        CoversTable(updated_at_holds=holds)
    assert f"updated_at_holds of CoversTable is {holds!r}" in str(raised.value)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "cover",
        "$.",
        "$..cover",
        "$**.url",
        "$.*",
        "$.a-b",
        "$.a'",
        "$[x]",
        "$[-1]",
        "$.a b",
    ],
)
def test_an_invalid_or_order_dependent_path_is_refused(path: str) -> None:
    with pytest.raises(SettingError, match="cover_json of CoversTable is"):
        CoversTable(cover_json=path)


@pytest.mark.parametrize(
    "path", ["$", "$.cover", "$[0].url", "$.video.cover.url_list[*]", '$."cover-url"', "$._a1"]
)
def test_a_path_may_name_keys_and_places_in_lists(path: str) -> None:
    assert f"'{path}'" in rendered(CoversTable(cover_json=path))


@given(column=names, holds=st.sampled_from(["datetime", "unix_seconds", "%Y%m%d", "%m/%d/%Y"]))
def test_percent_signs_of_formats_and_names_are_not_placeholders(column: str, holds: str) -> None:
    sql = rendered(CoversTable(updated_at=column, updated_at_holds=holds))
    sent = sql % {"window_start": "'2026-10-01'", "window_end": "'2026-11-01'"}
    assert f"c.`{column}`" in sent
    assert ("'%Y%m%d'" in sent) == (holds == "%Y%m%d")


@pytest.mark.parametrize(
    ("run", "month"),
    [
        (dag_run("scheduled"), "202610"),
        (dag_run("backfill"), "202610"),
        (dag_run("manual", interval=False), "202610"),
        (dag_run("asset_triggered", interval=False), "202610"),
    ],
    ids=lambda value: getattr(value, "run_type", value),
)
def test_the_window_is_offered_to_templates_for_every_kind_of_run(run: Any, month: str) -> None:
    covers = CoversTable(
        table="media.covers_{{ window_start.strftime('%Y%m') }}",
        updated_at="at_{{ window_end.month }}",
        only="day < '{{ window_end.date() }}' AND label LIKE '50%'",
    )
    task = rendered_task(covers, dag_run=run, params={})
    sent = task.sql % {"window_start": "1", "window_end": "2"}
    assert f"FROM `media`.`covers_{month}` AS c" in sent
    assert "c.`at_11`" in sent
    assert "day < '2026-11-01' AND label LIKE '50%'" in sent
    assert task.run_covers is not None
    assert task.run_covers.table == f"media.covers_{month}"
    assert task.covers == covers


def test_the_window_of_a_manual_run_is_the_one_that_was_asked_for() -> None:
    asked = {"window_start": "2026-03-01", "window_end": "2026-04-01"}
    covers = CoversTable(table="covers_{{ window_start.strftime('%Y%m') }}")
    run = dag_run("manual", interval=False)
    assert "`covers_202603`" in rendered_task(covers, dag_run=run, params=asked).sql


def test_the_window_is_offered_to_the_sql_file_as_well() -> None:
    with DAG("own_sql", schedule=None):
        extract = ExtractOperator(
            task_id="extract", sql="SELECT '{{ window_end.year }}'", schedule=MONTHLY
        )
    given: Any = {"dag_run": dag_run("scheduled"), "params": {}}
    extract.render_template_fields(given)
    assert extract.sql == "SELECT '2026'"


def test_a_name_that_a_template_makes_is_checked_like_any_other() -> None:
    covers = CoversTable(table="covers_{{ '`' }}")
    with pytest.raises(SettingError, match="table of CoversTable is 'covers_`'"):
        rendered_task(covers, dag_run=dag_run("scheduled"), params={})


def test_a_column_has_no_table_before_it() -> None:
    with pytest.raises(SettingError, match=r"'covers\.id': it must be the name of a column"):
        CoversTable(id="covers.id")


@pytest.mark.parametrize(
    "condition", ["name LIKE '50%' AND (a OR b)", "deleted_at IS NULL -- not deleted", "a\n  OR b"]
)
def test_a_condition_reaches_the_server_unchanged_in_parentheses(
    condition: str,
) -> None:
    sql = rendered(CoversTable(only=f" {condition}\n"))
    sent = sql % {"window_start": "1", "window_end": "2"}
    assert f"AND (\n        {condition}\n    )\nORDER BY" in sent


def test_sql_with_an_undefined_setting_fails() -> None:
    with DAG("without_macros", schedule=None):
        extract = ExtractOperator(
            task_id="extract", sql="SELECT {{ covers.table }}", schedule=MONTHLY
        )
    with pytest.raises(Exception, match="'covers' is undefined"):
        extract.render_template_fields({})
