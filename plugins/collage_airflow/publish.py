"""The publish task: the statistics of the run's day and month, and the word that they are new."""

from typing import TYPE_CHECKING, Any, override

from airflow.sdk import BaseOperator

from collage_airflow.aws import s3_client
from collage_airflow.run_identity import RunIdentity
from collage_airflow.settings import AWS_CONNECTION, read_settings
from collage_core.closing.publish import write_statistics
from collage_core.schedule import Schedule
from collage_core.storage.s3_store import S3Store

if TYPE_CHECKING:
    from airflow.sdk import Context


class PublishOperator(BaseOperator):
    """Makes the day's log and statistics and the month's report anew from all summaries.

    It needs nothing of the temp bucket, and so may run again when that has expired. Every asset
    in `outlets` gets an event that names the run and its timestamp. `schedule` is that of the DAG.
    """

    def __init__(
        self, *, schedule: Schedule, aws_conn_id: str = AWS_CONNECTION, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.schedule = schedule
        self.aws_conn_id = aws_conn_id

    @override
    def execute(self, context: "Context") -> list[str]:
        settings, store = read_settings(), S3Store(s3_client(self.aws_conn_id))
        run = RunIdentity.of(context["dag_run"], self.schedule)
        written = write_statistics(store, settings, run.timestamp)
        for asset in self.outlets:
            context["outlet_events"][asset].extra = {
                "run_id": run.run_id,
                "run_timestamp": str(run.timestamp),
            }
        self.log.info("✓ Published %s documents: %s", len(written), ", ".join(written))
        return written
