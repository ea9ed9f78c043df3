"""The dispatch task: one SQS message per chunk that has no receipt yet."""

from typing import TYPE_CHECKING, override

from collage_airflow.aws import s3_client, sqs_client
from collage_airflow.run_operator import RunOperator
from collage_airflow.settings import read_settings
from collage_core import keys
from collage_core.closing.run_documents import missing_chunks, require_manifest
from collage_core.storage.chunk_queue import ChunkQueue
from collage_core.storage.s3_store import S3Store

if TYPE_CHECKING:
    from airflow.sdk import Context


class DispatchOperator(RunOperator):
    """Asks the workers for every chunk that is not done; sending one twice does no harm."""

    @override
    def execute(self, context: "Context") -> dict[str, int]:
        settings = read_settings()
        store = S3Store(s3_client(self.aws_conn_id))
        manifest = require_manifest(store, settings, self.run_id)
        receipts = store.list_keys(settings.temp_bucket, keys.receipts(self.run_id))
        queue = ChunkQueue(sqs_client(self.aws_conn_id), url=settings.chunk_queue_url)
        sent = queue.send(manifest.message(chunk) for chunk in missing_chunks(manifest, receipts))
        done = len(manifest.chunks) - sent
        self.log.info("✓ Dispatched %s chunks, %s had their receipt already", sent, done)
        return {"sent": sent, "done_before": done}
