"""The seam between the engine and the places that covers come from."""

from typing import Protocol

from collage_core.sources.result import Failed, Fetched


class Source(Protocol):
    """Where the bytes of covers come from. One object serves all threads of a chunk."""

    def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
        """The bytes behind the URL of a cover, or a reason of `contract.reasons`.

        Called from many threads at once. Returns within `seconds_left`, with OUT_OF_TIME when
        that is too short, and checks what only it can know: whether a signed URL is still good,
        and how many bytes it may take. A source that bounds the memory of its bodies gets it back
        when the engine closes `Fetched.room`. A cover that cannot be had is never an exception;
        what is raised ends the whole chunk.
        """
        ...

    @property
    def blocked_hosts(self) -> object:
        """Says, as text, which hosts ended as BLOCKED_ADDRESS and how to allow them."""
        ...
