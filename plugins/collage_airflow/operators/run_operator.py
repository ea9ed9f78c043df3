"""The base of the steps that work on a run whose manifest is written."""

from typing import Any

from collage_airflow.operators.aws_operator import AwsOperator
from collage_airflow.settings import read_settings
from collage_core.aws.s3_store import S3Store
from collage_core.run.run import Run


class RunOperator(AwsOperator):
    """A step that gets a run's id and finds everything else in the run's manifest."""

    template_fields = (*AwsOperator.template_fields, "run_id")

    def __init__(self, *, run_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_id = run_id

    def open_run(self) -> Run[S3Store]:
        """The run with its present manifest.

        Raises SettingError, and MessageError when the manifest is missing or cannot be read.
        """
        settings = read_settings()
        return Run.open(self.store, settings, self.run_id)
