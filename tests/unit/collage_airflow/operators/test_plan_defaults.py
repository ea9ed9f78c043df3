"""What `plan` and `estimate` compute with when a DAG says nothing else."""

from inspect import signature

import pytest

from collage_airflow.dag_run.dispatch_way import workers_at_once
from collage_airflow.operators.estimate import EstimateOperator
from collage_airflow.operators.plan import PlanOperator
from collage_core.covers.chunking import MOST_CHUNKS
from collage_core.settings import Settings
from deploy.limits import read_limits


@pytest.mark.parametrize("operator", [PlanOperator, EstimateOperator])
def test_plans_expect_the_memory_that_is_deployed(operator: type) -> None:
    memory = signature(operator.__init__).parameters["memory_mb"].default
    assert memory == read_limits().function.memory_mb


def test_plans_expect_the_workers_of_the_setting_or_one_for_each_chunk() -> None:
    settings = Settings(function_concurrency=7)
    assert workers_at_once({}, settings) == 7
    assert workers_at_once({"dispatch_by": None}, settings) == 7
    assert workers_at_once({"dispatch_by": "sqs"}, settings) == 7
    assert workers_at_once({"dispatch_by": "lambda"}, settings) == MOST_CHUNKS
