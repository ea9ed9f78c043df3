"""The seam between the engine and the places that covers come from."""

from typing import Protocol

from collage_core.sources.result import Failed, Fetched


class Source(Protocol):
    """Where the bytes of covers come from. One object serves all threads of a chunk."""

    def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
        """The bytes behind the URL of a cover, or a reason of `contract.reasons`.

        Called from many threads at once. Returns within `seconds_left`, with OUT_OF_TIME if that
        is too short. The source checks what only it can know: whether a signed URL has expired,
        and how many bytes a body may have. A source that bounds the memory of its bodies gets it
        back when the engine closes `Fetched.room`. A cover that cannot be fetched is never an
        exception; an exception ends the whole chunk.
        """
        ...

    @property
    def blocked_hosts(self) -> object:
        """As text: which hosts ended as BLOCKED_ADDRESS, and how to allow them."""
        ...
