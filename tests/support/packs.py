"""Packs as workers write them, for tests."""

import io
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime

from msgspec.structs import replace

from collage_core.contract.pack import Pack
from collage_core.layout import keys
from collage_core.layout.creator_names import name_bytes
from collage_core.packs.archive import write_pack
from collage_core.packs.description import describe
from collage_core.packs.members import member_stem
from collage_core.packs.reader import PackReader
from collage_core.storage.object_store import ObjectStore

MOMENT = datetime(2026, 10, 1, tzinfo=UTC)
DAY = MOMENT.date()
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


def kept(
    store: ObjectStore,
    covers: Mapping[tuple[str, int], bytes],
    *,
    run_id: str = "keep-1",
    day: date = DAY,
    chunk: str = "c",
    bucket: str = BUCKET,
) -> Pack:
    """A pack of a run with these covers by creator and number, as a worker leaves it."""
    in_order = sorted(covers, key=lambda cover: name_bytes(cover[0]))
    body, directory_at = zipped({stem(*cover): covers[cover] for cover in in_order})
    pack = Pack(
        key=keys.pack(keys.packs_of_run(day, run_id), chunk, 0),
        etag="not written yet",
        bytes=len(body),
        directory_at=directory_at,
        covers=len(covers),
        first_creator=in_order[0][0],
        last_creator=in_order[-1][0],
    )
    etag = store.put(
        bucket, pack.key, body, content_type="application/zip", metadata=describe(pack)
    )
    return replace(pack, etag=etag)


def found_in(
    store: ObjectStore, packs: Sequence[Pack], wanted: Iterable[str], *, bucket: str = BUCKET
) -> dict[str, bytes]:
    """What a worker finds of these covers in packs, by stem."""
    newest_first = sorted(packs, key=lambda pack: pack.key, reverse=True)
    with closing(PackReader(store, bucket, newest_first)) as reader:
        stems = list(wanted)
        reader.look_up(stems)
        covers = {name: reader.find(name, seconds_left=5) for name in stems}
        return {name: cover.body for name, cover in covers.items() if cover is not None}
