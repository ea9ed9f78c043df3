"""The result of fetching a cover: its bytes, or the reason of the failure."""

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
    """The body of an answer, decompressed. It may be anything, not only a picture."""

    body: bytes
    room: ExitStack = field(default_factory=ExitStack, compare=False, repr=False)
    """Close it when the body is no longer needed: it frees memory for the other downloads."""
    answer: Answer | None = field(default=None, compare=False)
    """The answer that `body` is from; None unless the fetcher keeps answers."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a cover could not be fetched: one of the reasons in `contract/reasons`."""

    reason: str
    answer: Answer | None = field(default=None, compare=False)
    """The 2xx answer before the failure; None for other failures, or if answers are not kept."""

    def __str__(self) -> str:
        return self.reason
