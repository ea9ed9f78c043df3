"""What became of the covers of a creator, in a line that fits into an object's metadata.

The lead of a creator carries it. So another worker of the same chunk can complete the creator, even
if the covers answer that worker something else.

The line has a number for so many covers that were placed in a row, and a reason for each other one:
`12,http_404,3` are sixteen covers. A long line is compressed.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from collage_core.contract.reasons import is_reason

LONGEST_MARK = 1600
"""S3 allows 2 KB of metadata on an object, names included."""

_COMPRESSED = "z:"
_COUNT = re.compile("[1-9][0-9]{0,3}")
_MOST_COVERS = 1000
"""More than any creator is asked for: a grid has 400 cells, each of which is tried twice. A longer
line is no mark, and may be one that should take all memory."""

_MOST_CHARACTERS = 100_000
"""Of a line that was compressed: far more than the largest grid takes."""


def as_mark(covers: Iterable[object]) -> str | None:
    """The line for covers of which each is a part or, as a `str`, the reason why there is none.

    None for covers whose line would be too long, even if it is compressed.
    """
    line = ",".join(_words(covers))
    if len(line) <= LONGEST_MARK:
        return line
    packed = _COMPRESSED + base64.b64encode(zlib.compress(line.encode(), 9)).decode()
    return packed if len(packed) <= LONGEST_MARK else None


def from_mark(mark: str) -> Sequence[str | None]:
    """Why each cover was not placed; None for one that was. Raises ValueError for no such line."""
    covers: list[str | None] = []
    for word in _unpacked(mark).split(","):
        if is_reason(word):
            covers.append(word)
        elif _COUNT.fullmatch(word):
            covers += [None] * int(word)
        else:
            raise _no_mark(mark)
        if len(covers) > _MOST_COVERS:
            raise _no_mark(mark)
    return covers


def _words(covers: Iterable[object]) -> Iterator[str]:
    for reason, group in groupby(cover if isinstance(cover, str) else None for cover in covers):
        count = sum(1 for _ in group)
        if reason is None:
            yield str(count)
        else:
            yield from [reason] * count


def _unpacked(mark: str) -> str:
    if not mark.startswith(_COMPRESSED):
        return mark
    try:
        packed = base64.b64decode(mark.removeprefix(_COMPRESSED), validate=True)
        whole = zlib.decompressobj()
        line = whole.decompress(packed, _MOST_CHARACTERS).decode()
    except (binascii.Error, zlib.error, ValueError) as error:
        raise _no_mark(mark) from error
    if not whole.eof:
        raise _no_mark(mark)
    return line


def _no_mark(mark: str) -> ValueError:
    return ValueError(f"{mark!r} does not say what became of the covers")
