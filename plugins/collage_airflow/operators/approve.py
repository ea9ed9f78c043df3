"""The approve task: asks a person before an expensive, a long or a mostly dead run is sent."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn, override

from airflow.sdk import Variable

from collage_airflow.approval.approved_backfill import ApprovedBackfill, variable_of
from collage_airflow.approval.not_approved import NotApprovedError
from collage_airflow.approval.planned import Planned
from collage_airflow.approval.question import question, reasons_to_ask
from collage_airflow.operators.asking_operator import AskingOperator
from collage_airflow.operators.aws_operator import AwsOperator
from collage_airflow.settings import read_settings
from collage_core.errors import MessageError, SettingError
from collage_core.layout import keys
from collage_core.run.backfill_budget import take
from collage_core.run.estimate_in_words import duration
from collage_core.settings import Settings

if TYPE_CHECKING:
    from airflow.sdk import Context

_SENT_NOTHING = "Nothing was sent or paid for. Clear approve to be asked again"


class ApproveOperator(AskingOperator, AwsOperator):
    """Asks if the run is dearer, longer or more dead than the settings allow; else it succeeds.

    A run of a backfill that was approved as a whole is not asked, as long as its price keeps within
    what is left of that of the backfill.

    Args:
        plan: what `plan` returned.
        longest: how long `wait` waits for the workers.
        response_timeout: how long it waits for an answer.

    Raises NotApprovedError if a person refuses, and if nobody answers.
    """

    template_fields = (*AskingOperator.template_fields, *AwsOperator.template_fields, "plan")

    def __init__(
        self,
        *,
        plan: Mapping[str, Any],
        longest: timedelta,
        response_timeout: timedelta,
        **kwargs: Any,
    ) -> None:
        super().__init__(response_timeout=response_timeout, **kwargs)
        self.plan = plan
        self.longest = longest

    @override
    def execute(self, context: "Context") -> dict[str, str]:
        if Planned.is_older(self.plan):
            self.log.info("✓ No question: the run was planned by a release that asked nobody")
            return {}
        settings, planned = read_settings(), Planned.of_xcom(self.plan)
        reasons = reasons_to_ask(planned, settings, longest=self.longest)
        if not reasons:
            self.log.info("✓ No question: the run is within what needs no approval")
            return {}
        approved = self._approved_backfill(context["dag_run"].dag_id)
        if approved is not None and self._is_within(approved, planned, settings):
            return {"approved_by": approved.approved_by, "backfill": approved.run_id}
        within = self.response_timeout or timedelta(0)
        asked = question(planned, reasons, answer_within=within)
        return self.ask(context, subject=asked.subject, body=asked.body)

    @override
    def approved(self, context: "Context", name: str) -> dict[str, str]:
        return {"approved_by": name}

    @override
    def refused(self, context: "Context", name: str) -> NoReturn:
        self._end(context, f"Refused by {name}")

    @override
    def unanswered(self, context: "Context") -> NoReturn:
        within = self.response_timeout or timedelta(0)
        self._end(context, f"Nobody answered within {duration(within.total_seconds())}")

    def _end(self, context: "Context", why: str) -> NoReturn:
        planned = Planned.of_xcom(self.plan)
        context["ti"].xcom_push(key="note", value=f"{planned.about}: {why}; nothing was sent")
        line = f"{why}. {_SENT_NOTHING}"
        self.log.error("✗ %s", line)
        raise NotApprovedError(line)

    def _approved_backfill(self, dag_id: str) -> ApprovedBackfill | None:
        name = variable_of(dag_id)
        text = Variable.get(name, default=None)
        if text is None:
            return None
        try:
            return ApprovedBackfill.of_text(name, text)
        except SettingError as error:
            self.log.warning("%s", error)
            return None

    def _is_within(self, approved: ApprovedBackfill, planned: Planned, settings: Settings) -> bool:
        """Whether the run is part of the approved backfill; its price is taken from that then."""
        reason = approved.why_not(planned.window, datetime.now(UTC))
        if reason is None:
            try:
                left = take(
                    self.store,
                    settings,
                    approved.run_id,
                    run_id=planned.run_id,
                    dollars=planned.total_dollars,
                    limit=approved.dollars,
                )
            except MessageError as error:
                # Without it nobody knows what is left: a person decides.
                key = keys.backfill_budget(approved.run_id)
                self.log.warning(
                    "The backfill that %s approved does not count: %s in bucket %s cannot be read "
                    "(%s); approve the dry run of the backfill again",
                    approved.approved_by,
                    key,
                    settings.temp_bucket,
                    error,
                )
                return False
            if left is not None:
                self.log.info(
                    "✓ No question: %s approved the backfill in %s. This run takes %.4f USD of its "
                    "%.2f USD, and %.4f USD are left",
                    approved.approved_by,
                    approved.run_id,
                    planned.total_dollars,
                    approved.dollars,
                    left,
                )
                return True
            reason = f"less than the {planned.total_dollars:.4f} USD of this run is left of it"
        self.log.info(
            "The backfill that %s approved does not count: %s", approved.approved_by, reason
        )
        return False
