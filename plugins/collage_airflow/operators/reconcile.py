"""The reconcile task: closes the run if its books balance to the row, and fails if not."""

from typing import TYPE_CHECKING, Any, override

from collage_airflow.operators.run_operator import RunOperator
from collage_core.contract.document import to_json
from collage_core.run.close import close_run
from collage_core.run.estimate import MB_PER_VCPU
from collage_core.run.reconcile import EVERY_COVER_WAS_BLOCKED

if TYPE_CHECKING:
    from airflow.sdk import Context


class ReconcileOperator(RunOperator):
    """Adds up the receipts and writes the run's summary and the day's batch results.

    Args:
        memory_mb: memory of the deployed function, as for `plan`.
    """

    def __init__(self, *, memory_mb: int = MB_PER_VCPU, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.memory_mb = memory_mb

    @override
    def execute(self, context: "Context") -> dict[str, Any]:
        run = self.open_run()
        closed = close_run(run, memory_mb=self.memory_mb)
        summary = closed.summary
        rows, creators = summary.books.rows, summary.books.creators
        self.log.info(
            "✓ Books balance (%s): %s rows = %s placed + %s duplicate + %s not selected + "
            "%s rejected + %s failed; %s of %s creators complete; s3://%s/%s",
            summary.status,
            rows.total,
            rows.placed,
            rows.duplicate,
            rows.not_selected,
            rows.rejected,
            rows.failed,
            creators.complete,
            creators.total,
            run.settings.output_bucket,
            closed.summary_key,
        )
        if summary.books.every_cover_was_blocked:
            self.log.warning(EVERY_COVER_WAS_BLOCKED, run.manifest.run_id)
        return {
            "status": summary.status,
            "summary_key": closed.summary_key,
            "results_key": closed.results_key,
            "rows": to_json(rows),
            "creators": to_json(creators),
        }
