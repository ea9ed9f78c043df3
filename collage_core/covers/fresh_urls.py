"""Puts fresh URLs into the rows of a creator: the same pictures, under URLs that live."""

import csv
import io
from collections.abc import Iterable, Iterator

from collage_core.covers.cover_csv import read_chunk, write_row
from collage_core.covers.picture_identity import picture_of
from collage_core.covers.rows import CoverRow


def with_fresh_urls(text: bytes, fresh: Iterable[CoverRow]) -> bytes:
    """The rows of one creator in `text`, canonical, and after them the pictures that are new.

    A row of a picture that is in `fresh` gets the URL from there, of several the first one, and
    keeps its time: the collage shows the same covers in the same order. Other rows, those that
    cannot be read among them, stay as they are, byte for byte.
    """
    urls: dict[str, CoverRow] = {}
    for row in fresh:
        urls.setdefault(picture_of(row.url), row)
    new = dict(urls)
    pieces = []
    for row_of_piece, piece in _pieces(text):
        picture = "" if row_of_piece is None else picture_of(row_of_piece.url)
        new.pop(picture, None)
        pieces.append(_with_url(piece, urls[picture].url) if picture in urls else piece)
    return b"".join([*pieces, *map(_written, new.values())])


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
