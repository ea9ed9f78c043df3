"""The wait task: until every chunk of the run has its receipt."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, override

from airflow.sdk.exceptions import AirflowSensorTimeout, TaskDeferralTimeout

from collage_airflow.operators.deferral import NO_TRIGGERER, TRIGGERER_SLACK
from collage_airflow.operators.run_operator import RunOperator
from collage_airflow.triggers.receipts import ReceiptsTrigger
from collage_core.errors import SettingError

if TYPE_CHECKING:
    from airflow.sdk import Context

_LEAST_POLL_SECONDS = 15
_MOST_NAMED_CHUNKS = 10


class WaitOperator(RunOperator):
    """Looks once, and unless all is done defers to ReceiptsTrigger.

    Args:
        timeout: the longest wait, from the first deferral on. Another try has what is left of
            it; clearing a task of the DAG run gives all of it anew.
        poll_seconds: the trigger's pause between looks, at least 15. An event that comes before
            Airflow has written down that the task is deferred, which takes it seconds, can fail
            the task.

    Raises AirflowSensorTimeout, which is final, naming the chunks without a receipt.
    """

    def __init__(
        self,
        *,
        timeout: timedelta = timedelta(hours=12),
        poll_seconds: float = _LEAST_POLL_SECONDS,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if poll_seconds < _LEAST_POLL_SECONDS:
            raise SettingError(
                f"poll_seconds of task {self.task_id} is {poll_seconds}: it must be at least "
                f"{_LEAST_POLL_SECONDS}, as an event may else overtake the deferral"
            )
        self.timeout = timeout
        self.poll_seconds = poll_seconds

    @override
    def execute(self, context: "Context") -> None:
        run = self.open_run()
        missing = [chunk.chunk_id for chunk in run.unfinished()]
        if missing:
            deadline = self._deadline(context)
            left = deadline - _now()
            if left > timedelta(0):
                pause = timedelta(seconds=self.poll_seconds)
                self.defer(
                    trigger=ReceiptsTrigger(
                        bucket=run.settings.temp_bucket,
                        run_id=self.run_id,
                        deadline=deadline.isoformat(),
                        poll_seconds=self.poll_seconds,
                        aws_conn_id=self.aws_conn_id,
                    ),
                    method_name=self.resume.__name__,
                    timeout=left + pause + TRIGGERER_SLACK,
                )
        self._end(missing)

    def resume(self, _context: "Context", event: dict[str, Any]) -> None:
        """Called with the trigger's event."""
        self._end(event["missing"])

    @override
    def resume_execution(
        self, next_method: str, next_kwargs: dict[str, Any] | None, context: "Context"
    ) -> None:
        """Called by Airflow after a deferral; `next_method` says how that ended."""
        try:
            super().resume_execution(next_method, next_kwargs, context)
        except TaskDeferralTimeout:
            self.log.warning("%s", NO_TRIGGERER)
            missing = self.open_run().unfinished()
            self._end([chunk.chunk_id for chunk in missing], why=f" And {NO_TRIGGERER}.")

    def _deadline(self, context: "Context") -> datetime:
        """The same at every try; Airflow counts how often a task of the DAG run was cleared."""
        remembered = context["task_state_store"]
        key = f"deadline-{context['dag_run'].clear_number}"
        if (known := remembered.get(key)) is not None:
            return datetime.fromisoformat(str(known))
        deadline = _now() + self.timeout
        remembered.set(key, deadline.isoformat())
        return deadline

    def _end(self, missing: Sequence[str], *, why: str = "") -> None:
        """Succeed if nothing is missing, or raise AirflowSensorTimeout with what is to be done."""
        if missing:
            named = ", ".join(missing[:_MOST_NAMED_CHUNKS])
            more = len(missing) - _MOST_NAMED_CHUNKS
            raise AirflowSensorTimeout(
                f"{len(missing)} chunks of run {self.run_id} have no receipt after "
                f"{self.timeout}: {named}{f' and {more} more' * (more > 0)}. "
                "Look for their messages in the dead-letter queue of the chunk queue and for "
                "their chunk_id in the function's log; redrive them, then clear this task. "
                f"Clearing dispatch as well sends them anew.{why}"
            )
        self.log.info("✓ Every chunk of run %s has its receipt", self.run_id)


def _now() -> datetime:
    return datetime.now(UTC)
