"""The redrive task: shows what is in the dead-letter queue, and sends it again if that is asked."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, override

from airflow.sdk.exceptions import AirflowFailException

from collage_airflow.aws import sqs_hook
from collage_airflow.operators.aws_operator import AwsOperator
from collage_airflow.settings import read_settings
from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.aws.dead_letters import HIDDEN_SECONDS, DeadLetterQueue
from collage_core.run.redrive import Redrive
from collage_core.run.redrive_judge import Action
from collage_core.run.redrive_report import Report

if TYPE_CHECKING:
    from airflow.sdk import Context

    from collage_core.settings import Settings


class RedriveOperator(AwsOperator):
    """Sends messages of the dead-letter queue to the workers again; in a dry run only says which.

    Returns how many messages were sent again, dropped and left, whether all of them were looked at,
    and a `note` that says so. Raises QueueError, which names the right that is missing.
    """

    @override
    def execute(self, context: "Context") -> dict[str, Any]:
        settings, params = read_settings(), context["params"]
        run_id, dry_run = (params["run_id"] or "").strip() or None, params["dry_run"]
        chunks, dead = self._queues(settings)
        if hidden := dead.state().depth.in_flight:
            self.log.warning(
                "About %s messages are hidden, because they were received a moment ago, as by a "
                "try that was killed: they are visible again within %s minutes; then trigger this "
                "again",
                hidden,
                HIDDEN_SECONDS // 60,
            )
        report = Redrive(self.store, settings, dead, chunks, run_id, dry_run).run()
        self.log.info("%s\n%s", dead.url, report.table(datetime.now(UTC)))
        if report.not_deleted:
            self.log.warning(
                "%s messages were not deleted, and come back: the next run drops or sends them, "
                "which does no harm",
                report.not_deleted,
            )
        summary = _summary(report, run_id, dry_run=dry_run)
        if dry_run:
            self.log.info("✓ Dry run, nothing was changed: %s", summary)
        else:
            self.log.info("✓ Redriven: %s", summary)
        note = f"{'Dry run' if dry_run else 'Redriven'}: {summary}"
        return {**_counts(report), "is_complete": report.is_complete, "note": note}

    def _queues(self, settings: "Settings") -> tuple[ChunkQueue, DeadLetterQueue]:
        client = sqs_hook(self.aws_conn_id).get_conn()
        chunks = ChunkQueue(client, url=settings.chunk_queue_url)
        dead = chunks.dead_letters(chunks.state())
        if dead is None:
            raise AirflowFailException(
                f"queue {settings.chunk_queue_url} has no dead-letter queue: clear check, and do "
                "as it says"
            )
        return chunks, DeadLetterQueue(client, url=dead.url)


def _counts(report: Report) -> Mapping[str, int]:
    return {
        "sent": report.actions[Action.SEND],
        "dropped": report.actions[Action.DROP],
        "left": report.actions[Action.LEAVE],
        "not_chosen": report.not_chosen,
    }


def _summary(report: Report, run_id: str | None, *, dry_run: bool) -> str:
    """What became of the messages, or would, in one line."""
    sent, dropped, left, others = _counts(report).values()
    of_run = f" of run {run_id}" if run_id else ""
    line = f"no message{of_run} in the dead-letter queue"
    if report.actions.total():
        would_be = " would be" if dry_run else ""
        line = (
            f"{sent:,} message{'s' * (sent != 1)}{of_run}{would_be} sent again, "
            f"{dropped:,} dropped, {left:,} left"
        )
    if run_id:
        line += f"; {others:,} of other runs"
    if not report.is_complete:
        line += ". Not all were looked at: trigger it again"
    return line
