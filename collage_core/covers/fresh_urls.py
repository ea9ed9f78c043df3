"""Puts fresh URLs into the rows of a creator: the same pictures, under URLs that live."""

import csv
import io
import math
from collections import deque
from collections.abc import Iterable, Iterator

from collage_core.covers.cover_csv import read_chunk, write_row
from collage_core.covers.picture_identity import picture_of
from collage_core.covers.rows import CoverRow


def with_fresh_urls(text: bytes, fresh: Iterable[CoverRow]) -> bytes:
    """The rows of one creator in `text`, canonical, and among them the pictures that are new.

    A row of a picture that is in `fresh` gets the URL from there, of several the first one, and
    keeps its time: the collage shows the same covers in the same order. Other rows, those that
    cannot be read among them, stay as they are, byte for byte. The newest rows are first, and new
    ones come after those of the same time.
    """
    urls: dict[str, CoverRow] = {}
    for one in fresh:
        urls.setdefault(picture_of(one.url), one)
    there = [*_pieces(text)]
    pictures = {picture_of(row.url) for row, _ in there if row is not None}
    left = [one for picture, one in urls.items() if picture not in pictures]
    new = deque(sorted(left, key=_age))
    pieces = []
    for row, piece in there:
        while row is not None and new and _age(new[0]) < _age(row):
            pieces.append(_written(new.popleft()))
        known = None if row is None else urls.get(picture_of(row.url))
        pieces.append(piece if known is None else _with_url(piece, known.url))
    return b"".join([*pieces, *map(_written, new)])


def _age(row: CoverRow) -> float:
    """Sorts the newest first, and rows without a time last."""
    return math.inf if row.updated_at is None else -row.updated_at.timestamp()


def _pieces(text: bytes) -> Iterator[tuple[CoverRow | None, bytes]]:
    """Each row with its bytes; None for one that is rejected."""
    rows = list(read_chunk(text))
    for row, end in zip(rows, [*(row.offset for row in rows[1:]), len(text)], strict=bool(rows)):
        yield row if isinstance(row, CoverRow) else None, text[row.offset : end]


def _with_url(piece: bytes, url: str) -> bytes:
    creator, _, updated_at = next(csv.reader(io.StringIO(piece.decode(), newline="")))
    return write_row(creator, url, updated_at)


def _written(row: CoverRow) -> bytes:
    time = "" if row.updated_at is None else row.updated_at.isoformat()
    return write_row(row.creator, row.url, time)
