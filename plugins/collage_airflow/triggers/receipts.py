"""Waits for a run's receipts in Airflow's triggerer, which takes no worker slot."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from collage_airflow.stop_variable import MARKED_AS_FAILED, read_stop_variable, why_stopped
from collage_airflow.triggers.run_folder import RunFolder, ask_queue, open_run_folder
from collage_airflow.triggers.watch import Watch
from collage_core.contract.manifest import Manifest
from collage_core.run.heal import Sending

_MOST_FAILED_LOOKS = 20
"""Looks in a row that may fail: five minutes of S3."""

_SECONDS_TO_CLEAN_UP = 30.0
"""At the end of the triggerer nobody may answer any more."""

_FAILED = "failed"
"""Airflow's name of the state."""


class ReceiptsTrigger(BaseTrigger):
    """Fires when there is nothing left to wait for, when something is to be done, or at the end.

    At every look it lists what is there, and logs what has changed: what is done, and every chunk
    that failed a second time or whose worker was killed. It fires when all chunks have their
    receipt, when those without one can get none, when chunks have to be sent again, when the run is
    stopped, and when the time is up. The event is as `Watch` makes it. Of the run it writes nothing
    but the document that stops it: when the Variable `cover_collage_stop` names it, or its task is
    marked as failed.

    Args:
        bucket: the temp bucket.
        run_id: the run.
        deadline: ISO 8601 with a time zone. A time and not a duration, because a triggerer that
            restarts must not begin the wait again.
        poke_interval: seconds before each look. Also before the first one, because a trigger that
            fires as soon as it is created may fire before the task is deferred.
        aws_conn_id: Airflow connection for S3 and SQS.
        since: ISO 8601 with a time zone: messages that failed before were sent again since then.
            Without it, no message counts as failed.
        began: ISO 8601 with a time zone: when all chunks had been sent. Without it, nothing is
            healed: the task was deferred by a release that does not.
        rounds: how often a chunk may be sent again.
        sent_again: what was sent again so far, as `Sending.to_json` has it.
        stale_seconds: the age of a worker's document from which on it counts as dead.
        queue_url: the queue of chunk messages, which is asked when nothing is new.
        dag_run_id: by which the Variable may name the run, too.
        named_until: ISO 8601 with a time zone: what was written before is not named again.
        is_invoked: whether the chunks were sent as invocations of the function.
    """

    def __init__(  # noqa: PLR0913 - Airflow stores each of them by its name
        self,
        *,
        bucket: str,
        run_id: str,
        deadline: str,
        poke_interval: float,
        aws_conn_id: str,
        since: str = "",
        began: str = "",
        rounds: int = 0,
        sent_again: Sequence[Any] = (),
        stale_seconds: float = 75.0,
        queue_url: str = "",
        dag_run_id: str = "",
        named_until: str = "",
        is_invoked: bool = False,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.bucket = bucket
        self.run_id = run_id
        self.deadline = deadline
        self.poke_interval = poke_interval
        self.aws_conn_id = aws_conn_id
        self.since = since
        self.began = began
        self.rounds = rounds
        self.sent_again = sent_again
        self.stale_seconds = stale_seconds
        self.queue_url = queue_url
        self.dag_run_id = dag_run_id
        self.named_until = named_until
        self.is_invoked = is_invoked
        self._watch: Watch | None = None
        self._has_fired = False
        self._stop: asyncio.Task[None] | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "bucket": self.bucket,
                "run_id": self.run_id,
                "deadline": self.deadline,
                "poke_interval": self.poke_interval,
                "aws_conn_id": self.aws_conn_id,
                "since": self.since,
                "began": self.began,
                "rounds": self.rounds,
                "sent_again": list(self.sent_again),
                "stale_seconds": self.stale_seconds,
                "queue_url": self.queue_url,
                "dag_run_id": self.dag_run_id,
                "named_until": self.named_until,
                "is_invoked": self.is_invoked,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        from botocore.exceptions import BotoCoreError, ClientError

        failed_looks = 0
        async with open_run_folder(self.aws_conn_id, self.bucket, self.run_id) as folder:
            self._watch = watch = self._watch_over(folder, await folder.manifest())
            while True:
                await asyncio.sleep(self.poke_interval)
                try:
                    event = await watch.look(folder)
                except (BotoCoreError, ClientError) as error:
                    failed_looks += 1
                    if failed_looks >= _MOST_FAILED_LOOKS:
                        raise
                    self.log.warning("AWS was not to be asked, looking again soon: %s", error)
                    continue
                failed_looks = 0
                if event is not None:
                    self._has_fired = True
                    yield TriggerEvent(event)  # type: ignore[no-untyped-call]
                    return

    async def on_kill(self) -> None:
        """Called when a person has marked the deferred task as failed or succeeded, or cleared it.

        Only the first stops the run: who clears a task wants it to go on. Nor does a triggerer stop
        it that finds its trigger with another one, which Airflow reports in the same way.
        """
        await self._stopping()

    async def cleanup(self) -> None:
        """Called whenever the trigger ends. Sees to it that what a person has done has its effect.

        Airflow 3.3.1 cancels a trigger again each second, `on_kill` too. And it does not call that
        if the cancellation comes while a client of S3 is made: asgiref then raises another one.
        """
        if self._has_fired:
            return
        give_up_at = monotonic() + _SECONDS_TO_CLEAN_UP
        while (left := give_up_at - monotonic()) > 0:
            with suppress(asyncio.CancelledError):
                await asyncio.wait_for(self._stopping(), left)
                return

    def _stopping(self) -> Awaitable[None]:
        """Stops the run if that is meant, once, whoever is cancelled meanwhile."""
        if self._stop is None:
            self._stop = asyncio.create_task(self._stop_if_marked_as_failed())
        return asyncio.shield(self._stop)

    async def _stop_if_marked_as_failed(self) -> None:
        if await self._state_of_task() != _FAILED:
            return
        async with open_run_folder(self.aws_conn_id, self.bucket, self.run_id) as folder:
            await folder.keep_stopped(self.run_id, MARKED_AS_FAILED)
        progress = None if self._watch is None else self._watch.progress
        how_far = f", and {progress.in_words}" if progress else ""
        self.log.warning("Run %s is stopped%s: %s", self.run_id, how_far, MARKED_AS_FAILED)

    def _watch_over(self, folder: RunFolder, manifest: Manifest) -> Watch:
        never = datetime.max.replace(tzinfo=UTC)
        since = datetime.fromisoformat(self.since) if self.since else never
        began = datetime.fromisoformat(self.began) if self.began else None
        return Watch(
            manifest,
            deadline=datetime.fromisoformat(self.deadline),
            since=since,
            sending=None if began is None else Sending.of_json(began, self.rounds, self.sent_again),
            stale_seconds=self.stale_seconds,
            stopped=partial(self._stopped, folder),
            ask_queue=partial(ask_queue, self.aws_conn_id, self.queue_url),
            named_until=datetime.fromisoformat(self.named_until) if self.named_until else None,
            log=self.log,
            is_invoked=self.is_invoked,
        )

    async def _stopped(self, folder: RunFolder) -> str | None:
        """Why the run is stopped; None if it is not. What the Variable says is written through."""
        request = await asyncio.to_thread(read_stop_variable)
        name = request.name_for((self.run_id, self.dag_run_id))
        if name is None:
            return await folder.stop_reason()
        reason = why_stopped(name)
        await folder.keep_stopped(None if request.stops_all else self.run_id, reason)
        return reason

    async def _state_of_task(self) -> str | None:
        """The present state of the task of this trigger, in Airflow."""
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

        task = self.task_instance
        if task is None:
            return None
        states = await asyncio.to_thread(
            RuntimeTaskInstance.get_task_states,
            dag_id=task.dag_id,
            task_ids=[task.task_id],
            run_ids=[task.run_id],
        )
        state = states.get(task.run_id, {}).get(task.task_id)
        return None if state is None else str(state)
