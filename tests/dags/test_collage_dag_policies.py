"""What every DAG that makes collages promises beside that: its window, its form, its names."""

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG, CronDataIntervalTimetable
from airflow.sdk.exceptions import ParamValidationError

from collage_airflow.dag_defaults import config_params, run_params
from collage_airflow.dag_run.conf import PARAM_NAMES
from collage_airflow.dag_run.keeping import KeepSchedule
from collage_airflow.dag_run.schedules import BACKFILLS, MONTHLY
from collage_airflow.dag_run.sources import MANUAL_PARAMS
from collage_airflow.operators.approve import ApproveOperator
from collage_airflow.operators.asking_operator import AskingOperator
from collage_airflow.operators.deferrable_operator import DeferrableOperator
from collage_airflow.operators.extract import ExtractOperator
from collage_airflow.operators.wait import WaitOperator
from collage_airflow.runbook import runbook
from collage_core.layout.schedule import Schedule
from tests.support.dag_files import makes_collages
from tests.support.schedules import DAILY
from tests.support.small_dags import (
    BACKFILL,
    BY_HAND,
    LIMITED,
    ONE_AT_A_TIME,
    daily_dag,
    in_a_file_of,
    manual_dag,
    statistics_dag,
)

NONSENSE: list[tuple[str, object]] = [
    ("rows", 0),
    ("rows", "five"),
    ("quality", 101),
    ("window_start", "October"),
    ("cols", 2.5),
    ("trim", "maybe"),
    ("fit", "cover"),
    ("background", "red"),
    ("title", "{name}"),
]


@pytest.fixture(scope="module")
def collage_dags(dagbag: DagBag) -> list[DAG]:
    return [dag for dag in dagbag.dags.values() if makes_collages(dag)]


def schedules_of(dag: DAG) -> set[Schedule | None]:
    """The schedules that its tasks name runs by: one, or None where it has none.

    That of a DAG that only keeps covers names no runs.
    """
    schedules = {task.schedule for task in dag.tasks if hasattr(task, "schedule")}
    return {schedule for schedule in schedules if not isinstance(schedule, KeepSchedule)}


def its_file_has_room_for_its_own_runbook(dag: DAG) -> None:
    assert len(Path(dag.fileloc).read_text().splitlines()) >= 60


def its_runbook_names_its_tasks_and_how_to_start_a_manual_run(dag: DAG) -> None:
    for heading in ("By hand", "The tasks", "Deferred and standing still", "Stop it"):
        assert (dag.doc_md or "").count(f"### {heading}\n") == 1


def it_limits_its_runs_at_a_time(dag: DAG) -> None:
    # Runs of a schedule follow each other; several people may start manual runs.
    assert dag.max_active_runs <= (1 if dag.timetable.can_be_scheduled else 4)


def at_most_one_of_its_runs_reads_the_database(dag: DAG) -> None:
    for task in dag.tasks:
        if isinstance(task, ExtractOperator):
            assert task.max_active_tis_per_dag == 1
            # Airflow counts a deferred one, too: it keeps the others waiting.
            assert task.patience <= timedelta(hours=1)
        # A deployment would have to create any other pool, or its tasks would never start.
        assert task.pool == "default_pool"


def nothing_of_it_runs_for_ever(dag: DAG) -> None:
    assert dag.dagrun_timeout is not None
    waits_for_workers = [task.timeout for task in dag.tasks if isinstance(task, WaitOperator)]
    assert all(dag.dagrun_timeout > wait for wait in waits_for_workers)
    for task in dag.tasks:
        # A task that is deferred may take longer than it works, and has its own limit. So does one
        # that asks a person; one that works before that has both.
        waits = isinstance(task, DeferrableOperator | ApproveOperator)
        assert (task.execution_timeout is None) == waits
        if isinstance(task, AskingOperator):
            longest = max(waits_for_workers, default=timedelta(0))
            assert task.response_timeout + longest < dag.dagrun_timeout


