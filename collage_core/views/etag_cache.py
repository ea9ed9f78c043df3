"""Keeps the newest used objects in memory, decoded: a person who searches asks for them again."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock


class EtagCache[T]:
    """Values by bucket, key and ETag, so that none is ever out of date. Safe for threads.

    Args:
        most: how much is kept, in the unit of `size`.
        size: what a value takes; by default, values are counted.
    """

    def __init__(self, *, most: int, size: Callable[[T], int] = lambda _: 1) -> None:
        self._most = most
        self._size = size
        self._lock = Lock()
        self._values: OrderedDict[tuple[str, str, str], T] = OrderedDict()

    def get(self, bucket: str, key: str, etag: str) -> T | None:
        """The value of an object with this ETag; None if it is not kept."""
        name = (bucket, key, etag)
        with self._lock:
            if name not in self._values:
                return None
            self._values.move_to_end(name)
            return self._values[name]

    def keep(self, bucket: str, key: str, etag: str, value: T) -> None:
        """Keep a value, and drop those that were not used for longest if they are too many.

        The newest one is kept however large it is.
        """
        with self._lock:
            self._values[bucket, key, etag] = value
            self._values.move_to_end((bucket, key, etag))
            while (
                len(self._values) > 1 and sum(map(self._size, self._values.values())) > self._most
            ):
                self._values.popitem(last=False)
