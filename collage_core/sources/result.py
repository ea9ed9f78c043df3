"""The result of fetching a cover: its bytes, or the reason of the failure."""

from contextlib import ExitStack
from dataclasses import dataclass, field

from collage_core.contract.pack import Pack


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's 2xx. Holds signatures and secrets: redact it before it is stored."""

    urls: tuple[str, ...] = field(repr=False)
    """All URLs that were requested, in turn: that of the cover, and one for each redirect. The
    answer is that of the last one."""
    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    """A repeated header is repeated here; values as http.client reads them, in Latin-1."""
    body: bytes = field(repr=False)
    """Its first bytes without chunked framing, still compressed if they were."""
    received_bytes: int
    """Bytes of the body, counted like `body`, until it ended or was given up."""
    sent: tuple[str, ...] = field(default=(), repr=False)
    """Values of the headers that were set for one of the hosts: they may be secrets."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The body of an answer, decompressed. It may be anything, not only a picture."""

    body: bytes
    room: ExitStack = field(default_factory=ExitStack, compare=False, repr=False)
    """Close it when the body is no longer needed: it frees memory for the other downloads."""
    answer: Answer | None = field(default=None, compare=False)
    """The answer that `body` is from; None unless the fetcher keeps answers."""
    pack: Pack | None = field(default=None, compare=False)
    """The pack that `body` is from; None if its host has sent it."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a cover could not be fetched: one of the reasons in `contract/reasons`."""

    reason: str
    answer: Answer | None = field(default=None, compare=False)
    """The 2xx answer before the failure; None for other failures, or if answers are not kept."""

    def __str__(self) -> str:
        return self.reason