def it_runs_by_the_schedule_that_names_its_runs(dag: DAG) -> None:
    (schedule,) = schedules_of(dag)
    if schedule is None:
        assert not dag.timetable.can_be_scheduled
    else:
        assert dag.timetable.expression == schedule.cron
        assert str(dag.timetable.timezone) == "UTC"


def its_form_has_every_field_that_a_run_may_be_asked_for(dag: DAG) -> None:
    assert set(dag.params) >= PARAM_NAMES


def its_form_refuses_what_cannot_be_meant(dag: DAG) -> None:
    for name, value in NONSENSE:
        with pytest.raises(ParamValidationError, match=re.escape(repr(value))):
            dag.params.get_param(name).resolve(value)


def without_a_schedule_it_offers_every_source_of_covers(dag: DAG) -> None:
    if schedules_of(dag) == {None}:
        assert set(dag.params) == PARAM_NAMES | MANUAL_PARAMS
        dag.params.validate()  # as it opens; the check task asks for a source


def its_form_refuses_a_number_and_does_not_change_it(dag: DAG) -> None:
    # Airflow's form moves a number to such a bound as soon as the field is left.
    for param in map(dag.params.get_param, dag.params):
        assert {"minimum", "maximum"}.isdisjoint(param.schema)


def its_form_has_the_names_that_errors_have(dag: DAG) -> None:
    for name in dag.params:
        assert dag.params.get_param(name).schema["title"].startswith(f"{name}: ")


def with_a_schedule_it_says_how_it_is_backfilled(dag: DAG) -> None:
    if schedules_of(dag) == {None}:
        return
    assert (dag.doc_md or "").count("### Backfill\n") == 1
    assert f"airflow backfill create --dag-id {dag.dag_id} --max-active-runs 1 " in dag.doc_md


type Policy = Callable[[DAG], None]

POLICIES: list[Policy] = [
    its_file_has_room_for_its_own_runbook,
    its_runbook_names_its_tasks_and_how_to_start_a_manual_run,
    it_limits_its_runs_at_a_time,
    at_most_one_of_its_runs_reads_the_database,
    nothing_of_it_runs_for_ever,
    it_runs_by_the_schedule_that_names_its_runs,
    its_form_has_every_field_that_a_run_may_be_asked_for,
    its_form_refuses_what_cannot_be_meant,
    its_form_refuses_a_number_and_does_not_change_it,
    its_form_has_the_names_that_errors_have,
    without_a_schedule_it_offers_every_source_of_covers,
    with_a_schedule_it_says_how_it_is_backfilled,
]
each_policy = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.__name__)


def test_the_backfill_of_every_dag_with_a_schedule_can_be_approved(collage_dags: list[DAG]) -> None:
    found = {dag.dag_id: schedule for dag in collage_dags for schedule in schedules_of(dag)}
    assert {dag: schedule for dag, schedule in found.items() if schedule} == BACKFILLS


@each_policy
def test_of_every_dag_that_makes_collages(policy: Policy, collage_dags: list[DAG]) -> None:
    assert collage_dags
    for dag in collage_dags:
        policy(dag)


@each_policy
@pytest.mark.parametrize("kind", [daily_dag, manual_dag])
def test_a_dag_with_a_schedule_and_one_without_can_keep(
    policy: Policy, kind: Callable[[], DAG], tmp_path: Path
) -> None:
    policy(in_a_file_of(kind(), tmp_path, lines=60))


def test_a_dag_that_makes_no_collages_is_not_held_to_it() -> None:
    assert not makes_collages(statistics_dag())
    assert makes_collages(daily_dag())
    assert makes_collages(manual_dag())


# How a DAG breaks each policy.


