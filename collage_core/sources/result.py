"""What comes of fetching a cover: its bytes, or the reason why there are none."""

from contextlib import ExitStack
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's 2xx. Holds signatures: redact it before it is stored."""

    urls: tuple[str, ...] = field(repr=False)
    """All that were asked for, in turn: that of the cover, and one for each redirect. The last
    one was answered so."""
    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    """A name as often as it came; values as http.client reads them, in Latin-1."""
    body: bytes = field(repr=False)
    """Its first bytes without the framing of chunks, still compressed if they were."""
    received_bytes: int
    """Of the body, in the same count, until it ended or was given up."""


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
