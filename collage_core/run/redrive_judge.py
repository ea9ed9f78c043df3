"""What is done with a message of the dead-letter queue, and why.

A chunk that is done, or in no plan of its run any more, is not sent again: a worker would find
nothing to do. A run of a CSV from outside is different, because its workers close it: until it is
finished, each of its messages may be the one that does.
"""

from collections import defaultdict
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, Self

from collage_core.aws.s3_store import S3Store
from collage_core.contract.message import ChunkMessage
from collage_core.contract.stop import Stop
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.finish import is_finished
from collage_core.run.ordered_csv import is_ordered_copy
from collage_core.run.redrive_kinds import Asked, Kind
from collage_core.run.run import Run, missing_chunks
from collage_core.run.stop import stopped
from collage_core.settings import Settings

_MOST_RUNS: Final = 200
"""Runs that are remembered, each with the ids of its chunks: at most 0.2 MB. Messages of one run
mostly come together; a run that was forgotten is looked at again."""


class Action(StrEnum):
    """What is done with a message."""

    SEND = "send again"
    """It is sent to the queue that feeds the workers, then deleted here."""
    DROP = "drop"
    """It is deleted: it asks for nothing any more."""
    LEAVE = "leave"
    """It stays as it is."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done, and why: the reason is the same for all messages of a run that it holds for."""

    action: Action
    reason: str


@dataclass(frozen=True, slots=True)
class _RunState:
    """A run as it was when its first message was judged."""

    trouble: str | None = None
    """Why nothing can be said of it; None if all is known."""
    is_planned: bool = False
    """Whether it has a manifest."""
    is_from_outside: bool = False
    is_finished: bool = False
    """Whether a run from outside is closed."""
    chunks: AbstractSet[str] = frozenset()
    """The ids of its chunks."""
    missing: AbstractSet[str] = frozenset()
    """Those without a receipt."""

    @classmethod
    def of(cls, store: S3Store, settings: Settings, run_id: str) -> Self:
        """Ask the store: three requests, and one more for each 1000 objects of the run."""
        try:
            run = Run.find(store, settings, run_id)
            present = frozenset(store.list_keys(settings.temp_bucket, keys.run_folder(run_id)))
            if keys.planning(run_id) in present:
                return cls(trouble="the run is being planned again: when that has ended, redrive")
            if run is None:
                return cls()
            manifest = run.manifest
            is_from_outside = is_ordered_copy(manifest.source, settings, run_id)
            return cls(
                is_planned=True,
                is_from_outside=is_from_outside,
                is_finished=is_from_outside and is_finished(run),
                chunks=frozenset(chunk.chunk_id for chunk in manifest.chunks),
                missing=frozenset(chunk.chunk_id for chunk in missing_chunks(manifest, present)),
            )
        except MessageError as error:
            return cls(trouble=f"what is kept of the run cannot be read: {error}")


class Judge:
    """Says what is done with each message of one redrive.

    Each run is looked at once. What changes meanwhile does no harm: a worker looks again before it
    works on a chunk, and `dispatch` sends whatever has no receipt.
    """

    def __init__(self, store: S3Store, settings: Settings) -> None:
        self._state = lru_cache(_MOST_RUNS)(lambda run_id: _RunState.of(store, settings, run_id))
        self._stop = lru_cache(_MOST_RUNS)(lambda run_id: stopped(store, settings, run_id))
        self._sent: dict[str, set[str]] = defaultdict(set)

    def judge(self, asked: Asked) -> Verdict:
        """What is done with a message. Raises S3Error when the store does not answer."""
        if asked.kind is Kind.UNKNOWN:
            return Verdict(
                Action.LEAVE,
                "it asks for nothing that this release knows: look at it in the console of SQS",
            )
        verdict = self._of_run(asked)
        stop: Stop | None = None
        if verdict.action is Action.SEND:
            stop = self._stop(asked.run_id)
        if stop is not None:
            what = "all runs are" if stop.run_id is None else "the run is"
            return Verdict(Action.LEAVE, f"{what} stopped since {stop.since}: {stop.reason}")
        if verdict.action is Action.SEND and asked.chunk is not None:
            self._sent[asked.chunk.run_id].add(asked.chunk.chunk_id)
        return verdict

    def _of_run(self, asked: Asked) -> Verdict:
        if asked.run_id is None:
            return Verdict(Action.SEND, "a CSV whose run is finished is left alone by the function")
        state = self._state(asked.run_id)
        if state.trouble is not None:
            return Verdict(Action.LEAVE, state.trouble)
        if state.is_finished:
            return Verdict(Action.DROP, "its run is finished")
        if asked.chunk is not None:
            return self._of_chunk(asked.chunk, state)
        if state.is_planned:
            return Verdict(Action.SEND, "its run is not finished")
        return Verdict(Action.SEND, "no run of it is in the temp bucket: it becomes one")

    def _of_chunk(self, chunk: ChunkMessage, state: _RunState) -> Verdict:
        if chunk.chunk_id in self._sent[chunk.run_id]:
            return Verdict(Action.DROP, "another message of the same chunk is sent again")
        if not state.is_planned:
            return self._without_plan(chunk)
        if state.is_from_outside:
            return Verdict(Action.SEND, "its run is not closed, which its workers do")
        if chunk.chunk_id not in state.chunks:
            return Verdict(Action.DROP, "its run was planned again without this chunk")
        if chunk.chunk_id not in state.missing:
            return Verdict(Action.DROP, "the chunk has its receipt")
        return Verdict(Action.SEND, "the chunk has no receipt")

    def _without_plan(self, chunk: ChunkMessage) -> Verdict:
        # One of an older release, or one that a person has written, needs no plan.
        if chunk.rows_sha256 is None:
            return Verdict(Action.SEND, "its run has no manifest, and the message needs none")
        return Verdict(
            Action.DROP,
            "its run has no manifest any more: it has expired, or was deleted. Start the run again",
        )