BROKEN: list[tuple[Policy, Callable[[], DAG]]] = [
    (
        its_runbook_names_its_tasks_and_how_to_start_a_manual_run,
        lambda: daily_dag(doc_md=runbook("Makes collages." + BACKFILL)),
    ),
    (
        its_runbook_names_its_tasks_and_how_to_start_a_manual_run,
        lambda: manual_dag(doc_md=BY_HAND),
    ),
    (it_limits_its_runs_at_a_time, lambda: daily_dag(max_active_runs=2)),
    (it_limits_its_runs_at_a_time, lambda: manual_dag(max_active_runs=16)),
    (at_most_one_of_its_runs_reads_the_database, lambda: daily_dag(extract={})),
    (
        at_most_one_of_its_runs_reads_the_database,
        lambda: daily_dag(publish={**LIMITED, "pool": "aws"}),
    ),
    (nothing_of_it_runs_for_ever, lambda: daily_dag(dagrun_timeout=None)),
    (nothing_of_it_runs_for_ever, lambda: daily_dag(publish={})),
    (nothing_of_it_runs_for_ever, lambda: daily_dag(extract={**ONE_AT_A_TIME, **LIMITED})),
    (it_runs_by_the_schedule_that_names_its_runs, lambda: daily_dag(schedule_of_tasks=MONTHLY)),
    (
        it_runs_by_the_schedule_that_names_its_runs,
        lambda: daily_dag(schedule=CronDataIntervalTimetable(DAILY.cron, timezone="Europe/Berlin")),
    ),
    (it_runs_by_the_schedule_that_names_its_runs, lambda: daily_dag(schedule_of_tasks=None)),
    (its_form_has_every_field_that_a_run_may_be_asked_for, lambda: daily_dag(params={})),
    (
        its_form_refuses_what_cannot_be_meant,
        lambda: daily_dag(params=dict.fromkeys(PARAM_NAMES)),
    ),
    (
        without_a_schedule_it_offers_every_source_of_covers,
        lambda: manual_dag(params=run_params(DAILY)),
    ),
    (
        its_form_refuses_a_number_and_does_not_change_it,
        lambda: daily_dag(params=config_params()),
    ),
    (its_form_has_the_names_that_errors_have, lambda: daily_dag(params=config_params())),
    (with_a_schedule_it_says_how_it_is_backfilled, lambda: daily_dag(doc_md=runbook(BY_HAND))),
    (
        with_a_schedule_it_says_how_it_is_backfilled,
        lambda: daily_dag(doc_md=BACKFILL.replace("daily", "monthly")),
    ),
]


@pytest.mark.parametrize(("policy", "broken"), BROKEN)
def test_a_dag_that_breaks_a_policy_is_found(policy: Policy, broken: Callable[[], DAG]) -> None:
    dag = broken()
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        policy(dag)


def test_every_policy_is_shown_to_fail() -> None:
    elsewhere = {its_file_has_room_for_its_own_runbook}
    assert {policy for policy, _ in BROKEN} | elsewhere == set(POLICIES)


def test_a_file_without_a_runbook_is_found(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        its_file_has_room_for_its_own_runbook(in_a_file_of(daily_dag(), tmp_path, lines=59))


# All of them beside each other.


def no_two_share_a_schedule(dags: Iterable[DAG]) -> None:
    schedules = [schedule for dag in dags for schedule in schedules_of(dag) if schedule is not None]
    assert len({schedule.second for schedule in schedules}) == len(schedules)
    assert len({schedule.csv_name for schedule in schedules}) == len(schedules)


def test_no_two_dags_share_a_schedule(dagbag: DagBag) -> None:
    no_two_share_a_schedule(dagbag.dags.values())
    no_two_share_a_schedule([daily_dag(), manual_dag(), manual_dag(dag_id="another")])


def test_two_dags_that_share_a_schedule_are_found() -> None:
    with pytest.raises(AssertionError):
        no_two_share_a_schedule([daily_dag(), daily_dag(dag_id="cover_collage_weekly")])
