"""The archive task: the processed CSV moves out of `csv-files/`, without ever being nowhere."""

from typing import TYPE_CHECKING, override

from airflow.sdk.exceptions import AirflowFailException

from collage_airflow.aws import s3_client
from collage_airflow.run_operator import RunOperator
from collage_airflow.settings import read_settings
from collage_core import keys
from collage_core.closing.run_documents import require_manifest
from collage_core.storage.moving import move
from collage_core.storage.s3_store import S3Store

if TYPE_CHECKING:
    from airflow.sdk import Context


class ArchiveOperator(RunOperator):
    """Moves the run's CSV to `archived/YYYY/processed_files/`; done before, it does nothing."""

    @override
    def execute(self, context: "Context") -> str:
        settings, store = read_settings(), S3Store(s3_client(self.aws_conn_id))
        manifest = require_manifest(store, settings, self.run_id)
        source = manifest.source
        target = keys.archived_csv(source.key, manifest.run_timestamp)
        if not move(store, source, target):
            raise AirflowFailException(
                f"s3://{source.bucket}/{source.key} is gone and {target} is not its copy either: "
                "run extract again"
            )
        self.log.info("✓ Archived s3://%s/%s", source.bucket, target)
        return target
