"""The base of the steps that work on a run whose manifest is written."""

from typing import Any

from airflow.sdk import BaseOperator

from collage_airflow.settings import AWS_CONNECTION


class RunOperator(BaseOperator):
    """A step that is told a run's id and finds all else in the run's manifest."""

    template_fields = ("run_id",)

    def __init__(self, *, run_id: str, aws_conn_id: str = AWS_CONNECTION, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_id = run_id
        self.aws_conn_id = aws_conn_id
