"""Runs that a person approves, refuses or does not answer; and a year that is approved once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from collage_airflow.approval.approved_backfill import variable_of
from collage_core.layout import keys
from local.airflow_api import AirflowApi
from local.settings import OUTPUT_BUCKET, TEMP_BUCKET
from local.twin import Twin
from tests.support.asking_runs import (
    CREATOR,
    GRID,
    answer,
    asked,
    clear,
    ended,
    half_dead,
    state_of,
    switched_on,
)
from tests.support.backfills import backfill
from tests.support.browser import Page
from tests.support.every_dag import MANUAL_DAG as MANUAL
from tests.support.failures import Where, failure
from tests.support.monthly_run import DAG as MONTHLY
from tests.support.monthly_run import SECONDS, Run
from tests.support.trigger_form import button
from tests.support.waiting import eventually

YEAR = [datetime(2025, month, 1) for month in range(1, 13)]  # noqa: DTZ001 - as MySQL has them
BY_HAND = [datetime(2024, month, 1) for month in (1, 2, 3)]  # noqa: DTZ001

PASSED = "UPDATE task_instance SET trigger_timeout = now() WHERE state = 'awaiting_input'"


@pytest.fixture(scope="module", autouse=True)
def _covers(twin: Twin) -> Iterator[None]:
    with half_dead(twin, [*BY_HAND, *YEAR]):
        yield


def triggered(twin: Twin, api: AirflowApi, month: int) -> Run:
    """A manual run over a month of 2024."""
    window = {"window_start": f"2024-{month:02}-01", "window_end": f"2024-{month + 1:02}-01"}
    return Run(twin, api, api.trigger(MANUAL, {**window, **GRID}), MANUAL)


def press(page: Page, run: Run, option: str, *, task: str = "approve", picture: Path) -> None:
    """Answer as a person does, on the page of the task."""
    url = f"{run.twin.airflow.url}/dags/{run.dag_id}/runs/{run.dag_run_id}/tasks/{task}"
    page.open(f"{url}/required_actions")
    page.see(f"!!{button(option)}")
    page.save_picture(picture)
    page.click(button(option))


def sent_nothing(run: Run) -> None:
    assert state_of(run, "dispatch") == "upstream_failed"
    run_id = run.xcom("extract")["run_id"]
    assert not run.listed(TEMP_BUCKET, keys.receipts(run_id))
    made = run.listed(OUTPUT_BUCKET, f"collages/manual/{CREATOR}")
    assert not [key for key in made if run_id.split("-")[1] in key]


@failure(
    Where.AIRFLOW,
    fault="A person refuses a run that asks",
    happens="The run fails, and nothing was sent",
    sees='`approve`: "✗ Refused by …. Nothing was sent or paid for"',
    fix="clear `approve` to be asked again",
)
def test_a_run_that_is_refused_by_the_api_sends_nothing_and_asks_again_when_it_is_cleared(
    twin: Twin, api: AirflowApi, page: Page, tmp_path: Path
) -> None:
    run = triggered(twin, api, 1)
    question = asked(run)
    assert question["subject"].startswith("January 2024: send 1 chunk for about 0.00 USD")
    assert "75.0% of its covers are neither kept nor alive" in question["body"]
    answer(run, "Reject")
    assert ended(run, "Reject")["state"] == "failed"
    sent_nothing(run)
    log = api.log(MANUAL, run.dag_run_id, "approve")
    assert "✗ Refused by admin. Nothing was sent or paid for. Clear approve to be asked" in log
    assert "Traceback" not in log
    note = api.run(MANUAL, run.dag_run_id)["note"]
    assert note == "January 2024: Refused by admin; nothing was sent"

    clear(run, "approve")
    asked(run)
    press(page, run, "Approve", picture=tmp_path / "approve.webp")
    assert ended(run, "Approve")["state"] == "success", run.logs()
    assert run.xcom("approve") == {"approved_by": "admin"}
    assert run.summary["rows"] | {"placed": 4, "failed": 3} == run.summary["rows"]


@pytest.mark.long
def test_a_run_that_is_refused_in_the_browser_goes_on_when_the_api_approves_it_later(
    twin: Twin, api: AirflowApi, page: Page, pictures: Path
) -> None:
    run = triggered(twin, api, 2)
    asked(run)
    press(page, run, "Reject", picture=pictures / "approve.webp")
    assert ended(run, "Reject")["state"] == "failed"
    sent_nothing(run)
    clear(run, "approve")
    asked(run)
    answer(run, "Approve")
    assert ended(run, "Approve")["state"] == "success", run.logs()


def let_the_time_pass(twin: Twin) -> None:
    """Put the ends of all questions into the past."""
    engine = create_engine(twin.postgres.sqlalchemy_url)
    with engine.begin() as connection:
        connection.execute(text(PASSED))
    engine.dispose()


@failure(
    Where.AIRFLOW,
    fault="Nobody answers a run that asks",
    happens="After three days, or eight hours of a daily run, it fails; nothing was sent",
    sees='`approve`: "✗ Nobody answered within …"',
    fix="clear `approve` to be asked again",
)
@pytest.mark.long
def test_a_run_that_nobody_answers_fails_with_its_own_line(twin: Twin, api: AirflowApi) -> None:
    run = triggered(twin, api, 3)
    asked(run)
    assert ended(run, again=partial(let_the_time_pass, twin))["state"] == "failed"
    sent_nothing(run)
    log = api.log(MANUAL, run.dag_run_id, "approve")
    assert "✗ Nobody answered within 3 days. Nothing was sent or paid for" in log


@pytest.mark.long
def test_a_backfill_of_a_year_is_approved_once(
    twin: Twin, api: AirflowApi, page: Page, tmp_path: Path
) -> None:
    window = {"window_start": "2025-01-01", "window_end": "2026-01-01"}
    dry = Run(twin, api, api.trigger(MANUAL, {**window, "backfill": MONTHLY, **GRID}), MANUAL)
    question = asked(dry, "estimate")
    assert question["subject"].startswith(f"Backfill of {MONTHLY}, 2025-01-01 to 2025-12-31")
    assert "2025-12" in question["body"]
    press(page, dry, "Approve", task="estimate", picture=tmp_path / "approve_backfill.webp")
    assert ended(dry, "Approve", "estimate")["state"] == "success", dry.logs()
    assert "approved by admin, up to " in api.run(MANUAL, dry.dag_run_id)["note"]
    approved = json.loads(api._request("GET", f"variables/{variable_of(MONTHLY)}")["value"])
    assert approved["window_end"] == "2026-01-01T00:00:00+00:00"
    assert datetime.fromisoformat(approved["until"]) > datetime.now(UTC)

    switched_on(api, MONTHLY)
    months = [
        Run(twin, api, dag_run_id)
        for dag_run_id in backfill(api, MONTHLY, "2025-01-01", "2025-12-01", at_once=12, conf=GRID)
    ]
    assert len(months) == 12
    waiting = months[:]

    def all_have_passed() -> bool:
        for month in waiting[:]:
            state = state_of(month, "approve")
            assert state not in {"awaiting_input", "failed", "upstream_failed"}, month.logs()
            if state != "success":
                continue
            waiting.remove(month)
            if month is not months[0]:  # one is enough to see that they go on
                path = f"dags/{MONTHLY}/dagRuns/{month.dag_run_id}"
                api._request("PATCH", path, json={"state": "failed"})
        return not waiting

    eventually(all_have_passed, seconds=3 * SECONDS, pause=1)
    for month in months:
        log = api.log(MONTHLY, month.dag_run_id, "approve")
        assert "✓ No question: admin approved the backfill" in log
        assert month.xcom("plan")["dead_percent"] == 75  # or it would not have asked
    assert ended(months[0])["state"] == "success", months[0].logs()
    (budget,) = dry.listed(TEMP_BUCKET, keys.backfill_budget(approved["run_id"]))
    taken = dry.document(TEMP_BUCKET, budget)["taken_usd"]
    assert sorted(taken) == sorted(month.xcom("extract")["run_id"] for month in months)
    assert 0 < sum(taken.values()) <= approved["usd"]
