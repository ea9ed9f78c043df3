"""Files that would keep a decoder busy, or fill its memory, and how they are told in time."""


class ExhaustingFileError(Exception):
    """A file of more parts than one that is meant to be shown; it is not given to a decoder."""


class Steps:
    """How many parts of a file may still be looked at."""

    __slots__ = ("_left", "_parts")

    def __init__(self, limit: int, parts: str) -> None:
        self._left, self._parts = limit, parts

    def take(self, count: int = 1) -> None:
        """Count parts; raises ExhaustingFileError for the one that is too many."""
        self._left -= count
        if self._left < 0:
            raise ExhaustingFileError(f"the file has too many {self._parts}")
