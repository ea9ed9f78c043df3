"""One worker's attempt at a chunk, as the engine tells of it and asks it.

Whoever runs the engine may want to know which creators are under way, so that a death can be laid
to one of them; and may want the work to end at once.
"""

from typing import Protocol


class Attempt(Protocol):
    """Called from many threads. Offsets are those of creators in the bytes of the engine."""

    @property
    def is_careful(self) -> bool:
        """Whether one creator is to be done at a time, each saved before the next one begins."""

    @property
    def is_stopped(self) -> bool:
        """Whether the work is to end now, with what is done."""

    def is_set_aside(self, offset: int) -> bool:
        """Whether no cover of a creator is to be asked for, because workers have died at it."""

    def begin(self, offset: int, creator: str) -> None:
        """Called before anything is done for a creator. What it raises ends the work."""

    def end(self, offset: int) -> None:
        """Called when a creator is done."""


class Unwatched:
    """An attempt of which nobody wants to know."""

    is_careful = False
    is_stopped = False

    def is_set_aside(self, offset: int) -> bool:
        del offset
        return False

    def begin(self, offset: int, creator: str) -> None:
        """Nobody is told."""

    def end(self, offset: int) -> None:
        """Nobody is told."""


UNWATCHED = Unwatched()
