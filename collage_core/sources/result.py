"""What comes of fetching a cover: its bytes, or the reason why there are none."""

from contextlib import ExitStack
from dataclasses import dataclass, field

from collage_core.sources.http.answers.recorder import Answer


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server answered with, decompressed; nothing is known about it yet."""

    body: bytes
    room: ExitStack = field(default_factory=ExitStack, compare=False, repr=False)
    """To be closed when the body is done with: it gives the room that it takes back to the other
    downloads."""
    answer: Answer | None = field(default=None, compare=False)
    """Where `body` comes from; None unless the fetcher keeps answers."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is nothing: a word of the vocabulary of `reasons`."""

    reason: str
    answer: Answer | None = field(default=None, compare=False)
    """A 2xx that it failed after; None for all other failures, and unless answers are kept."""

    def __str__(self) -> str:
        return self.reason
