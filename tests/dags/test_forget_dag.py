"""The DAG that forgets a creator needs a name, and deletes nothing unless it is told to."""

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from airflow.sdk.exceptions import ParamValidationError


@pytest.fixture
def forget(dagbag: DagBag) -> DAG:
    return dagbag.dags["cover_collage_forget"]


def test_it_has_no_schedule_and_is_a_dry_run_as_it_opens(forget: DAG) -> None:
    assert not forget.timetable.can_be_scheduled
    assert forget.params.get_param("dry_run").resolve() is True


@pytest.mark.parametrize("name", ["ana", "Ana María", "🦄", " "])
def test_it_takes_one_name(forget: DAG, name: str) -> None:
    assert forget.params.get_param("creator").resolve(name) == name


@pytest.mark.parametrize("name", ["", None, ["ana"], 7])
def test_it_refuses_what_is_no_name_before_there_is_a_run(forget: DAG, name: object) -> None:
    with pytest.raises(ParamValidationError):
        forget.params.get_param("creator").resolve(name)


@pytest.mark.parametrize("dry_run", ["false", 0, None])
def test_it_takes_no_guess_for_whether_to_delete(forget: DAG, dry_run: object) -> None:
    with pytest.raises(ParamValidationError):
        forget.params.get_param("dry_run").resolve(dry_run)
