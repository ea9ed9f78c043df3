"""What a DAG takes from the defaults: its form, with a schedule or without, and its runbook."""

import re

from collage_airflow.dag_defaults import run_params, runbook
from collage_airflow.dag_run.conf import PARAM_NAMES
from tests.support.schedules import DAILY, MONTHLY


def test_every_field_of_the_form_is_a_key_that_a_conf_may_have() -> None:
    assert run_params(DAILY).keys() == run_params(MONTHLY).keys() == PARAM_NAMES


def test_the_form_shows_the_last_whole_month_by_its_dates_and_yesterday_without() -> None:
    # With dates that change every day, Airflow would keep a version of the DAG for every day.
    monthly = run_params(MONTHLY)["window_start"].description or ""
    assert re.fullmatch(r"Empty: \d{4}-\d\d-01 to \d{4}-\d\d-01, the last whole month\.", monthly)
    assert run_params(DAILY)["window_start"].description == "Empty: the last whole day."


def test_a_runbook_begins_with_what_the_dag_says_of_itself() -> None:
    page = runbook("\nMakes collages.\n\n### By hand\n")
    assert page.startswith("Makes collages.\n\n### By hand\n\n### What the tasks do\n")
    # Airflow takes text that ends so for the path of a file.
    assert not page.endswith(".md")
