"""The lines of a wait in the task's log: which chunk failed how, and what is done about it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from collage_core.contract.chunk_at_work import ChunkAtWork
from collage_core.contract.failed_message import FailedMessage
from collage_core.run.heal import Sending

_SAME_LINE_AFTER = timedelta(minutes=5)
"""A line that says the same again is logged after so long."""


def failed_in_words(chunk_id: str, message: FailedMessage, sending: Sending | None) -> str | None:
    """A chunk that failed for good, or again; None for a first failure, which may be chance."""
    if message.final:
        return f"Chunk {chunk_id} failed for good: {message.reason}"
    if (message.attempt or 1) < 2:
        return None
    return (
        f"Chunk {chunk_id} failed {message.attempt} times, last with {message.error}: "
        f"{message.reason}{creators(message.under_way)}. Its message comes back by itself; when it "
        f"does not, the chunk is sent again{_round(chunk_id, sending)}"
    )


def killed_in_words(chunk_id: str, worker: ChunkAtWork, sending: Sending) -> str:
    """A chunk whose worker was killed."""
    before = f", {worker.deaths} died there before" if worker.deaths else ""
    return (
        f"The worker at chunk {chunk_id} was killed (invocation {worker.invocation_id}{before})"
        f"{creators(worker.under_way)}. The chunk is sent again{_round(chunk_id, sending)}; what "
        "is done of it stays done"
    )


def creators(names: Iterable[str]) -> str:
    """Who was begun and not done, for the end of a sentence."""
    listed = ", ".join(names)
    return f", while it worked on {listed}" if listed else ""


def _round(chunk_id: str, sending: Sending | None) -> str:
    if sending is None:
        return ""
    if not sending.may_again(chunk_id):
        return f", but not by this wait any more: HEAL_ROUNDS is {sending.rounds}"
    return f" (round {sending.times(chunk_id) + 1} of {sending.rounds})"


@dataclass(slots=True)
class RareLines:
    """Logs a line of a kind when its key is another one than the last time, or after minutes."""

    _last: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def say(self, kind: str, line: str | None, log: Callable[..., Any], *, key: str = "") -> None:
        """Log the line with `log`, if it is not None and not too soon."""
        now = datetime.now(UTC)
        last = self._last.get(kind)
        if line is not None and (
            last is None or last[0] != key or now - last[1] >= _SAME_LINE_AFTER
        ):
            self._last[kind] = (key, now)
            log("%s", line)
