"""What a DAG takes from the defaults: its form, with a schedule or without, and its runbook."""

import re

import pytest
from airflow.sdk.exceptions import ParamValidationError

from collage_airflow.dag_defaults import DOWNLOADS, PICTURE, WORKERS, run_params
from collage_airflow.dag_run.conf import PARAM_NAMES
from collage_airflow.runbook import runbook
from collage_core.contract.picture_options import PictureOptions
from tests.support.schedules import DAILY, MONTHLY


def test_every_field_of_the_form_is_a_key_that_a_conf_may_have() -> None:
    assert run_params(DAILY).keys() == run_params(MONTHLY).keys() == PARAM_NAMES


def test_the_form_shows_the_last_whole_month_by_its_dates_and_yesterday_without() -> None:
    # With dates that change every day, Airflow would keep a version of the DAG for every day.
    backfill = "In a backfill, leave it empty."
    monthly = run_params(MONTHLY)["window_start"].description or ""
    dates = r"\d{4}-\d\d-01 to \d{4}-\d\d-01"
    assert re.fullmatch(f"Empty: {dates}, the last whole month\\. {backfill}", monthly)
    assert run_params(DAILY)["window_start"].description == f"Empty: the last whole day. {backfill}"


def test_the_options_of_the_picture_and_of_downloads_have_sections_of_their_own() -> None:
    form = run_params(DAILY)
    sections = {name: param.schema.get("section") for name, param in form.items()}
    in_picture = {name for name, section in sections.items() if section == PICTURE}
    assert in_picture == set(PictureOptions.__struct_fields__)
    in_downloads = [name for name, section in sections.items() if section == DOWNLOADS]
    assert in_downloads == ["max_workers", "timeout", "max_retries"]
    # The section without a name is open at first.
    open_at_first = ["window_start", "window_end", "rows", "cols", "quality", "output_prefix"]
    assert [name for name, section in sections.items() if section is None] == open_at_first
    assert list(dict.fromkeys(sections.values())) == [None, PICTURE, DOWNLOADS, WORKERS]
    assert sections["dispatch_by"] == WORKERS


def test_a_choice_of_true_or_false_is_a_menu_that_can_be_left_to_the_setting() -> None:
    trim = run_params(DAILY)["trim"]
    assert trim.schema["enum"] == [None, "true", "false"]  # Airflow's menu shows texts alone
    assert trim.schema["values_display"] == {"null": "as the setting says"}
    assert trim.description == "True or false. Empty: true, the setting DEFAULT_TRIM."


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("trim", [None, True, False, "true", "false"]),
        ("fit", [None, "fill", "contain", "blur"]),
        ("gutter", [None, 0, 100]),
        ("background", [None, "#eeeeec", "#FFFFFF"]),
        ("title", [None, "", "{creator}, {start} to {end}"]),
        ("max_bytes", [None, 10_000]),
    ],
)
def test_the_form_takes_what_an_option_may_be(name: str, values: list[object]) -> None:
    param = run_params(DAILY)[name]
    assert [param.resolve(value) for value in values] == values


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("trim", "maybe"),
        ("trim", 1),
        ("fit", "cover"),
        ("gutter", 101),
        ("gutter", "8"),
        ("background", "red"),
        ("title", "{name}"),
        ("title", "x" * 121),
        ("max_bytes", 9_999),
    ],
)
def test_the_form_refuses_what_an_option_may_not_be(name: str, value: object) -> None:
    with pytest.raises(ParamValidationError):
        run_params(DAILY)[name].resolve(value)


def test_a_runbook_begins_with_what_the_dag_says_of_itself() -> None:
    page = runbook("\nMakes collages.\n\n### By hand\n")
    assert page.startswith("Makes collages.\n\n### By hand\n\n### At 3 a.m.\n")
    # Airflow takes text that ends so for the path of a file.
    assert not page.endswith(".md")
