"""Limits that reject decompression bombs before decoding."""


class DecoderLimitError(Exception):
    """A file with too many parts to be a real picture; never decoded."""


class PartLimit:
    """Counts the parts of a file up to a limit."""

    __slots__ = ("_left", "_parts")

    def __init__(self, limit: int, parts: str) -> None:
        self._left, self._parts = limit, parts

    def take(self, count: int = 1) -> None:
        """Count parts. Raises DecoderLimitError when there are more than the limit."""
        self._left -= count
        if self._left < 0:
            raise DecoderLimitError(f"the file has too many {self._parts}")
