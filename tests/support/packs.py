"""Packs as workers write them, for tests."""

import io
from collections.abc import Mapping
from datetime import UTC, datetime

from collage_core.contract.pack import Pack
from collage_core.packs.archive import write_pack
from collage_core.packs.members import member_stem
from collage_core.storage.object_store import ObjectStore

MOMENT = datetime(2026, 10, 1, tzinfo=UTC)
BUCKET = "temp"


def url(number: int, host: str = "cdn.example") -> str:
    """The URL of a cover, signed by nobody."""
    return f"https://{host}/covers/{number}.jpg"


def stem(creator: str, number: int) -> str:
    """The name of that cover in a pack, without its type."""
    return member_stem(creator, url(number))


def zipped(covers: Mapping[str, bytes]) -> tuple[bytes, int]:
    """A pack with these covers by stem, and where its directory begins."""
    out = io.BytesIO()
    directory_at = write_pack(out, ((f"{name}.jpg", body) for name, body in covers.items()), MOMENT)
    return out.getvalue(), directory_at


def a_pack(body: bytes, directory_at: int, *, etag: str = "e7a9", key: str = "") -> Pack:
    """What an index says of a pack with these bytes."""
    return Pack(
        key=key or "downloads/2026/10/01/daily-1/c/000000000000.zip",
        etag=etag,
        bytes=len(body),
        directory_at=directory_at,
        covers=1,
        first_creator="ana",
        last_creator="zoe",
    )


def put_pack(
    store: ObjectStore, covers: Mapping[str, bytes], *, day: int = 1, chunk: str = "c"
) -> Pack:
    """Write a pack with these covers by stem into BUCKET."""
    body, directory_at = zipped(covers)
    key = f"downloads/2026/10/{day:02d}/daily-{day}/{chunk}/000000000000.zip"
    etag = store.put(BUCKET, key, body, content_type="application/zip")
    return a_pack(body, directory_at, etag=etag, key=key)
