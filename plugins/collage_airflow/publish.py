"""The publish task: the statistics of the run's day and month, and the word that they are new."""

from typing import TYPE_CHECKING, override

from collage_airflow.aws import s3_client
from collage_airflow.run_operator import RunOperator
from collage_airflow.settings import read_settings
from collage_core.closing.publish import write_statistics
from collage_core.closing.run_documents import require_manifest
from collage_core.storage.s3_store import S3Store

if TYPE_CHECKING:
    from airflow.sdk import Context


class PublishOperator(RunOperator):
    """Makes the day's log and statistics and the month's report anew from all summaries.

    Every asset in `outlets` gets an event that names the run and its timestamp.
    """

    @override
    def execute(self, context: "Context") -> list[str]:
        settings, store = read_settings(), S3Store(s3_client(self.aws_conn_id))
        timestamp = require_manifest(store, settings, self.run_id).run_timestamp
        written = write_statistics(store, settings, timestamp)
        for asset in self.outlets:
            context["outlet_events"][asset].extra = {
                "run_id": self.run_id,
                "run_timestamp": str(timestamp),
            }
        self.log.info("✓ Published %s documents: %s", len(written), ", ".join(written))
        return written
