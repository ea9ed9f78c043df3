"""The dispatch task: one SQS message per chunk that has no receipt yet."""

from functools import cached_property
from typing import TYPE_CHECKING, override

from collage_airflow.aws import sqs_hook
from collage_airflow.operators.run_operator import RunOperator
from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.run.dispatch import dispatch

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.sqs import SqsHook
    from airflow.sdk import Context


class DispatchOperator(RunOperator):
    """Sends every chunk that is not done to the workers; sending one twice does no harm."""

    @cached_property
    def queue_hook(self) -> "SqsHook":
        """The hook for SQS, over the same connection as the hook for S3."""
        return sqs_hook(self.aws_conn_id)

    @override
    def execute(self, context: "Context") -> dict[str, int]:
        run = self.open_run()
        queue = ChunkQueue(self.queue_hook.get_conn(), url=run.settings.chunk_queue_url)
        sent = dispatch(run, queue)
        done = len(run.manifest.chunks) - sent
        self.log.info("✓ Dispatched %s chunks, %s had their receipt already", sent, done)
        return {"sent": sent, "done_before": done}
