"""The states of a run, as its objects show them, in the words of a person."""

from enum import StrEnum


class RunState(StrEnum):
    """What a run is at. A run that is closed has the status of its summary."""

    UNKNOWN = "unknown"
    NOT_PLANNED = "not planned"
    PLANNING_AGAIN = "planned again"
    PLANNED = "planned"
    WORKING = "working"
    WAITING = "waiting"
    STOPPED = "stopped"
    DONE = "done"
    EMPTY = "empty"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    TOO_MANY_FAILED = "too many failed"
    RECORDED = "recorded"
    UNREADABLE = "unreadable"

    @property
    def in_words(self) -> str:
        """One sentence without a full stop."""
        return _WORDS[self]

    @property
    def is_closed(self) -> bool:
        """Whether its books are closed, and it has a summary."""
        return self in _CLOSED

    @property
    def is_moving(self) -> bool:
        """Whether it may be in another state soon without a person doing anything."""
        return self in _MOVING


_CLOSED = {
    RunState.EMPTY,
    RunState.COMPLETE,
    RunState.PARTIAL,
    RunState.FAILED,
    RunState.TOO_MANY_FAILED,
}
_MOVING = {
    RunState.NOT_PLANNED,
    RunState.PLANNING_AGAIN,
    RunState.PLANNED,
    RunState.WORKING,
    RunState.WAITING,
    RunState.DONE,
}

_WORDS = {
    RunState.UNKNOWN: "No bucket has anything of this run",
    RunState.NOT_PLANNED: "The run has begun, and has no plan yet",
    RunState.PLANNING_AGAIN: (
        "The run is being planned again; if extract is not running, that has failed half-way: "
        "clear extract"
    ),
    RunState.PLANNED: (
        "The run is planned, and no worker has begun: it is not sent yet, waits for approval, or "
        "waits in the queue"
    ),
    RunState.WORKING: "Workers are at the run",
    RunState.WAITING: "A part is done, and no worker is at the rest",
    RunState.STOPPED: "Somebody has stopped the run; what is done stays done",
    RunState.DONE: "All chunks are done, and the books are not closed yet",
    RunState.EMPTY: "The run is closed: it had no rows",
    RunState.COMPLETE: "The run is closed, and every collage is complete",
    RunState.PARTIAL: "The run is closed, and some covers are missing",
    RunState.FAILED: "The run is closed, and no cover was placed",
    RunState.TOO_MANY_FAILED: "The run has failed: more covers failed than is tolerated",
    RunState.RECORDED: (
        "The run has a record and no summary: its closing was cut off; clear reconcile"
    ),
    RunState.UNREADABLE: "This release cannot read what the buckets have of this run",
}
