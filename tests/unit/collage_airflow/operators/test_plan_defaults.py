"""What `plan` computes with when a DAG says nothing else."""

from inspect import signature

from collage_airflow.operators.plan import PlanOperator
from deploy.limits import read_limits


def test_plan_expects_the_workers_and_the_memory_that_are_deployed() -> None:
    parameters = signature(PlanOperator.__init__).parameters
    limits = read_limits()
    assert parameters["concurrency"].default == limits.queue_mapping.maximum_concurrency
    assert parameters["memory_mb"].default == limits.function.memory_mb
