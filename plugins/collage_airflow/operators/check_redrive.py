"""The check of a redrive: buckets, queues and rights, before anything is received or sent."""

from typing import TYPE_CHECKING, override

from collage_airflow.operators.aws_operator import AwsOperator
from collage_airflow.preflight.aws import aws_connection_problems
from collage_airflow.preflight.bucket_access import Use
from collage_airflow.preflight.buckets import bucket_problems
from collage_airflow.preflight.dead_letters import dead_letter_problems
from collage_airflow.preflight.queue import queue_problems
from collage_airflow.preflight.refusal import refuse
from collage_airflow.settings import read_settings
from collage_core.layout import keys

if TYPE_CHECKING:
    from airflow.sdk import Context


class CheckRedriveOperator(AwsOperator):
    """Names all that would make the task `redrive` fail.

    Is retried only if the sole problem is a server that did not answer.
    """

    @override
    def execute(self, context: "Context") -> None:
        settings = read_settings()
        # What workers have written about a message is removed before the message is sent.
        failed = Use(keys.failed_message("check", None), deletes=True)
        temp = ("TEMP_BUCKET", settings.temp_bucket, [failed])
        refuse(
            [
                *aws_connection_problems(self.aws_conn_id),
                *bucket_problems(self.aws_conn_id, *temp),
                *queue_problems(self.aws_conn_id, settings.chunk_queue_url),
                *dead_letter_problems(self.aws_conn_id, settings.chunk_queue_url),
            ],
            self.log,
        )
        self.log.info("✓ Checked the queue, its dead-letter queue and bucket %s", temp[1])
