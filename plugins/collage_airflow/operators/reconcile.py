"""The reconcile task: closes the run if its books balance to the row, and fails if not."""

from typing import TYPE_CHECKING, Any, override

from airflow.sdk.exceptions import AirflowFailException

from collage_airflow.operators.run_operator import RunOperator
from collage_airflow.run_links import CollagesLink
from collage_core.contract.document import to_json
from collage_core.contract.summary import RunSummary
from collage_core.errors import TooManyFailedError, UnequalError
from collage_core.run.close import close_run
from collage_core.run.cost_in_words import cost_in_words
from collage_core.run.estimate import MB_PER_VCPU
from collage_core.run.in_words import reasons_in_words, run_in_words
from collage_core.run.reconcile import EVERY_COVER_WAS_BLOCKED
from collage_core.run.redo import note_again, note_unequal
from collage_core.run.tolerance import warning_of_failed
from collage_core.views.static_report import try_to_write_report

if TYPE_CHECKING:
    from airflow.sdk import Context


_FIXES = (
    "Everything that could be made is written, and the CSV is not archived. If so many may fail, "
    "raise FAIL_ABOVE_PERCENT and clear reconcile. If not, remove the cause and clear dispatch: "
    "the chunks that are above it are done again"
)

_FIXES_OF_KEEPING = (
    "What could be kept is kept, and URLs that are dead do not count. Remove the cause: the next "
    "run looks at the same rows once more. To have it done now, clear dispatch"
)

_MOST_NAMED = 20
"""Creators without a collage that the log names; the summary has more of them."""


class ReconcileOperator(RunOperator):
    """Adds up the receipts and writes record, batch results, summary and report of the run.

    Raises UnequalError when the bucket has other objects than the receipts say, before anything is
    written; and AirflowFailException when more covers failed than the settings allow, after all
    of that is written. In both cases the chunks are noted, so that `dispatch` has them done again.
    Of a run that only keeps covers, only the summary is written, into the temp bucket.

    Args:
        memory_mb: memory of the deployed function, as for `plan`, for the planned cost.
    """

    operator_extra_links = (CollagesLink(),)

    def __init__(self, *, memory_mb: int = MB_PER_VCPU, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.memory_mb = memory_mb

    @override
    def execute(self, context: "Context") -> dict[str, Any]:
        run = self.open_run()
        try:
            closed = close_run(run, memory_mb=self.memory_mb)
        except UnequalError as error:
            raise note_unequal(run, error) from error
        summary, keep_only = closed.summary, run.manifest.keep_only
        bucket = run.settings.temp_bucket if keep_only else run.settings.output_bucket
        rows, creators = summary.books.rows, summary.books.creators
        note, warning = run_in_words(summary), warning_of_failed(summary.books, run.settings)
        self.log.info("Summary: s3://%s/%s", bucket, closed.summary_key)
        if closed.results_key is not None:
            self.log.info("Results: s3://%s/%s", bucket, closed.results_key)
        report_key = try_to_write_report(run.store, run.settings, summary)
        self.log.info("%s", note)
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
            bucket,
            closed.summary_key,
        )
        for line in cost_in_words(summary):
            self.log.info("%s", line)
        if not keep_only:
            self._warn_of_failed_creators(summary)
        if summary.books.every_cover_was_blocked:
            self.log.warning(EVERY_COVER_WAS_BLOCKED, run.manifest.run_id)
        if warning:
            self.log.warning("%s", warning)
        note_again(run, closed.too_many_failed.chunks if closed.too_many_failed else {})
        try:
            closed.require_tolerable(_FIXES_OF_KEEPING if keep_only else _FIXES)
        except TooManyFailedError as error:
            raise AirflowFailException(str(error)) from error
        return {
            "note": f"{note}; {warning}" if warning else note,
            "status": summary.status,
            "summary_key": closed.summary_key,
            "results_key": closed.results_key,
            "report_key": report_key,
            "rows": to_json(rows),
            "creators": to_json(creators),
        }

    def _warn_of_failed_creators(self, summary: RunSummary) -> None:
        failed = summary.books.creators.failed
        if not failed:
            return
        named = [
            f"{one.creator!r} ({reasons_in_words(one.reasons) or 'no usable row'})"
            for one in summary.failed_creators[:_MOST_NAMED]
        ]
        more = failed - len(named)
        self.log.warning(
            "%s of %s creators got no collage: %s%s",
            failed,
            summary.books.creators.total,
            ", ".join(named),
            f"{' and ' * bool(named)}{more} more" * (more > 0),
        )
