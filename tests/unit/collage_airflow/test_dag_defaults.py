"""What a DAG takes from the defaults: its form, with a schedule or without, and its runbook."""

import re

import pytest
from airflow.sdk.exceptions import ParamValidationError

from collage_airflow.dag_defaults import PICTURE, run_params
from collage_airflow.dag_run.conf import PARAM_NAMES
from collage_airflow.runbook import runbook
from collage_core.contract.picture_options import PictureOptions
from tests.support.schedules import DAILY, MONTHLY


def test_every_field_of_the_form_is_a_key_that_a_conf_may_have() -> None:
    assert run_params(DAILY).keys() == run_params(MONTHLY).keys() == PARAM_NAMES


def test_the_form_shows_the_last_whole_month_by_its_dates_and_yesterday_without() -> None:
    # With dates that change every day, Airflow would keep a version of the DAG for every day.
    monthly = run_params(MONTHLY)["window_start"].description or ""
    assert re.fullmatch(r"Empty: \d{4}-\d\d-01 to \d{4}-\d\d-01, the last whole month\.", monthly)
    assert run_params(DAILY)["window_start"].description == "Empty: the last whole day."


def test_the_options_of_the_picture_have_a_section_of_their_own() -> None:
    form = run_params(DAILY)
    in_section = {name for name, param in form.items() if param.schema.get("section") == PICTURE}
    assert in_section == set(PictureOptions.__struct_fields__)


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
