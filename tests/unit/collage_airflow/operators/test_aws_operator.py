"""One hook for each operator, and connections that may be templates, as the provider has them."""

import pytest

from collage_airflow.operators.aws_operator import AwsOperator
from collage_airflow.operators.dispatch import DispatchOperator
from collage_airflow.operators.extract import ExtractOperator
from collage_airflow.operators.publish import PublishOperator
from collage_airflow.operators.wait import WaitOperator


@pytest.mark.usefixtures("s3")
def test_a_task_has_one_client_however_often_it_asks_for_the_store() -> None:
    task = AwsOperator(task_id="task")
    assert task.hook is task.hook
    assert task.store.client is task.store.client
    dispatch = DispatchOperator(task_id="dispatch", run_id="run")
    assert dispatch.queue_hook is dispatch.queue_hook


@pytest.mark.usefixtures("s3")
def test_the_hook_is_that_of_the_connection_that_the_template_gives() -> None:
    for task in (
        PublishOperator(task_id="publish", aws_conn_id="{{ params.account }}"),
        WaitOperator(task_id="wait", run_id="{{ params.run }}", aws_conn_id="{{ params.account }}"),
    ):
        task.render_template_fields({"params": {"account": "aws_of_eu", "run": "run-1"}})
        assert task.hook.aws_conn_id == "aws_of_eu"
    assert task.run_id == "run-1"


def test_the_database_too_may_be_a_template() -> None:
    task = ExtractOperator(task_id="extract", sql="SELECT 1", mysql_conn_id="{{ params.database }}")
    task.render_template_fields({"params": {"database": "covers_of_eu"}})
    assert task.mysql_conn_id == "covers_of_eu"
