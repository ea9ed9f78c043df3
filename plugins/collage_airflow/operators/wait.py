"""The wait task: waits until every chunk of the run has its receipt."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn, override

from airflow.sdk.exceptions import AirflowFailException, AirflowSensorTimeout

from collage_airflow.operators.deferrable_operator import NO_TRIGGERER, DeferrableOperator, now
from collage_airflow.operators.run_operator import RunOperator
from collage_airflow.triggers.receipts import ReceiptsTrigger
from collage_core.errors import SettingError
from collage_core.run.failed_messages import failed_messages, in_words

if TYPE_CHECKING:
    from airflow.sdk import Context

_LEAST_INTERVAL = 15
_MOST_NAMED_CHUNKS = 10


class WaitOperator(DeferrableOperator, RunOperator):
    """Looks once, and defers to ReceiptsTrigger unless all chunks are done.

    Args:
        timeout: the longest wait, from the first deferral on. A retry has what is left of it; after
            a task of the DAG run is cleared, the whole time is available again.
        poke_interval: seconds between two looks of the trigger, at least 15. Airflow needs seconds
            to store that a task is deferred. An event that comes before can fail the task.

    Raises AirflowSensorTimeout, which is final, naming the chunks without a receipt. Does not wait
    for chunks whose messages have failed for good: when no others are left, it raises
    AirflowFailException with the reasons.
    """

    def __init__(
        self,
        *,
        timeout: timedelta = timedelta(hours=12),
        poke_interval: float = _LEAST_INTERVAL,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if poke_interval < _LEAST_INTERVAL:
            raise SettingError(
                f"poke_interval of task {self.task_id} is {poke_interval}: it must be at least "
                f"{_LEAST_INTERVAL}, or an event may come before the task is deferred"
            )
        self.timeout = timeout
        self.poke_interval = poke_interval

    @override
    def execute(self, context: "Context") -> None:
        run = self.open_run()
        missing = [chunk.chunk_id for chunk in run.unfinished()]
        if missing:
            deadline = self._deadline(context)
            left = deadline - now()
            if left > timedelta(0):
                pause = timedelta(seconds=self.poke_interval)
                self.defer_to(
                    ReceiptsTrigger(
                        bucket=run.settings.temp_bucket,
                        run_id=self.run_id,
                        deadline=deadline.isoformat(),
                        poke_interval=self.poke_interval,
                        aws_conn_id=self.aws_conn_id,
                        since=_sent_since(context),
                    ),
                    at_most=left + pause,
                )
        self._end(missing)

    def execute_complete(self, context: "Context", event: dict[str, Any]) -> None:
        """End the task; the trigger's event names the missing chunks."""
        del context
        if event.get("in_vain"):
            self._give_up(event["missing"])
        self._end(event["missing"])

    @override
    def execute_without_triggerer(self, context: "Context") -> None:
        del context
        missing = self.open_run().unfinished()
        self._end([chunk.chunk_id for chunk in missing], why=f" And {NO_TRIGGERER}.")

    def _deadline(self, context: "Context") -> datetime:
        """The same for every try, until a task of the DAG run is cleared, which Airflow counts."""
        remembered = context["task_state_store"]
        key = f"deadline-{context['dag_run'].clear_number}"
        if (known := remembered.get(key)) is not None:
            return datetime.fromisoformat(str(known))
        deadline = now() + self.timeout
        remembered.set(key, deadline.isoformat())
        return deadline

    def _give_up(self, missing: Sequence[str]) -> NoReturn:
        raise AirflowFailException(
            f"{len(missing)} chunks of run {self.run_id} can get no receipt, because their "
            f"messages failed for good: {self._reasons(missing)}. Do as that says. If it names no "
            "task to clear, clear dispatch afterwards, which sends these chunks again"
        )

    def _reasons(self, missing: Sequence[str]) -> str:
        """Why messages of these chunks failed for good; empty if none did."""
        try:
            run = self.open_run()
            return in_words(failed_messages(run, missing), run.settings.temp_bucket)
        except Exception:
            self.log.warning("What the workers say of these chunks cannot be read", exc_info=True)
            return ""

    def _end(self, missing: Sequence[str], *, why: str = "") -> None:
        """Succeed if nothing is missing, or raise AirflowSensorTimeout that says what to do."""
        if missing:
            named = ", ".join(missing[:_MOST_NAMED_CHUNKS])
            more = len(missing) - _MOST_NAMED_CHUNKS
            reasons = self._reasons(missing)
            known = f"Some of their messages failed for good: {reasons}. " if reasons else ""
            raise AirflowSensorTimeout(
                f"{len(missing)} chunks of run {self.run_id} have no receipt after "
                f"{self.timeout}: {named}{f' and {more} more' * (more > 0)}. {known}"
                "Look for their chunk_id in the function's log, and see that the queue calls the "
                "function. Then clear dispatch, which sends these chunks again; what is done of "
                f"them stays done.{why}"
            )
        self.log.info("✓ Every chunk of run %s has its receipt", self.run_id)


def _sent_since(context: "Context") -> str:
    """When the DAG run began, or was last cleared after it had ended.

    What failed before that has been redriven or sent again, or it would fail again.
    """
    begun = context["dag_run"].start_date
    return "" if begun is None else begun.isoformat()
