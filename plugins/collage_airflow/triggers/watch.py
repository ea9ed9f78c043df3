"""What a look at a run gives: lines for the task's log, and an event if something is to be done."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from collage_airflow.triggers.lines import RareLines, creators, failed_in_words, killed_in_words
from collage_airflow.triggers.run_folder import RunFolder
from collage_core.aws.queue_state import QueueState
from collage_core.contract.failed_message import FailedMessage
from collage_core.contract.manifest import Manifest
from collage_core.run.heal import Diagnosis, Scene, Sending, diagnose
from collage_core.run.progress import Look, Progress

_MOST_READ = 100
"""Documents of failed attempts that are read at one look."""

_MOST_NAMED = 20
"""Killed workers whose documents are read at one look, and chunks that an event names."""

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Watch:
    """Remembers what was seen of a run, so that only what is new is read and logged."""

    manifest: Manifest
    deadline: datetime
    """When the wait is over."""
    since: datetime
    """What failed for good before that does not count."""
    sending: Sending | None
    """What was sent; None: nothing is healed."""
    stale_seconds: float
    """The age of a worker's document from which on it counts as dead."""
    ask_queue: Callable[[], Awaitable[QueueState]]
    stopped: Callable[[], Awaitable[str | None]]
    """Says why the run is stopped; None if it is not."""
    named_until: datetime | None
    """What was written before is not named again; None: all is."""
    log: Any
    """The task's log."""
    is_invoked: bool = False
    """Whether the chunks were sent as invocations of the function."""
    progress: Progress | None = None
    """As of the last look."""
    _failed: dict[str, FailedMessage] = field(default_factory=dict)
    _read: dict[str, datetime] = field(default_factory=dict)
    """When the documents in `_failed` were written."""
    _killed: dict[str, datetime] = field(default_factory=dict)
    """When workers last wrote that were killed, for those that were read."""
    _under_way: dict[str, Sequence[str]] = field(default_factory=dict)
    """The creators of these chunks that were begun and not done."""
    _given_up: dict[str, str] = field(default_factory=dict)
    """Chunks that were sent again as often as they may be, and how they failed."""
    _named: dict[str, str] = field(default_factory=dict)
    _lines: RareLines = field(default_factory=RareLines)

    async def look(self, folder: RunFolder) -> dict[str, Any] | None:
        """Look once; the event, or None if the wait goes on.

        An event has `missing`, the chunks without a receipt; `in_vain`, whether none of them can
        get one; `again`, those to be sent again, and `given_up`, those that were sent again as
        often as they may be, both with the reason of each; `stopped`, the reason or None;
        `progress`; `named`, the lines of the chunks that were named; and `looked_at`, for
        `named_until`.
        """
        look = await folder.look(self.manifest)
        self._note_progress(look)
        missing = look.missing(self.manifest)
        reason = await self.stopped() if missing else None
        found = Diagnosis({}, {}, {})
        if missing and reason is None:
            scene = await self._scene(folder, look)
            await self._name_killed(folder, scene)
            found = diagnose(scene)
            self._name_given_up(found, look)
            self._lines.say("hint", found.hint, self.log.warning)
        in_vain = bool(missing) and (found.failed.keys() | found.given_up.keys()) >= {*missing}
        over = datetime.now(UTC) >= self.deadline
        if missing and not (reason or found.again or in_vain or over):
            return None
        return {
            "missing": missing,
            "in_vain": in_vain,
            "again": dict(found.again),
            "given_up": self._given_up,
            "stopped": reason,
            "progress": None if self.progress is None else self.progress.to_json(),
            "named": dict(list(self._named.items())[-_MOST_NAMED:]),
            "looked_at": look.at.isoformat(),
        }

    def _note_progress(self, look: Look) -> None:
        self.progress = progress = Progress.of(
            self.manifest,
            look,
            began=look.at if self.sending is None else self.sending.began,
            stale_seconds=self.stale_seconds,
        )
        key = f"{progress.done}, {progress.failing}"
        self._lines.say("progress", progress.in_words, self.log.info, key=key)

    async def _scene(self, folder: RunFolder, look: Look) -> Scene:
        await self._read_failed(folder, look)
        scene = Scene(
            self.manifest,
            look,
            self._failed,
            self.sending or Sending(_NEVER, 0),
            self.stale_seconds,
            self.since,
            is_invoked=self.is_invoked,
        )
        asks = self.sending is not None and scene.asks_the_queue
        return replace(scene, queue=await self._queue()) if asks else scene

    async def _queue(self) -> QueueState | None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return await self.ask_queue()
        except (BotoCoreError, ClientError) as error:
            line = f"The queue cannot be asked: {error}"
            self._lines.say("queue", line, self.log.warning)
            return None

    async def _read_failed(self, folder: RunFolder, look: Look) -> None:
        """Read the documents that are new, and name the chunks that failed more than once."""
        new = [
            each
            for each, modified in look.failed.items()
            if each not in look.receipts and self._read.get(each) != modified
        ][:_MOST_READ]
        found = await folder.failed_messages(new)
        for chunk_id in new:
            self._read[chunk_id] = look.failed[chunk_id]
            if (message := found.get(chunk_id)) is not None:
                self._failed[chunk_id] = message
                self._under_way[chunk_id] = message.under_way
                line = failed_in_words(chunk_id, message, self.sending)
                self._name(chunk_id, line, look.failed[chunk_id])

    async def _name_killed(self, folder: RunFolder, scene: Scene) -> None:
        """Read and name the workers that were killed since the last look."""
        if self.sending is None:
            return
        new = {
            each: scene.look.working[each]
            for each in scene.idle
            if scene.killed(each) and self._killed.get(each) != scene.look.working[each]
        }
        told = await folder.chunks_at_work(list(new)[:_MOST_NAMED])
        for chunk_id, worker in told.items():
            self._killed[chunk_id] = new[chunk_id]
            self._under_way[chunk_id] = worker.under_way
            line = killed_in_words(chunk_id, worker, self.sending)
            self._name(chunk_id, line, new[chunk_id])

    def _name_given_up(self, found: Diagnosis, look: Look) -> None:
        """Name the chunks that only a person can help; the others go on."""
        before, self._given_up = (
            self._given_up,
            {
                each: why + creators(self._under_way.get(each, ()))
                for each, why in found.given_up.items()
            },
        )
        for chunk_id, why in self._given_up.items():
            if chunk_id not in before:
                self._name(chunk_id, f"Chunk {chunk_id} is given up: {why}", look.at)

    def _name(self, chunk_id: str, line: str | None, modified: datetime) -> None:
        if line is not None and (self.named_until is None or modified >= self.named_until):
            self._named.pop(chunk_id, None)
            self._named[chunk_id] = line
            self.log.warning("%s", line)
