"""The list of runs, from Airflow's database."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from collage_airflow.run_page import dag_runs
from collage_airflow.run_page.dag_runs import PAGE
from tests.support.dag_runs_stored import NOON, add_dag, add_run
from tests.unit.collage_airflow.run_page.conftest import Visitors

MONTHLY, DAILY = "cover_collage_monthly", "cover_collage_daily"


@pytest.fixture
def dags(airflow_database: Session) -> Session:
    for dag_id in (MONTHLY, DAILY):
        add_dag(airflow_database, dag_id)
    add_dag(airflow_database, "somebody_elses", tag="other")
    return airflow_database


def test_runs_of_the_products_dags_are_listed_with_state_and_note(
    dags: Session, visitors: Visitors
) -> None:
    add_run(dags, MONTHLY, "manual__+:1", state="failed", note="wait failed <script>alert(1)")
    add_run(dags, "somebody_elses", "their-run")
    text = visitors("viewer").get("/runs").text
    assert "wait failed &lt;script&gt;alert(1)" in text
    assert f'href="/cover-collages/dags/{MONTHLY}/runs/manual__%2B%3A1"' in text
    assert "✗ failed" in text
    assert "their-run" not in text
    assert "somebody_elses" not in text


def test_a_run_that_goes_on_is_not_said_to_have_come_to_its_last_end(
    dags: Session, visitors: Visitors
) -> None:
    add_run(dags, MONTHLY, "manual__a", state="running", note="wait failed")
    assert "wait failed" not in visitors("viewer").get("/runs").text
    assert "wait failed" not in visitors("viewer").get("/panel").text


def test_a_user_without_rights_sees_an_empty_list(dags: Session, visitors: Visitors) -> None:
    add_run(dags, MONTHLY, note="a secret note")
    answer = visitors("").get("/runs")
    assert answer.status_code == 200
    assert MONTHLY not in answer.text
    assert "a secret note" not in answer.text
    assert "No run is like that." in answer.text
    panel = visitors("").get("/panel")
    assert (panel.status_code, panel.text.strip()) == (200, "")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        (f"dag_id={DAILY}", {"daily"}),
        ("state=failed", {"old"}),
        ("since=2026-11-20&until=2026-11-21", {"new", "daily"}),
        ("since=&until=2026-11-19&state=&dag_id=", {"old"}),
        ("dag_id=somebody_elses", set()),
    ],
)
def test_a_filter_leaves_the_runs_that_are_like_it(
    query: str, shown: set[str], dags: Session, visitors: Visitors
) -> None:
    add_run(dags, MONTHLY, "id-new")
    add_run(dags, DAILY, "id-daily", run_after=NOON - timedelta(hours=1))
    add_run(dags, MONTHLY, "id-old", state="failed", run_after=NOON - timedelta(days=2))
    text = visitors("viewer").get(f"/runs?{query}").text
    assert {name for name in ("new", "daily", "old") if f"id-{name}<" in text} == shown


def test_a_page_has_so_many_runs_and_says_where_the_others_are(
    dags: Session, visitors: Visitors
) -> None:
    for number in range(PAGE + 1):
        add_run(dags, DAILY, f"id-{number:02d}", run_after=NOON - timedelta(days=number))
    first = visitors("viewer").get(f"/runs?dag_id={DAILY}").text
    assert first.count("<tr>") == PAGE + 1  # and the heads of the columns
    assert "id-00" in first
    assert "page=2" in first
    second = visitors("viewer").get("/runs?page=2").text
    assert f"id-{PAGE}" in second
    assert "page=3" not in second
    assert "page=1" in second


def test_the_last_page_says_how_older_runs_are_found(
    dags: Session, visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dag_runs, "MOST_PAGES", 1)
    for number in range(PAGE + 1):
        add_run(dags, DAILY, f"id-{number:02d}", run_after=NOON - timedelta(days=number))
    text = visitors("viewer").get("/runs").text
    assert "page=2" not in text
    assert "for older ones, fill in From and To" in text


def test_a_dag_of_somebody_else_is_said_to_be_none(dags: Session, visitors: Visitors) -> None:
    """Airflow shows our tab on each of its DAGs."""
    add_run(dags, "somebody_elses", "their-run")
    text = visitors("viewer").get("/runs?dag_id=somebody_elses").text
    assert "somebody_elses is no DAG of cover collages whose runs you may read." in text
    assert "their-run" not in text


@pytest.mark.parametrize(
    "query",
    [
        "since=yesterday",
        "page=0",
        "page=x",
        "until=2026-02-30",
        "until=9999-12-31",
        "since=0001-01-01",
    ],
)
def test_what_cannot_be_asked_is_named(query: str, visitors: Visitors) -> None:
    answer = visitors("viewer").get(f"/runs?{query}")
    assert answer.status_code == 422
    assert query.partition("=")[0] in answer.text


def test_the_panel_has_the_newest_runs_and_what_the_user_may_see(
    dags: Session, visitors: Visitors
) -> None:
    add_run(dags, MONTHLY, note="October <b>")
    text = visitors("viewer").get("/panel").text
    assert "October &lt;b&gt;" in text
    assert "/cover-collages/start/quarter" in text
    assert "/cover-collages/start/trial" not in text  # its DAG is not there
    assert "/cover-collages/months" not in text
