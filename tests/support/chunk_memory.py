"""`python -m tests.support.chunk_memory FILE CELL_SIZE [PACKS] [rows=20 ...]`: the bytes it takes.

PACKS is a folder: covers that are in packs there are taken from it, and all others are kept in it.
What stands behind is the chunk's configuration, where it is not the default.

A process of its own, because memory that was once used does not come back.
"""

import hashlib
import shutil
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from collage_core.contract.cell_size import CELL_SIZES
from collage_core.contract.pack import ChunkPacks
from collage_core.contract.reading import read
from collage_core.packs.keeper import PackKeeper
from collage_core.sources.http.fetcher import Fetcher
from collage_core.storage.documents import to_document
from collage_core.storage.object_store import ObjectHead, ObjectStore, StoredObject
from collage_core.worker.chunk import process_chunk
from collage_core.worker.writing import SoleWriter
from tests.support.chunks import recipe
from tests.support.decoding_memory import peak


def forget(_key: str, _body: bytes, *, content_type: str) -> str:
    """An output bucket that takes no memory."""
    assert content_type
    return "0" * 32


class PackFolder(ObjectStore):
    """Packs in a folder. It has no more of them in memory than it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, _bucket: str, key: str, body: Any, **_: Any) -> str:
        path = self.folder / key.replace("/", "-")
        body.seek(0)
        with path.open("wb") as file:
            shutil.copyfileobj(body, file)
        return hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()

    def get(self, _bucket: str, key: str, **asked: Any) -> StoredObject | None:
        first, last = asked["byte_range"]
        with (self.folder / key.replace("/", "-")).open("rb") as file:
            file.seek(first)
            return StoredObject(file.read(last + 1 - first), asked["etag"])

    def head(self, _bucket: str, _key: str) -> ObjectHead | None:
        raise NotImplementedError


if __name__ == "__main__":
    data = Path(sys.argv[1]).read_bytes()
    words = [word.partition("=") for word in sys.argv[3:]]
    given = {name: int(value) for name, equals, value in words if equals}
    collages = recipe(data, cell_size=CELL_SIZES[sys.argv[2]], **{"rows": 5, "cols": 7, **given})
    folder = next((Path(name) for name, equals, _ in words if not equals), None)
    keeper: Any = nullcontext()
    if folder is not None:
        index = folder / "packs.json"
        planned = ChunkPacks(folder="downloads/2026/10/01/r/")
        if index.exists():
            planned = read(index.read_bytes(), ChunkPacks)
        keeper = PackKeeper.of(PackFolder(folder), "temp", planned, collages.message, begin=0)
    with Fetcher(["127.0.0.1"], collages.message.config) as fetcher, keeper as keeping:
        receipt = process_chunk(
            data,
            collages.message,
            collages,
            source=fetcher,
            writer=SoleWriter(forget),
            seconds_left=lambda: 1000.0,
            keeper=keeping,
        )
    rows = receipt.books.rows
    assert rows.placed == rows.total, receipt.books.reasons
    if folder is not None:
        counts = receipt.books.known_downloads
        assert (counts.kept or counts.packed) == rows.total, counts
        if receipt.packs:
            planned = ChunkPacks(folder=planned.folder, packs=receipt.packs)
            (folder / "packs.json").write_bytes(to_document(planned))
    print(peak())  # noqa: T201
