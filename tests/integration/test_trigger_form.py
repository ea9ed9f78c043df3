"""Airflow's own pages in a browser: what a person sees who triggers a run, and what comes of it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collage_airflow.dag_run.presets import Preset
from collage_airflow.dag_run.schedules import BACKFILLS
from collage_airflow.dag_run.schedules import MONTHLY as SCHEDULE
from collage_airflow.dag_run.window import last_interval
from collage_core.layout import keys
from local.airflow_api import AirflowApi
from local.provision import DLQ
from local.sample.rows import MAIN_MONTH, sample_rows
from local.settings import OUTPUT_BUCKET, TEMP_BUCKET
from local.twin import Twin
from tests.support.browser import Page
from tests.support.monthly_run import DAG as MONTHLY
from tests.support.monthly_run import SECONDS, Run
from tests.support.trigger_form import TriggerForm

MANUAL = "cover_collage_manual"
REDRIVE = "cover_collage_redrive"
FROM_THE_SETTING = "as the setting says"


@pytest.fixture(scope="module")
def runs(page: Page, twin: Twin, api: AirflowApi, pictures: Path) -> dict[str, Run]:
    """Ended runs, each triggered with the form as it opens and what is filled in here."""
    ids = {}
    form = TriggerForm.opened(page, twin, MANUAL)
    form.write_date("window_start", "10012026")
    form.write_date("window_end", "11012026")
    form.write("creators", "Ana\naná\n")
    form.save_picture(pictures / "trigger.webp")
    form.open_section("Grid, quality, folder")
    form.write("rows", "2")
    form.write("cols", "3")
    form.write("output_prefix", "form")
    form.open_section("Picture")
    form.choose("trim", "false")
    form.choose("fit", "contain")
    assert (form.chosen("trim"), form.chosen("fit")) == ("false", "contain")
    ids["creators"] = form.trigger()

    form = TriggerForm.opened(page, twin, MANUAL)
    form.choose("window", "last month")
    form.open_section("A trial first")
    form.switch("dry_run")
    ids["dry run"] = form.trigger()

    form = TriggerForm.opened(page, twin, MANUAL)
    form.write_date("window_start", "10012026")
    form.write_date("window_end", "11012026")
    form.write("creators", "ANA\nrow_seven")
    ids["unknown creator"] = form.trigger()

    form = TriggerForm.opened(page, twin, MANUAL)
    form.choose("window", "yesterday")
    form.open_section("A CSV instead of a window")
    form.write("csv_key", "manual-uploads/mine.csv")
    ids["two sources"] = form.trigger()

    for dag_run_id in ids.values():
        api.wait_for_run(MANUAL, dag_run_id, seconds=SECONDS)
    return {name: Run(twin, api, dag_run_id, MANUAL) for name, dag_run_id in ids.items()}


def test_the_monthly_form_shows_what_each_empty_field_means(page: Page, twin: Twin) -> None:
    form = TriggerForm.opened(page, twin, MONTHLY)
    assert form.sections == [
        "Run Parameters",
        "Picture",
        "Downloads",
        "Workers",
        "Advanced Options",
    ]
    last = last_interval(SCHEDULE, datetime.now(UTC))
    dates = f"{last.start:%Y-%m-%d} to {last.end:%Y-%m-%d}"
    assert f"Empty: {dates}, the last whole month. In a backfill, leave it empty." in form.text
    assert "rows: rows of the grid\n1 to 20. Empty: 5, the setting DEFAULT_ROWS." in form.text
    assert "Empty: 95, the setting DEFAULT_QUALITY." in form.text
    form.open_section("Downloads")
    assert "Empty: 3, the setting DEFAULT_MAX_RETRIES." in form.text
    form.open_section("Picture")
    assert "Empty: none, the setting DEFAULT_TITLE." in form.text
    form.open_section("Workers")
    assert form.chosen("dispatch_by") == "as usual: over the queue"
    assert form.choices("dispatch_by")[1:] == ["sqs: over the queue", "lambda: all at once"]


def test_the_manual_form_opens_on_the_window_and_offers_its_names(page: Page, twin: Twin) -> None:
    form = TriggerForm.opened(page, twin, MANUAL)
    assert form.sections == [
        "Run Parameters",
        "A CSV instead of a window",
        "A run to fill",
        "A trial first",
        "Grid, quality, folder",
        "Picture",
        "Downloads",
        "Workers",
        "Advanced Options",
    ]
    assert "window_start: first day (UTC)" in form.text  # its section is open
    assert form.chosen("window") == "none of these"
    assert form.choices("window") == ["none of these", *Preset]
    form.open_section("A trial first")
    assert form.choices("backfill") == ["none", *BACKFILLS]


def test_an_option_of_the_picture_can_be_left_to_the_setting(page: Page, twin: Twin) -> None:
    form = TriggerForm.opened(page, twin, MONTHLY)
    form.open_section("Picture")
    for name in ("trim", "fit", "progressive"):
        assert form.chosen(name) == FROM_THE_SETTING
    assert form.choices("trim") == [FROM_THE_SETTING, "true", "false"]
    form.choose("fit", "blur")
    form.choose("fit", FROM_THE_SETTING)
    assert form.chosen("fit") == FROM_THE_SETTING


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        ("rows", "99", "Invalid input for param rows: 99 is greater than the maximum of 20"),
        ("quality", "101", "Invalid input for param quality: 101 is greater than the maximum of"),
    ],
)
def test_a_number_that_is_too_large_stays_as_written_and_is_refused_with_its_name(
    page: Page, twin: Twin, pictures: Path, name: str, written: str, said: str
) -> None:
    # Not the monthly form: even if it is refused, it switches its DAG on, and October would run.
    form = TriggerForm.opened(page, twin, MANUAL)
    form.open_section("Grid, quality, folder")
    form.write(name, written)
    assert form.value(name) == written
    assert said in form.refusal()
    form.save_picture(pictures / "refused.webp")


def test_a_run_does_what_its_form_says_with_the_logical_date_as_it_was_filled_in(
    runs: dict[str, Run], twin: Twin
) -> None:
    run = runs["creators"]
    described = run.api.run(MANUAL, run.dag_run_id)
    assert (described["state"], described["triggered_by"]) == ("success", "ui"), run.logs()
    assert described["logical_date"] is not None
    summary = run.summary
    assert summary["window"] == {"start": "2026-10-01T00:00:00Z", "end": "2026-11-01T00:00:00Z"}
    theirs = [
        row
        for row in sample_rows(twin.covers.url)
        if row.creator in {"Ana", "aná"} and MAIN_MONTH[0] <= row.updated_at < MAIN_MONTH[1]
    ]
    assert summary["rows"]["total"] == len(theirs)
    assert summary["selection"]["creators"] == ["Ana", "aná"]
    config = run.document(TEMP_BUCKET, keys.manifest(summary["run_id"]))["processing_config"]
    assert (config["rows"], config["cols"]) == (2, 3)
    # A document leaves out what is false; the setting would have been true.
    assert (config.get("trim", False), config["fit"]) == (False, "contain")
    assert len(run.listed(OUTPUT_BUCKET, "collages/manual/form/")) == 2


def test_a_dry_run_from_the_form_ends_green_with_a_price(runs: dict[str, Run]) -> None:
    run = runs["dry run"]
    states = run.states()
    assert {states.pop("check"), states.pop("estimate")} == {"success"}, run.logs()
    assert set(states.values()) == {"skipped"}
    last = last_interval(SCHEDULE, datetime.now(UTC))
    prices = run.api.xcom(MANUAL, run.dag_run_id, "estimate", "prices")
    assert prices[0]["label"] == f"{last.start:%Y-%m-%d}"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("unknown creator", "✗ creators: 'ANA' of the 2 named are not in [2026-10-01"),
        ("two sources", "✗ both window and csv_key are given: a run takes its covers from one of"),
    ],
)
def test_what_only_check_can_refuse_is_said_on_the_page_of_its_log(
    runs: dict[str, Run], page: Page, twin: Twin, name: str, said: str
) -> None:
    run = runs[name]
    assert run.states()["check"] == "failed"
    page.open(f"{twin.airflow.url}/dags/{MANUAL}/runs/{run.dag_run_id}/tasks/check")
    page.see(f"document.body.innerText.includes({json.dumps(said)})")


def test_the_page_of_a_run_says_what_came_of_it(
    runs: dict[str, Run], page: Page, twin: Twin, pictures: Path
) -> None:
    page.open(f"{twin.airflow.url}/dags/{MANUAL}/runs/{runs['creators'].dag_run_id}")
    page.see("document.body.innerText.includes('October 2026, some creators: 2 of 2 collages')")
    page.save_picture(pictures / "run.webp")


def test_the_page_of_a_dag_shows_its_runbook(page: Page, twin: Twin, pictures: Path) -> None:
    page.open(f"{twin.airflow.url}/dags/{MONTHLY}")
    page.click("document.querySelector('button[aria-label=\"Dag Docs\"]')")
    page.see("[...document.querySelectorAll('h3')].some(found => found.innerText == 'At 3 a.m.')")
    page.save_picture(pictures / "runbook.webp")


def test_the_form_says_how_many_runs_a_backfill_makes(
    page: Page, twin: Twin, pictures: Path
) -> None:
    form = TriggerForm.opened(page, twin, MONTHLY)
    form.backfill(start="01012026", end="06012026")
    page.see("document.body.innerText.includes('6 runs will be triggered')")
    form.save_picture(pictures / "backfill.webp")


def test_a_redrive_is_a_dry_run_as_its_form_opens_and_its_note_says_what_it_found(
    page: Page, twin: Twin, api: AirflowApi, pictures: Path
) -> None:
    api.wait_for_dag(REDRIVE)
    sqs = twin.aws.sqs()
    url = sqs.get_queue_url(QueueName=DLQ)["QueueUrl"]
    sqs.purge_queue(QueueUrl=url)
    sqs.send_message(QueueUrl=url, MessageBody="rubbish")
    form = TriggerForm.opened(page, twin, REDRIVE)
    assert "run_id: run" in form.text
    assert "Only messages of this run, named as in the table of a dry run. Empty: all" in form.text
    form.save_picture(pictures / "redrive.webp")
    dag_run_id = form.trigger()
    api.wait_for_run(REDRIVE, dag_run_id, seconds=SECONDS)
    run = Run(twin, api, dag_run_id, REDRIVE)
    assert set(run.states().values()) == {"success"}, run.logs()
    note = "Dry run: 0 messages would be sent again, 0 dropped, 1 left"
    page.open(f"{twin.airflow.url}/dags/{REDRIVE}/runs/{dag_run_id}")
    page.see(f"document.body.innerText.includes({json.dumps(note)})")
    log = api.log(REDRIVE, dag_run_id, "redrive")
    assert "it asks for nothing that this release knows" in log
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "rubbish"
    sqs.purge_queue(QueueUrl=url)
