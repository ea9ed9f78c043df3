"""The archive task: moves the processed CSV out of `csv-files/`, and never loses it on the way."""

from typing import TYPE_CHECKING, override

from airflow.sdk.exceptions import AirflowFailException

from collage_airflow.operators.run_operator import RunOperator
from collage_core.errors import SourceChangedError
from collage_core.run.archive import archive

if TYPE_CHECKING:
    from airflow.sdk import Context


_FIX = (
    "clear extract, which writes the run's CSV to that key again (move a file that is wanted away "
    "before); chunks that are done stay done"
)


class ArchiveOperator(RunOperator):
    """Moves the run's CSV to `archived/YYYY/processed_files/`; does nothing if it is there."""

    @override
    def execute(self, context: "Context") -> str:
        run = self.open_run()
        source = run.manifest.source
        try:
            archived = archive(run)
        except SourceChangedError as error:
            raise SourceChangedError(f"{error}: {_FIX}") from error
        if archived is None:
            raise AirflowFailException(
                f"s3://{source.bucket}/{source.key} is gone, and no copy of it is in the archive: "
                f"{_FIX}"
            )
        self.log.info("✓ Archived s3://%s/%s", source.bucket, archived)
        return archived
