"""The wait task: until every chunk of the run has its receipt."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, override

from airflow.sdk.bases.sensor import BaseSensorOperator
from airflow.sdk.exceptions import AirflowSensorTimeout

from collage_airflow.aws import s3_client
from collage_airflow.receipts_trigger import ReceiptsTrigger
from collage_airflow.settings import AWS_CONNECTION, read_settings
from collage_core import keys
from collage_core.closing.run_documents import missing_chunks, require_manifest
from collage_core.storage.s3_store import S3Store

if TYPE_CHECKING:
    from airflow.sdk import Context

_MOST_NAMED_CHUNKS = 10


class ReceiptsSensor(BaseSensorOperator):
    """Looks once, and unless all is done defers to ReceiptsTrigger.

    `poke_interval` is the trigger's pause between looks; below 15 seconds an event can come
    before Airflow has written down that the task is deferred.
    """

    template_fields = ("run_id",)

    def __init__(
        self,
        *,
        run_id: str,
        aws_conn_id: str = AWS_CONNECTION,
        poke_interval: timedelta | float = 15,
        **kwargs: Any,
    ) -> None:
        super().__init__(poke_interval=poke_interval, **kwargs)
        self.run_id = run_id
        self.aws_conn_id = aws_conn_id

    @override
    def poke(self, context: "Context") -> bool:
        settings = read_settings()
        store = S3Store(s3_client(self.aws_conn_id))
        manifest = require_manifest(store, settings, self.run_id)
        receipts = store.list_keys(settings.temp_bucket, keys.receipts(self.run_id))
        return not missing_chunks(manifest, receipts)

    @override
    def execute(self, context: "Context") -> None:
        if self.poke(context):
            self.log.info("✓ Every chunk of run %s has its receipt", self.run_id)
            return
        self.defer(
            trigger=ReceiptsTrigger(
                bucket=read_settings().temp_bucket,
                run_id=self.run_id,
                deadline=(datetime.now(UTC) + timedelta(seconds=self.timeout)).isoformat(),
                poll_seconds=self.poke_interval,
                aws_conn_id=self.aws_conn_id,
            ),
            method_name=self.resume.__name__,
        )

    def resume(self, _context: "Context", event: dict[str, Any]) -> None:
        """Called with the trigger's event; raises AirflowSensorTimeout when time was up."""
        missing = event["missing"]
        if missing:
            named = ", ".join(missing[:_MOST_NAMED_CHUNKS])
            more = len(missing) - _MOST_NAMED_CHUNKS
            raise AirflowSensorTimeout(
                f"{len(missing)} chunks of run {self.run_id} have no receipt after "
                f"{timedelta(seconds=self.timeout)}: {named}{f' and {more} more' * (more > 0)}. "
                "Look for their messages in the dead-letter queue of the chunk queue and for "
                "their chunk_id in the function's log; redrive them, then clear this task. "
                "Clearing dispatch as well sends them anew."
            )
        self.log.info("✓ Every chunk of run %s has its receipt", self.run_id)
