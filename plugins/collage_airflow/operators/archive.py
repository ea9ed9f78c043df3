"""The archive task: the processed CSV moves out of `csv-files/`, without ever being nowhere."""

from typing import TYPE_CHECKING, override

from airflow.sdk.exceptions import AirflowFailException

from collage_airflow.operators.run_operator import RunOperator
from collage_core.aws.s3_move import move
from collage_core.layout import keys

if TYPE_CHECKING:
    from airflow.sdk import Context


class ArchiveOperator(RunOperator):
    """Moves the run's CSV to `archived/YYYY/processed_files/`; done before, it does nothing."""

    @override
    def execute(self, context: "Context") -> str:
        run = self.open_run()
        source = run.manifest.source
        target = keys.archived_csv(source.key, run.manifest.run_timestamp)
        if not move(run.store, source, target):
            raise AirflowFailException(
                f"s3://{source.bucket}/{source.key} is gone and {target} is not its copy either: "
                "run extract again"
            )
        self.log.info("✓ Archived s3://%s/%s", source.bucket, target)
        return target
