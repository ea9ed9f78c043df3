"""What a person orders from Airflow is what its DAGs accept."""

import re
from datetime import date
from importlib.resources import files

import pytest
from airflow.api_fastapi.core_api.datamodels.backfills import BackfillPostBody
from airflow.api_fastapi.core_api.datamodels.dag_run import DAGRunPatchBody, TriggerDAGRunPostBody
from airflow.api_fastapi.core_api.datamodels.task_instances import ClearTaskInstancesBody
from sqlalchemy.orm import Session

from collage_airflow.manual_form import manual_params
from collage_airflow.run_page import orders
from collage_airflow.run_page.dag_runs import DagRunLine
from tests.support.dag_runs_stored import NOON, add_dag
from tests.unit.collage_airflow.run_page.conftest import Visitors

TODAY = date(2026, 1, 31)
LINE = DagRunLine("cover_collage_daily", "manual__a+b/c", "running", NOON, NOON, None, None)


def filled_in(order: orders.Order) -> dict[str, object]:
    """The body of the request if nobody changes a field, as start.js makes it."""
    body = {name: dict(v) if isinstance(v, dict) else v for name, v in order.body.items()}
    for field in order.fields:
        *path, name = field.name.split(".")
        place = body
        for part in path:
            place = place[part]
        if field.value != "":
            place[name] = f"{field.value}T00:00:00Z" if field.kind == "date" else field.value
    return body


@pytest.mark.parametrize(
    ("order", "conf"),
    [
        (orders.last_month(TODAY), {"window": "last month"}),
        (
            orders.trial(),
            {"window": "last month", "limit": 50, "output_prefix": "trial"},
        ),
        (orders.fill("a-run"), {"parent": "a-run"}),
        (orders.csv(), {"csv_key": "manual-uploads/"}),
    ],
)
def test_a_run_is_asked_for_with_fields_of_the_manual_form(
    order: orders.Order, conf: dict[str, object]
) -> None:
    body = TriggerDAGRunPostBody.model_validate(filled_in(order))
    assert (body.conf, body.logical_date) == (conf, None)
    params = manual_params()
    for name in (field.name.removeprefix("conf.") for field in order.fields):
        assert name in params
    for name, value in conf.items():
        if value != "manual-uploads/":  # the rest of the key is written by the person
            params[name].resolve(value)


def test_a_redrive_is_a_dry_run_unless_the_person_says_so() -> None:
    assert filled_in(orders.redrive("r1")) == {
        "logical_date": None,
        "conf": {"run_id": "r1", "dry_run": True},
    }


def test_the_quarter_is_the_three_months_before_this_one() -> None:
    body = BackfillPostBody.model_validate(filled_in(orders.quarter(TODAY)))
    assert (f"{body.from_date:%Y-%m-%d}", f"{body.to_date:%Y-%m-%d}") == (
        "2025-10-01",
        "2025-12-01",
    )


def test_a_run_is_stopped_and_goes_on_by_its_own_name() -> None:
    stop, go_on = orders.stop(LINE), orders.go_on(LINE)
    assert stop.to == "/api/v2/dags/cover_collage_daily/dagRuns/manual__a%2Bb%2Fc"
    assert DAGRunPatchBody.model_validate(stop.body).state == "failed"
    cleared = ClearTaskInstancesBody.model_validate(go_on.body)
    assert (cleared.dag_run_id, cleared.task_ids) == ("manual__a+b/c", ["dispatch"])
    assert cleared.include_downstream


@pytest.mark.parametrize("what", orders.everyday())
def test_each_order_has_a_page_that_says_where_its_runs_would_wait(
    what: str, airflow_database: Session, visitors: Visitors
) -> None:
    order = orders.everyday()[what]
    add_dag(airflow_database, order.dag_id, paused=True)
    text = visitors("viewer").get(f"/start/{what}").text
    assert order.button in text
    assert "is switched off in Airflow" in text
    assert f'data-to="{order.to}"' in text
    for field in order.fields:
        assert f'data-into="{field.name}"' in text


def test_a_page_that_starts_nothing_is_not_there(visitors: Visitors) -> None:
    assert visitors("viewer").get("/start/anything").status_code == 404


def test_the_script_knows_every_kind_of_field() -> None:
    script = (files("collage_airflow.run_page") / "static" / "start.js").read_text()
    known = set(re.findall(r'dataset\.kind === "(\w+)"', script)) | {"text"}
    kinds = {field.kind for order in orders.everyday().values() for field in order.fields}
    assert kinds <= known
