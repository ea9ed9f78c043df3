"""The usual way: one mapped task for each chunk.

Here it does nothing, so all that is left is the cost of having it.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param, task

with DAG(
    "mapped_tasks",
    schedule=None,
    params={"tasks": Param(1, type="integer")},
    # As in `dispatch_and_wait`.
    default_args={"retries": 2, "retry_delay": timedelta(seconds=1)},
):

    @task
    def number_chunks(**context: Any) -> list[int]:
        """As many as the run was asked for."""
        return list(range(context["params"]["tasks"]))

    @task
    def do_nothing(chunk: int) -> None:
        """Stand for a call of the worker that takes no time."""
        del chunk

    do_nothing.expand(chunk=number_chunks())
