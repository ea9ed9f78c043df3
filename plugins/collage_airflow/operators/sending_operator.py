"""The base of the steps that send chunks to the workers."""

from functools import cached_property
from typing import TYPE_CHECKING

from collage_airflow.aws import lambda_hook, sqs_hook
from collage_airflow.dag_run.dispatch_way import DispatchBy, dispatch_by
from collage_airflow.operators.run_operator import RunOperator
from collage_core.aws.chunk_invocations import ChunkInvocations
from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.run.dispatch import ChunkSender
from collage_core.settings import Settings

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.lambda_function import LambdaHook
    from airflow.providers.amazon.aws.hooks.sqs import SqsHook
    from airflow.sdk import Context


class SendingOperator(RunOperator):
    """A step that sends chunks over the queue or directly, as the param `dispatch_by` says."""

    @cached_property
    def queue_hook(self) -> "SqsHook":
        """The hook for SQS, over the same connection as the hook for S3."""
        return sqs_hook(self.aws_conn_id)

    @cached_property
    def function_hook(self) -> "LambdaHook":
        """The hook for Lambda, over the same connection."""
        return lambda_hook(self.aws_conn_id)

    @staticmethod
    def is_invoked(context: "Context") -> bool:
        """Whether chunks are sent as invocations. Raises SettingError as `sender` does."""
        return dispatch_by(context.get("params") or {}) is DispatchBy.LAMBDA

    def sender(self, context: "Context", settings: Settings) -> ChunkSender:
        """The way to the workers. Raises SettingError for a `dispatch_by` that there is not."""
        if self.is_invoked(context):
            client = self.function_hook.get_conn()
            return ChunkInvocations(client, function=settings.function_name)
        return ChunkQueue(self.queue_hook.get_conn(), url=settings.chunk_queue_url)
