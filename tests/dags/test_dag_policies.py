"""What every DAG here promises to whoever has to run it."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.models.taskinstance import TaskInstance
from airflow.sdk import DAG, RetryAction
from airflow.sdk.exceptions import ParamValidationError
from airflow.serialization.serialized_objects import DagSerialization

from collage_core.aws.chunk_queue import QueueError
from collage_core.aws.s3_store import S3Error
from collage_core.errors import (
    BooksError,
    RaceError,
    SettingError,
    SourceChangedError,
    StreamError,
)

REPO = Path(__file__).parents[2]
DAG_FILES = sorted((REPO / "dags").glob("*.py"))
VERBS = {"check", "extract", "plan", "dispatch", "wait", "reconcile", "archive", "publish"}


@pytest.fixture(scope="module")
def dagbag() -> DagBag:
    return DagBag(REPO / "dags")


@pytest.fixture(params=DAG_FILES, ids=lambda path: path.stem)
def dag(request: pytest.FixtureRequest, dagbag: DagBag) -> DAG:
    return dagbag.dags[request.param.stem]


def test_every_dag_file_imports_without_errors_and_holds_the_dag_of_its_name(
    dagbag: DagBag,
) -> None:
    assert not dagbag.import_errors
    assert set(dagbag.dags) == {path.stem for path in DAG_FILES}


def test_a_dag_file_is_short_enough_to_read(dag: DAG) -> None:
    assert 60 <= len(Path(dag.fileloc).read_text().splitlines()) <= 150


def test_a_dag_has_its_runbook_in_the_interface(dag: DAG) -> None:
    assert dag.doc_md is not None
    for heading in ("By hand", "Backfill", "Safe to run again", "At 3 a.m."):
        assert f"### {heading}" in dag.doc_md
    for task_id in dag.task_ids:
        assert f"`{task_id}`" in dag.doc_md


def test_a_dag_says_whose_it_is_and_can_be_found_by_tag(dag: DAG) -> None:
    assert dag.description
    assert dag.tags
    assert {task.owner for task in dag.tasks}.isdisjoint({"", "airflow"})


def test_a_dag_neither_catches_up_by_surprise_nor_starts_a_run_beside_another(dag: DAG) -> None:
    assert dag.catchup is False
    assert dag.max_active_runs == 1  # of runs on schedule and by hand


@pytest.mark.parametrize("page", [*DAG_FILES, REPO / "README.md"], ids=lambda path: path.name)
def test_a_backfill_is_told_to_make_one_run_at_a_time(page: Path) -> None:
    # The DAG's own limit does not hold a backfill, which has one of its own: 10 by default.
    commands = re.findall(r"^airflow backfill create(?:.*\\\n)*.*$", page.read_text(), re.MULTILINE)
    assert commands
    assert [command for command in commands if "--max-active-runs 1" not in command] == []


def test_a_dag_runs_by_the_schedule_that_names_its_runs(dag: DAG) -> None:
    (schedule,) = {task.schedule for task in dag.tasks if hasattr(task, "schedule")}
    assert dag.timetable.expression == schedule.cron
    assert str(dag.timetable.timezone) == "UTC"


def test_no_two_dags_share_a_schedule(dagbag: DagBag) -> None:
    owners = [
        {task.schedule for task in dag.tasks if hasattr(task, "schedule")}
        for dag in dagbag.dags.values()
    ]
    schedules = [schedule for schedules in owners for schedule in schedules]
    assert len({schedule.second for schedule in schedules}) == len(schedules)
    assert len({schedule.csv_name for schedule in schedules}) == len(schedules)


def test_task_ids_are_verbs(dag: DAG) -> None:
    assert set(dag.task_ids) <= VERBS


def test_tasks_are_tried_again_with_growing_pauses(dag: DAG) -> None:
    read_by_scheduler = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    for task in dag.tasks:
        # A trigger that fires at once can fail its task without any fault of ours.
        assert task.retries >= 2
        # A multiplier. True is taken for one too, but by a branch for DAGs of older Airflows.
        assert type(task.retry_exponential_backoff) is float
        seen = read_by_scheduler.get_task(task.task_id)
        pauses = [pause_after(seen, failed=number) for number in (1, 2, 3, 4, 20)]
        first, longest = timedelta(seconds=30), timedelta(minutes=10)
        # Airflow adds up to as much again, so that not all come back at once.
        assert all(
            first * 2**n <= pause <= first * 2 ** (n + 1) for n, pause in enumerate(pauses[:4])
        )
        assert pauses[-1] == longest


def pause_after(task: Any, *, failed: int) -> timedelta:
    """How long Airflow itself pauses after so many failed tries."""
    ended = datetime(2026, 11, 1, tzinfo=UTC)
    tried: Any = SimpleNamespace(
        task=task,
        try_number=failed,
        end_date=ended,
        retry_delay_override=None,
        dag_id=task.dag.dag_id,
        task_id=task.task_id,
        logical_date=ended,
    )
    return TaskInstance.next_retry_datetime(tried) - ended  # type: ignore[no-any-return]


def test_what_would_be_found_again_is_not_tried_again(dag: DAG) -> None:
    for task in dag.tasks:
        decide = partial(task.retry_policy.evaluate, try_number=1, max_tries=3)
        assert decide(SettingError("DEFAULT_ROWS is 'many'")).action is RetryAction.FAIL
        assert decide(ConnectionError()).action is RetryAction.DEFAULT


@pytest.mark.parametrize(
    "error", [BooksError("rows are missing"), SourceChangedError("replaced")], ids=str
)
def test_lost_rows_and_a_replaced_csv_fail_a_task_at_once(dag: DAG, error: Exception) -> None:
    assert actions(dag, error) == {RetryAction.FAIL}


@pytest.mark.parametrize(
    "error",
    [RaceError("409"), StreamError("cut"), S3Error("SlowDown"), QueueError("full")],
    ids=str,
)
def test_races_and_refusals_are_retried(dag: DAG, error: Exception) -> None:
    assert actions(dag, error) == {RetryAction.DEFAULT}


def actions(dag: DAG, error: Exception) -> set[RetryAction]:
    """What the tasks do after this error."""
    return {
        task.retry_policy.evaluate(error, try_number=1, max_tries=3).action for task in dag.tasks
    }


def test_the_trigger_form_can_be_sent_as_it_opens(dag: DAG) -> None:
    dag.params.validate()
    for param in map(dag.params.get_param, dag.params):
        # An empty field leaves it to the schedule or to the settings.
        assert param.value is None
        assert "null" in param.schema["type"]
        assert param.schema["title"]
        assert param.description


@pytest.mark.parametrize(
    ("name", "value"),
    [("rows", 0), ("rows", "five"), ("quality", 101), ("window_start", "October"), ("cols", 2.5)],
)
def test_the_trigger_form_refuses_what_cannot_be_meant(dag: DAG, name: str, value: object) -> None:
    with pytest.raises(ParamValidationError, match=re.escape(repr(value))):
        dag.params.get_param(name).resolve(value)


def test_a_dag_survives_the_way_through_the_metadata_database(dag: DAG) -> None:
    written = json.loads(json.dumps(DagSerialization.to_dict(dag)))
    assert DagSerialization.from_dict(written).task_ids == dag.task_ids


_PARSE = """
import json, runpy, sys, time
import airflow.sdk, airflow.triggers.base  # what Airflow has loaded in any case
before, began = set(sys.modules), time.process_time()
for path in sys.argv[1:]:
    runpy.run_path(path)
import collage_airflow.triggers.receipts
seconds = time.process_time() - began
print(json.dumps({"seconds": seconds, "new": sorted(set(sys.modules) - before)}))
"""


@pytest.fixture(scope="module")
def parsed() -> dict[str, Any]:
    """What it takes to parse the DAG files in a process of their own."""
    path = os.pathsep.join([str(REPO), str(REPO / "plugins")])
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own files
        [sys.executable, "-c", _PARSE, *map(str, DAG_FILES)],
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def test_parsing_the_dags_takes_less_than_a_second_of_a_processor(parsed: dict[str, Any]) -> None:
    assert parsed["seconds"] < 1


def test_importing_a_dag_or_a_trigger_loads_no_client_and_no_imaging(
    parsed: dict[str, Any],
) -> None:
    roots = {name.partition(".")[0] for name in parsed["new"]}
    assert "collage_core" in roots
    heavy = {"PIL", "requests", "urllib3", "boto3", "botocore", "aiobotocore", "MySQLdb", "pandas"}
    assert not roots & heavy
