"""The base of the steps that work on a run whose manifest is written."""

from typing import Any

from airflow.sdk import BaseOperator

from collage_airflow.aws import s3_client
from collage_airflow.settings import AWS_CONNECTION, read_settings
from collage_core.aws.s3_store import S3Store
from collage_core.run.run import Run


class RunOperator(BaseOperator):
    """A step that is told a run's id and finds all else in the run's manifest."""

    template_fields = ("run_id",)

    def __init__(self, *, run_id: str, aws_conn_id: str = AWS_CONNECTION, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_id = run_id
        self.aws_conn_id = aws_conn_id

    def open_run(self) -> Run[S3Store]:
        """The run as it stands now.

        Raises SettingError, and MessageError when the manifest is not there or cannot be read.
        """
        settings = read_settings()
        return Run.open(S3Store(s3_client(self.aws_conn_id)), settings, self.run_id)
