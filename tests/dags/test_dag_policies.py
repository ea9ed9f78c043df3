"""What every DAG here promises to the people who run it."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.exceptions import SerializationError
from airflow.models.taskinstance import TaskInstance
from airflow.sdk import (
    DAG,
    CronDataIntervalTimetable,
    ExceptionRetryPolicy,
    Param,
    RetryAction,
    RetryRule,
)
from airflow.serialization.serialized_objects import DagSerialization

from collage_airflow.dag_defaults import DEFAULT_ARGS, Tag
from collage_core.aws.chunk_queue import QueueError
from collage_core.aws.s3_store import S3Error
from collage_core.errors import (
    BooksError,
    CollageError,
    RaceError,
    SettingError,
    SourceChangedError,
    StreamError,
)
from tests.support.dag_files import DAG_FILES, REPO
from tests.support.small_dags import (
    ALWAYS_SAFE,
    daily_dag,
    in_a_file_of,
    manual_dag,
    statistics_dag,
)

VERBS = {
    "check",
    "estimate",
    "extract",
    "plan",
    "approve",
    "dispatch",
    "wait",
    "reconcile",
    "verify",
    "archive",
    "publish",
    "rebuild",
    "forget",
    "redrive",
    *{"finish", "submit", "abort", "merge", "report"},
}
FINAL = [SettingError("DEFAULT_ROWS is 'many'"), BooksError("lost"), SourceChangedError("replaced")]
PASSING = [
    *[RaceError("409"), StreamError("cut"), S3Error("SlowDown"), QueueError("full")],
    ConnectionError(),
]


def it_is_short_enough_to_read(dag: DAG) -> None:
    assert len(Path(dag.fileloc).read_text().splitlines()) <= 150


def it_has_its_runbook_in_the_interface(dag: DAG) -> None:
    assert dag.doc_md is not None
    for heading in ("Run it again", "At 3 a.m."):
        assert dag.doc_md.count(f"### {heading}\n") == 1
    for task_id in dag.task_ids:
        assert f"`{task_id}`" in dag.doc_md
    for task in dag.tasks:
        assert task.doc_md, task.task_id


def it_says_whose_it_is_and_can_be_found_by_tag(dag: DAG) -> None:
    assert dag.description
    assert Tag.COVER_COLLAGE in dag.tags
    assert dag.tags <= set(Tag)
    assert {task.owner for task in dag.tasks}.isdisjoint({"", "airflow"})


def it_does_not_catch_up_by_surprise(dag: DAG) -> None:
    assert dag.catchup is False


def it_tells_a_backfill_to_make_one_run_at_a_time(dag: DAG) -> None:
    # The DAG's own limit does not hold a backfill, which has one of its own: 10 by default.
    commands = backfill_commands(dag.doc_md or "")
    assert [command for command in commands if "--max-active-runs 1" not in command] == []
    assert [command for command in commands if f"--dag-id {dag.dag_id} " not in command] == []


def backfill_commands(page: str) -> list[str]:
    return re.findall(r"^airflow backfill create(?:.*\\\n)*.*$", page, re.MULTILINE)


def its_task_ids_are_verbs(dag: DAG) -> None:
    assert set(dag.task_ids) <= VERBS


def its_tasks_are_tried_again_with_growing_pauses(dag: DAG) -> None:
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


def permanent_failures_are_not_retried(dag: DAG) -> None:
    for error in FINAL:
        assert actions(dag, error) == {RetryAction.FAIL}


def races_and_refusals_are_retried(dag: DAG) -> None:
    for error in PASSING:
        assert actions(dag, error) == {RetryAction.DEFAULT}


def actions(dag: DAG, error: Exception) -> set[RetryAction]:
    """What the tasks do after this error."""
    return {
        task.retry_policy.evaluate(error, try_number=1, max_tries=3).action for task in dag.tasks
    }


def its_trigger_form_explains_each_field(dag: DAG) -> None:
    for param in map(dag.params.get_param, dag.params):
        assert param.schema.get("title")
        assert param.description


def its_trigger_form_can_be_sent_as_it_opens_if_it_has_a_schedule(dag: DAG) -> None:
    if not dag.timetable.can_be_scheduled:
        return
    dag.params.validate()
    for param in map(dag.params.get_param, dag.params):
        # An empty field leaves it to the schedule or to the settings.
        assert param.value is None
        assert "null" in param.schema["type"]


def it_survives_the_way_through_the_metadata_database(dag: DAG) -> None:
    written = json.loads(json.dumps(DagSerialization.to_dict(dag)))
    assert DagSerialization.from_dict(written).task_ids == dag.task_ids


type Policy = Callable[[DAG], None]

POLICIES: list[Policy] = [
    it_is_short_enough_to_read,
    it_has_its_runbook_in_the_interface,
    it_says_whose_it_is_and_can_be_found_by_tag,
    it_does_not_catch_up_by_surprise,
    it_tells_a_backfill_to_make_one_run_at_a_time,
    its_task_ids_are_verbs,
    its_tasks_are_tried_again_with_growing_pauses,
    permanent_failures_are_not_retried,
    races_and_refusals_are_retried,
    its_trigger_form_explains_each_field,
    its_trigger_form_can_be_sent_as_it_opens_if_it_has_a_schedule,
    it_survives_the_way_through_the_metadata_database,
]
each_policy = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.__name__)


@each_policy
def test_of_every_dag(policy: Policy, dag: DAG) -> None:
    policy(dag)


@each_policy
@pytest.mark.parametrize("kind", [statistics_dag, daily_dag, manual_dag])
def test_a_dag_of_any_kind_can_keep(
    policy: Policy, kind: Callable[[], DAG], tmp_path: Path
) -> None:
    policy(in_a_file_of(kind(), tmp_path, lines=60))


# How a DAG breaks each policy.


class OddTimetable(CronDataIntervalTimetable):
    """A timetable of no plugin, which the scheduler does not know."""


def with_args(**changes: Any) -> DAG:
    return statistics_dag(default_args=DEFAULT_ARGS | changes)


def retried(*, unless: type[Exception]) -> DAG:
    rule = RetryRule(unless, action=RetryAction.FAIL, reason="a retry would find the same")
    return with_args(retry_policy=ExceptionRetryPolicy([rule]))


def backfilled(command: str) -> DAG:
    return statistics_dag(doc_md=f"### Backfill\n\n```\n{command}\n```\n")


YEAR = datetime(2026, 1, 1, tzinfo=UTC)
A_BACKFILL = "airflow backfill create --dag-id"
BROKEN: list[tuple[Policy, Callable[[], DAG]]] = [
    (it_has_its_runbook_in_the_interface, lambda: statistics_dag(doc_md=None)),
    (
        it_has_its_runbook_in_the_interface,
        lambda: statistics_dag(doc_md=ALWAYS_SAFE.replace("`publish`", "It")),
    ),
    (it_has_its_runbook_in_the_interface, lambda: statistics_dag(task_page=None)),
    (it_says_whose_it_is_and_can_be_found_by_tag, lambda: statistics_dag(description=None)),
    (it_says_whose_it_is_and_can_be_found_by_tag, lambda: statistics_dag(tags=["monthly"])),
    (
        it_says_whose_it_is_and_can_be_found_by_tag,
        lambda: statistics_dag(tags=[Tag.COVER_COLLAGE, "covers"]),
    ),
    (it_says_whose_it_is_and_can_be_found_by_tag, lambda: with_args(owner="airflow")),
    (it_does_not_catch_up_by_surprise, lambda: statistics_dag(catchup=True, start_date=YEAR)),
    (
        it_tells_a_backfill_to_make_one_run_at_a_time,
        lambda: backfilled(f"{A_BACKFILL} cover_collage_statistics --from-date 2026-01-01"),
    ),
    (
        it_tells_a_backfill_to_make_one_run_at_a_time,
        lambda: backfilled(f"{A_BACKFILL} cover_collage_monthly --max-active-runs 1"),
    ),
    (its_task_ids_are_verbs, lambda: statistics_dag(task_id="statistics")),
    (its_tasks_are_tried_again_with_growing_pauses, lambda: with_args(retries=1)),
    (
        its_tasks_are_tried_again_with_growing_pauses,
        lambda: with_args(retry_exponential_backoff=True),
    ),
    (
        its_tasks_are_tried_again_with_growing_pauses,
        lambda: with_args(max_retry_delay=timedelta(hours=1)),
    ),
    (permanent_failures_are_not_retried, lambda: retried(unless=SettingError)),
    (races_and_refusals_are_retried, lambda: retried(unless=CollageError)),
    (
        its_trigger_form_explains_each_field,
        lambda: statistics_dag(params={"rows": Param(None, type=["null", "integer"])}),
    ),
    (
        its_trigger_form_can_be_sent_as_it_opens_if_it_has_a_schedule,
        lambda: daily_dag(params={"rows": 5}),
    ),
]


@pytest.mark.parametrize(("policy", "broken"), BROKEN)
def test_a_dag_that_breaks_a_policy_is_found(policy: Policy, broken: Callable[[], DAG]) -> None:
    dag = broken()
    with pytest.raises(AssertionError):
        policy(dag)


def test_every_policy_is_shown_to_fail() -> None:
    elsewhere = {it_is_short_enough_to_read, it_survives_the_way_through_the_metadata_database}
    assert {policy for policy, _ in BROKEN} | elsewhere == set(POLICIES)


def test_a_dag_that_the_scheduler_cannot_read_is_found() -> None:
    with pytest.raises(SerializationError, match="OddTimetable"):
        it_survives_the_way_through_the_metadata_database(
            statistics_dag(schedule=OddTimetable("0 0 * * *", timezone="UTC"))
        )


def test_a_file_that_is_too_long_is_found(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        it_is_short_enough_to_read(in_a_file_of(statistics_dag(), tmp_path, lines=151))


# The repository as a whole.


def test_every_dag_file_imports_without_errors_and_holds_the_dag_of_its_name(
    dagbag: DagBag,
) -> None:
    assert not dagbag.import_errors
    assert set(dagbag.dags) == {path.stem for path in DAG_FILES}


def test_the_readme_tells_a_backfill_to_make_one_run_at_a_time() -> None:
    commands = backfill_commands((REPO / "README.md").read_text())
    assert commands
    assert [command for command in commands if "--max-active-runs 1" not in command] == []
