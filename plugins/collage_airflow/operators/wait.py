"""The wait task: waits until every chunk has its receipt, and sends again what stands still."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn, override

from airflow.sdk.exceptions import AirflowFailException, AirflowSensorTimeout

from collage_airflow.operators.deferrable_operator import NO_TRIGGERER, DeferrableOperator, now
from collage_airflow.operators.sending_operator import SendingOperator
from collage_airflow.run_links import CollagesLink
from collage_airflow.stop_variable import read_stop_variable, why_stopped
from collage_airflow.triggers.receipts import ReceiptsTrigger
from collage_core.aws.s3_store import S3Store
from collage_core.errors import SettingError
from collage_core.run.dispatch import send_again
from collage_core.run.failed_messages import failed_messages, in_words
from collage_core.run.heal import Sending
from collage_core.run.progress import named
from collage_core.run.run import Run
from collage_core.run.stop import keep_stopped, stopped

if TYPE_CHECKING:
    from airflow.sdk import Context

_LEAST_INTERVAL = 15
_MOST_LINES = 10
_MOST_REASONS = 3
_CLEAR_DISPATCH = "clear dispatch, which sends these chunks again; what is done of them stays done"


class WaitOperator(DeferrableOperator, SendingOperator):
    """Looks once, and defers to ReceiptsTrigger unless all chunks are done.

    Whenever the trigger finds chunks that no worker will come to by itself, they are sent again, at
    most `HEAL_ROUNDS` times each, and the task is deferred again until the same deadline. What was
    sent again, and the deadline, are remembered from try to try, until a task of the DAG run is
    cleared. XCom `progress` says how far the run was when the task last worked.

    Args:
        timeout: the longest wait, from the first deferral on. A retry has what is left of it; after
            a task of the DAG run is cleared, the whole time is available again.
        poke_interval: seconds between two looks of the trigger, at least 15. Airflow needs seconds
            to store that a task is deferred. An event that comes before can fail the task.

    Raises AirflowSensorTimeout, which is final, naming the chunks without a receipt. Does not wait
    for chunks that can get none: when no others are left, it raises AirflowFailException with the
    reasons. The same ends the wait for a run that was stopped.
    """

    operator_extra_links = (CollagesLink(),)

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
        self._go_on(context, self.open_run())

    def execute_complete(self, context: "Context", event: dict[str, Any]) -> None:
        """Do what the trigger's event asks for, and wait on; or end the task."""
        missing, again = event["missing"], event.get("again", {})
        # Airflow keeps only the log of a task's last trigger.
        for line in [*event.get("named", {}).values()][-_MOST_LINES:]:
            self.log.warning("%s", line)
        if (reason := event.get("stopped")) is not None:
            self._push_progress(context, event)
            self._end_stopped(missing, reason)
        if not again:
            self._push_progress(context, event)
            if event.get("in_vain"):
                self._give_up(missing, event.get("given_up", {}))
            self._end(missing)
            return
        run = self.open_run()
        self._end_if_stopped(context, run, missing)
        self._send_again(context, run, again)
        self._push_progress(context, event)
        self._go_on(context, run, named_until=event.get("looked_at", ""))

    @override
    def execute_without_triggerer(self, context: "Context") -> None:
        del context
        missing = self.open_run().unfinished()
        self._end([chunk.chunk_id for chunk in missing], why=f" And {NO_TRIGGERER}.")

    def _go_on(self, context: "Context", run: Run[S3Store], *, named_until: str = "") -> None:
        """Wait as long as there is time and something is missing."""
        missing = [chunk.chunk_id for chunk in run.unfinished()]
        if not missing:
            total = len(run.manifest.chunks)
            self._push_progress(context, {"progress": {"done": total, "total": total}})
            self._end(missing)
            return
        self._end_if_stopped(context, run, missing)
        deadline = self._deadline(context)
        left = deadline - now()
        if left <= timedelta(0):
            self._end(missing)
        self.defer_to(
            ReceiptsTrigger(
                bucket=run.settings.temp_bucket,
                run_id=self.run_id,
                deadline=deadline.isoformat(),
                poke_interval=self.poke_interval,
                aws_conn_id=self.aws_conn_id,
                since=_sent_since(context),
                began=(deadline - self.timeout).isoformat(),
                rounds=run.settings.heal_rounds,
                sent_again=_sent_again(context),
                stale_seconds=run.settings.stale_seconds,
                queue_url=run.settings.chunk_queue_url,
                dag_run_id=context["dag_run"].run_id,
                named_until=named_until,
                is_invoked=self.is_invoked(context),
            ),
            at_most=left + timedelta(seconds=self.poke_interval),
        )

    def _deadline(self, context: "Context") -> datetime:
        """The same for every try, until a task of the DAG run is cleared, which Airflow counts."""
        remembered = context["task_state_store"]
        key = f"deadline-{context['dag_run'].clear_number}"
        if (known := remembered.get(key)) is not None:
            return datetime.fromisoformat(str(known))
        deadline = now() + self.timeout
        remembered.set(key, deadline.isoformat())
        return deadline

    def _send_again(self, context: "Context", run: Run[S3Store], why: Mapping[str, str]) -> None:
        """Send these chunks again, and remember that."""
        settings, before = run.settings, _sent_again(context)
        sent = send_again(run, self.sender(context, settings), why)
        sending = Sending.of_json(now(), settings.heal_rounds, before).with_again(sent, now())
        context["task_state_store"].set(_key_of_sent_again(context), sending.to_json())
        for chunk_id in sent[:_MOST_LINES]:
            self.log.warning(
                "Chunk %s is sent again, round %s of %s: %s",
                chunk_id,
                sending.times(chunk_id),
                settings.heal_rounds,
                why[chunk_id],
            )
        self.log.warning("Sent %s chunks again: %s", len(sent), named(sent))

    def _push_progress(self, context: "Context", event: Mapping[str, Any]) -> None:
        """Say how far the run is, how many messages were sent again, and which chunks failed."""
        if (progress := event.get("progress")) is not None:
            times = sum(times * len(chunks) for times, _, chunks in _sent_again(context))
            told = {**progress, "sent_again": times, "named": event.get("named", {})}
            context["ti"].xcom_push("progress", told)

    def _end_if_stopped(
        self, context: "Context", run: Run[S3Store], missing: Sequence[str]
    ) -> None:
        """End the task if no worker works on the run."""
        request = read_stop_variable()
        name = request.name_for((self.run_id, context["dag_run"].run_id))
        if name is not None:
            reason = why_stopped(name)
            which = None if request.stops_all else self.run_id
            keep_stopped(run.store, run.settings, which, reason)
            self._end_stopped(missing, reason)
        if (found := stopped(run.store, run.settings, self.run_id)) is not None:
            self._end_stopped(missing, found.reason)

    def _end_stopped(self, missing: Sequence[str], reason: str) -> NoReturn:
        raise AirflowFailException(
            f"run {self.run_id} is stopped, and {len(missing)} of its chunks have no receipt; what "
            f"is done stays done: {reason}"
        )

    def _give_up(self, missing: Sequence[str], given_up: Mapping[str, str]) -> NoReturn:
        failed = self._reasons([each for each in missing if each not in given_up])
        tried = [f"chunk {each}: {why}" for each, why in given_up.items()]
        more = len(tried) - _MOST_REASONS
        said = [failed] * bool(failed) + tried[:_MOST_REASONS] + [f"and {more} more"] * (more > 0)
        raise AirflowFailException(
            f"{len(missing)} chunks of run {self.run_id} can get no receipt, because their "
            f"messages failed for good: {'; '.join(said)}. Do as that says. If it names no task to "
            f"clear, {_CLEAR_DISPATCH}"
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
            reasons = self._reasons(missing)
            known = f"Some of their messages failed for good: {reasons}. " if reasons else ""
            raise AirflowSensorTimeout(
                f"{len(missing)} chunks of run {self.run_id} have no receipt after "
                f"{self.timeout}: {named(missing)}. {known}"
                "Look for their chunk_id in the function's log, and see that the queue calls the "
                f"function. Then {_CLEAR_DISPATCH}.{why}"
            )
        self.log.info("✓ Every chunk of run %s has its receipt", self.run_id)


def _key_of_sent_again(context: "Context") -> str:
    return f"sent_again-{context['dag_run'].clear_number}"


def _sent_again(context: "Context") -> list[Any]:
    """How often each chunk was sent again, and when it was last, as `Sending.to_json` has it."""
    remembered = context["task_state_store"].get(_key_of_sent_again(context))
    return remembered if isinstance(remembered, list) else []


def _sent_since(context: "Context") -> str:
    """When the DAG run began, or was last cleared after it had ended.

    What failed before that has been redriven or sent again, or it would fail again.
    """
    begun = context["dag_run"].start_date
    return "" if begun is None else begun.isoformat()
