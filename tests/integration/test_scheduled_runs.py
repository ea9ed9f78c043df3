"""The runs that the schedules have started, and the deadline that only those have."""

from datetime import UTC, datetime, timedelta

import pytest

from collage_core.layout import keys
from collage_core.layout.schedule import Schedule
from local.settings import INPUT_BUCKET, OUTPUT_BUCKET
from tests.support.every_dag import DAILY_DAG, MONTHLY_DAG, EveryDag
from tests.support.mail_server import recipients_and_html
from tests.support.monthly_run import Run
from tests.support.schedules import DAILY, MONTHLY

BOTH = pytest.mark.parametrize(
    ("dag", "schedule"), [(MONTHLY_DAG, MONTHLY), (DAILY_DAG, DAILY)], ids=["month", "day"]
)


def interval(run: Run) -> tuple[datetime, datetime]:
    """The data interval of a DAG run, as Airflow knows it."""
    found = run.api.run(run.dag_id, run.dag_run_id)
    start, end = (
        datetime.fromisoformat(found[f"data_interval_{side}"]) for side in ("start", "end")
    )
    return start.astimezone(UTC), end.astimezone(UTC)


@BOTH
def test_a_dag_that_is_switched_on_runs_its_latest_interval(
    every_dag: EveryDag, dag: str, schedule: Schedule
) -> None:
    run = every_dag.scheduled[dag]
    start, end = interval(run)
    longest = timedelta(days=31) if schedule is MONTHLY else timedelta(days=1)
    assert end - start <= longest
    assert end <= datetime.now(UTC) < end + longest + timedelta(days=1)
    assert run.timestamp == schedule.timestamp(start)
    assert run.xcom("extract")["csv_key"] == keys.scheduled_csv(schedule, run.timestamp)
    shown = {"start": f"{start:%FT%TZ}", "end": f"{end:%FT%TZ}"}
    assert run.summary["window"] == shown


@BOTH
def test_its_books_balance_and_its_objects_are_where_its_date_says(
    every_dag: EveryDag, dag: str, schedule: Schedule
) -> None:
    run = every_dag.scheduled[dag]
    counts = run.summary["rows"]
    assert counts["total"] == sum(n for kind, n in counts.items() if kind != "total") > 0
    made = run.listed(OUTPUT_BUCKET, f"collages/{run.timestamp.day_path}/sqs-trigger/")
    ours = [key for key in made if f"_{schedule.timestamp(interval(run)[0])}." in key]
    assert len(ours) == run.summary["objects"]["collages"] > 0
    archived = keys.archived_csv(run.xcom("extract")["csv_key"], run.timestamp)
    assert list(run.listed(INPUT_BUCKET, archived)) == [archived]


def test_a_scheduled_run_has_a_deadline_and_runs_of_a_backfill_have_none(
    every_dag: EveryDag,
) -> None:
    scheduled = every_dag.scheduled[MONTHLY_DAG].dag_run_id
    assert every_dag.deadlines == {scheduled: timedelta(hours=14)}
    assert {run.dag_run_id for run in every_dag.months} - {scheduled}


def test_a_deadline_that_passes_is_told_of_in_words(every_dag: EveryDag) -> None:
    scheduled = every_dag.scheduled[MONTHLY_DAG].dag_run_id
    to, said = recipients_and_html(every_dag.late)
    assert to == "ana@team.example"
    assert f"{scheduled} of {MONTHLY_DAG} is late: it has not ended by 20" in said
