"""What the DAG that only keeps covers promises: no collages, one run at a time, an honest form."""

import re
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from airflow.sdk.exceptions import ParamValidationError

from collage_airflow.dag_run.keeping import KeepSchedule
from collage_airflow.dag_run.schedules import KEEPING
from collage_airflow.operators.deferrable_operator import DeferrableOperator
from tests.support.dag_files import makes_collages


@pytest.fixture
def keeping(dagbag: DagBag) -> DAG:
    return dagbag.dags["keep_covers"]


def task(dag: DAG, task_id: str) -> Any:
    return dag.get_task(task_id)


def test_it_ends_when_its_packs_have_an_index(keeping: DAG) -> None:
    steps = ["check", "extract", "plan", "dispatch", "wait", "reconcile"]
    assert [*keeping.topological_sort()] == [keeping.get_task(step) for step in steps]
    for before, after in pairwise(steps):
        assert after in keeping.get_task(before).downstream_task_ids
    assert not makes_collages(keeping)


def test_it_runs_by_the_schedule_of_its_tasks_one_run_at_a_time(keeping: DAG) -> None:
    schedules = {one.schedule for one in keeping.tasks if hasattr(one, "schedule")}
    assert schedules == {KEEPING}
    assert keeping.timetable.expression == KEEPING.cron
    assert str(keeping.timetable.timezone) == "UTC"
    assert keeping.max_active_runs == 1
    assert task(keeping, "extract").max_active_tis_per_dag == 1
    assert all(one.pool == "default_pool" for one in keeping.tasks)


def test_nothing_of_it_runs_for_ever(keeping: DAG) -> None:
    assert keeping.dagrun_timeout is not None
    assert keeping.dagrun_timeout > task(keeping, "wait").timeout
    assert timedelta(hours=1) < keeping.dagrun_timeout < timedelta(days=1)
    for one in keeping.tasks:
        assert (one.execution_timeout is None) == isinstance(one, DeferrableOperator)


def test_covers_that_expire_soon_are_kept_once_more_by_dags_that_run_every_day(
    dagbag: DagBag,
) -> None:
    renewing = {
        name
        for name, dag in dagbag.dags.items()
        if dag.has_task("plan") and task(dag, "plan").renew_covers
    }
    assert renewing == {"keep_covers", "cover_collage_daily"}


def test_its_form_has_what_matters_for_fetching_and_nothing_about_pictures(keeping: DAG) -> None:
    assert set(keeping.params) == {
        "window_start", "window_end", "max_workers", "timeout", "max_retries", "dispatch_by"
    }  # fmt: skip
    keeping.params.validate()
    for name, value in [("max_workers", 0), ("window_start", "October"), ("timeout", "long")]:
        with pytest.raises(ParamValidationError, match=re.escape(repr(value))):
            keeping.params.get_param(name).resolve(value)


def test_its_page_says_what_its_schedule_says(keeping: DAG) -> None:
    assert isinstance(KEEPING, KeepSchedule)
    page = " ".join((keeping.doc_md or "").split())
    assert KEEPING.cron == "0 * * * *", "else correct the page of the DAG and docs/covers.md"
    assert "Runs every hour" in page
    assert KEEPING.look_back == timedelta(hours=1)
    assert "must be in the table an hour after its `updated_at`" in page
    assert KEEPING.longest == timedelta(days=2)
    assert "The first run takes two days" in page
    assert "works after eight hours" in page
    assert keeping.dagrun_timeout == timedelta(hours=8)
    for heading in ("By hand", "Run it again", "Stop it", "At 3 a.m.", "The tasks"):
        assert (keeping.doc_md or "").count(f"### {heading}\n") == 1
