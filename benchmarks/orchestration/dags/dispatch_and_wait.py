"""The product: one task sends all chunks of a run, another one waits for all of them."""

from datetime import timedelta

from airflow.sdk import DAG, Param

from collage_airflow.operators.dispatch import DispatchOperator
from collage_airflow.operators.wait import WaitOperator

with DAG(
    "dispatch_and_wait",
    schedule=None,
    params={"run_id": Param("", type="string")},
    # A task of a machine that is too busy fails now and then.
    default_args={"retries": 2, "retry_delay": timedelta(seconds=1)},
):
    dispatch = DispatchOperator(task_id="dispatch", run_id="{{ params.run_id }}")
    wait = WaitOperator(task_id="wait", run_id="{{ params.run_id }}")
    dispatch >> wait
