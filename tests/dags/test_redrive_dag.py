"""The DAG that redrives the dead-letter queue changes nothing unless it is told to."""

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from airflow.sdk.exceptions import ParamValidationError


@pytest.fixture
def redrive(dagbag: DagBag) -> DAG:
    return dagbag.dags["cover_collage_redrive"]


def test_it_has_no_schedule_and_is_a_dry_run_over_all_runs_as_it_opens(redrive: DAG) -> None:
    assert not redrive.timetable.can_be_scheduled
    redrive.params.validate()
    assert redrive.params.get_param("dry_run").resolve() is True
    assert redrive.params.get_param("run_id").resolve() is None


def test_two_never_run_at_once(redrive: DAG) -> None:
    assert redrive.max_active_runs == 1


def test_nothing_is_received_before_the_rights_are_checked(redrive: DAG) -> None:
    assert redrive.get_task("redrive").upstream_task_ids == {"check"}


@pytest.mark.parametrize("dry_run", [None, "no", 0])
def test_it_takes_no_guess_for_whether_to_send(redrive: DAG, dry_run: object) -> None:
    with pytest.raises(ParamValidationError):
        redrive.params.get_param("dry_run").resolve(dry_run)


@pytest.mark.parametrize("run_id", [["a"], 7, "x" * 201])
def test_it_refuses_what_is_no_run(redrive: DAG, run_id: object) -> None:
    with pytest.raises(ParamValidationError):
        redrive.params.get_param("run_id").resolve(run_id)
