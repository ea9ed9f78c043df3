"""The creators that an invocation has begun and not done, by name."""

from threading import Lock

from collage_core.contract.chunk_at_work import MOST_NAMED


class UnderWay:
    """Filled by the work, and read when it has failed. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._names: dict[int, str] = {}

    def begin(self, offset: int, creator: str) -> None:
        """A creator begins, at this byte of its chunk."""
        with self._lock:
            self._names[offset] = creator

    def end(self, offset: int) -> None:
        """The creator is done."""
        with self._lock:
            self._names.pop(offset, None)

    @property
    def names(self) -> tuple[str, ...]:
        """The first ones, in the order in which they began; at most MOST_NAMED."""
        with self._lock:
            return tuple(self._names.values())[:MOST_NAMED]
