"""`python -m tests.support.chunk_memory FILE CELL_SIZE [rows=20 ...]`: the bytes a chunk takes.

What stands after the size is the chunk's configuration, where it is not the default.

A process of its own, because memory that was once used does not come back.
"""

import sys
from pathlib import Path

from collage_core.contract.cell_size import CELL_SIZES
from collage_core.sources.http.fetcher import Fetcher
from collage_core.worker.chunk import process_chunk
from collage_core.worker.writing import SoleWriter
from tests.support.chunks import recipe
from tests.support.decoding_memory import peak


def forget(_key: str, _body: bytes, *, content_type: str) -> str:
    """An output bucket that takes no memory."""
    assert content_type
    return "0" * 32


if __name__ == "__main__":
    data = Path(sys.argv[1]).read_bytes()
    given = {name: int(value) for name, _, value in (word.partition("=") for word in sys.argv[3:])}
    collages = recipe(data, cell_size=CELL_SIZES[sys.argv[2]], **{"rows": 5, "cols": 7, **given})
    with Fetcher(["127.0.0.1"], collages.message.config) as fetcher:
        receipt = process_chunk(
            data,
            collages.message,
            collages,
            source=fetcher,
            writer=SoleWriter(forget),
            seconds_left=lambda: 1000.0,
        )
    rows = receipt.books.rows
    assert rows.placed == rows.total, receipt.books.reasons
    print(peak())  # noqa: T201
