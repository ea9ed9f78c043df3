"""The dispatch task: one SQS message per chunk that has no receipt yet."""

from typing import TYPE_CHECKING, override

from collage_airflow.aws import sqs_client
from collage_airflow.operators.run_operator import RunOperator
from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.run.dispatch import dispatch

if TYPE_CHECKING:
    from airflow.sdk import Context


class DispatchOperator(RunOperator):
    """Asks the workers for every chunk that is not done; sending one twice does no harm."""

    @override
    def execute(self, context: "Context") -> dict[str, int]:
        run = self.open_run()
        queue = ChunkQueue(sqs_client(self.aws_conn_id), url=run.settings.chunk_queue_url)
        sent = dispatch(run, queue)
        done = len(run.manifest.chunks) - sent
        self.log.info("✓ Dispatched %s chunks, %s had their receipt already", sent, done)
        return {"sent": sent, "done_before": done}
