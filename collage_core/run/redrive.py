"""Sends the messages of the dead-letter queue to the workers again, those that can be of use.

A message is sent before it is deleted, so none is lost, whenever this is killed: the worst is a
message that is sent twice, and a chunk that is sent twice is done once. What stays in the queue is
unchanged, and visible again when this ends.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from collage_core.aws.chunk_queue import ChunkQueue, QueueError
from collage_core.aws.dead_letters import DeadLetter, DeadLetterQueue, TooManyHiddenError
from collage_core.aws.s3_store import S3Store
from collage_core.run.redrive_judge import Action, Judge
from collage_core.run.redrive_kinds import Asked
from collage_core.run.redrive_report import Report
from collage_core.settings import Settings

log = logging.getLogger(__name__)

LONGEST_SECONDS: Final = 600.0
"""How long messages are received: by then the first of them are still hidden, so none comes twice.
Enough for 100,000 messages on AWS, a few requests for each ten."""

_EMPTY_RECEIVES: Final = 3
"""So many in a row mean that the queue has no more messages. How many SQS says that there are is an
approximation, so that number ends nothing."""

_MOST_HELD: Final = 110_000
"""Messages that are kept hidden until the end, about 70 MB of names and handles. SQS itself hides
120,000 at most."""

_PROGRESS_SECONDS: Final = 30.0


@dataclass(slots=True)
class Redrive:
    """One pass over the dead-letter queue `dead`, to the queue `chunks`."""

    store: S3Store
    settings: Settings
    dead: DeadLetterQueue
    chunks: ChunkQueue
    run_id: str | None
    """The run whose messages are chosen; None: all."""
    dry_run: bool
    """Whether nothing is sent, and nothing is deleted in the queue or the bucket."""
    longest_seconds: float = LONGEST_SECONDS
    clock: Callable[[], float] = time.monotonic
    report: Report = field(default_factory=Report)
    _held: dict[str, str] = field(default_factory=dict)
    """The handles of messages that stay in the queue, by message."""

    def run(self) -> Report:
        """Look at all messages, and do what is to be done with each.

        It may be repeated, and goes on with what is left. Raises QueueError and S3Error; what was
        hidden is visible again by then, unless SQS refuses that, too.
        """
        judge = Judge(self.store, self.settings)
        try:
            self._look_at_all(judge)
        finally:
            self._release()
        return self.report

    def _look_at_all(self, judge: Judge) -> None:
        began = told = self.clock()
        empty = 0
        while empty < _EMPTY_RECEIVES:
            now = self.clock()
            if now - began >= self.longest_seconds or len(self._held) >= _MOST_HELD:
                self.report.is_complete = False
                return
            if now - told >= _PROGRESS_SECONDS:
                told = now
                log.info("%s messages so far", f"{self.report.messages:,}")
            try:
                letters = self.dead.receive()
            except TooManyHiddenError:
                self.report.is_complete = False
                return
            empty = 0 if letters else empty + 1
            self._deal_with(letters, judge)

    def _deal_with(self, letters: Sequence[DeadLetter], judge: Judge) -> None:
        """Judge some messages, send those that are to be sent, and delete what is not wanted."""
        # SQS may deliver a message twice: it is counted once, and its newest handle is good.
        by_id = {letter.message_id: letter for letter in letters}
        new = [letter for name, letter in by_id.items() if name not in self._held]
        self._held |= {name: letter.handle for name, letter in by_id.items()}
        to_send: list[tuple[DeadLetter, Asked]] = []
        to_delete: list[DeadLetter] = []
        for letter in new:
            asked = Asked.of(letter.body)
            if self.run_id is not None and asked.run_id != self.run_id:
                self.report.add_not_chosen(asked)
                continue
            verdict = judge.judge(asked)
            self.report.add(letter, asked, verdict)
            if self.dry_run or verdict.action is Action.LEAVE:
                continue
            to_delete.append(letter)
            if verdict.action is Action.SEND:
                to_send.append((letter, asked))
        if to_send:
            self._send(to_send)
        self.report.not_deleted += self.dead.delete(letter.handle for letter in to_delete)
        for letter in to_delete:
            del self._held[letter.message_id]

    def _send(self, letters: Sequence[tuple[DeadLetter, Asked]]) -> None:
        """Send messages after what is known of their failure is removed.

        Otherwise a task that waits for their chunks would take it for the end of the new messages.
        """
        failed = [key for _, asked in letters for key in asked.failed]
        self.store.delete_keys(self.settings.temp_bucket, failed)
        self.chunks.send_bodies(letter.body for letter, _ in letters)

    def _release(self) -> None:
        """Make what stays in the queue visible again."""
        try:
            refused = self.dead.release(self._held.values())
        except QueueError as error:
            # Raised, it would hide what has ended the work.
            log.warning("Messages that were left are hidden for some minutes more: %s", error)
        else:
            if refused:
                log.warning("%d messages are hidden for some minutes more", refused)
