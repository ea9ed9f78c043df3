"""Days of keeping in a few seconds: real workers, packs and a cover server, on a clock of the test.

Only the clock and the buckets are stand-ins: buckets are in memory.
"""

import io
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from typing import Any, override
from urllib.parse import parse_qs, urlsplit

from msgspec.structs import replace as replace_fields
from PIL import Image

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.pack import ChunkPacks
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.contract.trigger import Trigger
from collage_core.covers.cover_csv import write_row
from collage_core.covers.ingest import ingest_csv
from collage_core.housekeeping.findings import Finding
from collage_core.housekeeping.merged_days import merge_days
from collage_core.layout import keys
from collage_core.packs.keeper import PackKeeper, find_packs
from collage_core.recipes.collage.recipe import CollageRecipe
from collage_core.recipes.keep.recipe import KeepRecipe
from collage_core.run.close import close_run
from collage_core.run.plan import RunCsv, RunSpec, keep_first_manifest, plan_run
from collage_core.run.plan_packs import plan_packs
from collage_core.run.run import Run
from collage_core.settings import Settings
from collage_core.sources.http.fetcher import Fetcher
from collage_core.sources.http.machine import Machine
from collage_core.storage.documents import JSON, read_document, to_document
from collage_core.storage.object_store import StoredObject
from collage_core.worker.chunk import process_chunk
from collage_core.worker.writing import NoWriter, SoleWriter
from tests.support.memory_store import MemoryStore

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SignedCover:
    """A row of the table: a cover whose URL was signed when it was crawled."""

    creator: str
    number: int
    crawled: datetime
    life: timedelta

    @property
    def expires(self) -> datetime:
        return self.crawled + self.life

    def path(self) -> str:
        return f"/obj/{self.creator}/{self.number}.jpg"


@dataclass
class CoverClock:
    """The time that it is for everybody."""

    now: datetime = BEGIN

    def seconds(self) -> float:
        return self.now.timestamp()


@dataclass(frozen=True)
class SigningHost:
    """Serves a picture of its own for each path, until the URL's `x-expires`."""

    origin: str
    clock: CoverClock
    requests: Counter[str] = field(default_factory=Counter)

    def url(self, cover: SignedCover) -> str:
        expires = int(cover.expires.timestamp())
        return f"{self.origin}{cover.path()}?x-expires={expires}&x-signature={expires:x}%3D"


def picture(path: str) -> bytes:
    """The bytes behind a path."""
    number = sum(path.encode()) * 7919 + len(path)
    colour = (number % 251, number // 3 % 251, number // 7 % 251)
    out = io.BytesIO()
    image = Image.new("RGB", (30, 40), colour)
    image.putpixel((number % 30, number % 40), (255, 255, 255))
    image.save(out, "JPEG", comment=path.encode())
    return out.getvalue()


@contextmanager
def signing_host() -> Iterator[SigningHost]:
    """A cover server on loopback, for the time of the block."""
    clock = CoverClock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            target = urlsplit(self.path)
            host.requests[target.path] += 1
            expires = int(parse_qs(target.query)["x-expires"][0])
            is_alive = clock.seconds() <= expires
            body = picture(target.path) if is_alive else b""
            self.send_response(200 if is_alive else 403)
            self.send_header("Content-Type", "image/jpeg")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host = SigningHost(f"http://127.0.0.1:{server.server_address[1]}", clock)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class PackReads(MemoryStore):
    """Buckets in memory that count the requests for bytes of packs."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(clock=clock)
        self.reads = 0

    @override
    def get(self, bucket: str, key: str, **asked: Any) -> StoredObject | None:
        self.reads += key.startswith(keys.DOWNLOADS) and keys.is_pack(key)
        return super().get(bucket, key, **asked)


def keeping(days: int) -> Settings:
    """Settings with which covers are kept for so many days, and no run fails for dead covers."""
    return Settings(
        allowed_source_hosts=("127.0.0.1",), fail_above_percent=100, keep_covers_days=days
    )


@dataclass(frozen=True)
class KeepingWorld:
    """Buckets in memory, and runs over rows at the moment that the host's clock shows."""

    host: SigningHost
    settings: Settings
    store: PackReads = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "store", PackReads(lambda: self.host.clock.now))

    def merge_days(self) -> list[Finding]:
        """What housekeeping does with the packs of days that are over."""
        return [*merge_days(self.store, self.settings, now=self.host.clock.now)]

    def packs_of_chunks(self, run_id: str) -> list[int]:
        """How many packs the chunks of a run look into."""
        prefix = keys.packs_of_chunks(run_id)
        bucket = self.settings.temp_bucket
        found = (
            read_document(self.store, bucket, key, ChunkPacks)
            for key in self.store.list_keys(bucket, prefix)
        )
        return [len(each.packs) for each in found if each is not None]

    def run(
        self,
        rows: Sequence[SignedCover],
        run_id: str,
        *,
        config: ProcessingConfig | None = None,
        keep_only: bool = False,
        renew: bool = False,
    ) -> RunSummary:
        """Plan a run over these rows, do all of its chunks, and close it."""
        now = self.host.clock.now
        lines = [
            write_row(row.creator, self.host.url(row), row.crawled.isoformat()) for row in rows
        ]
        csv = b"creator_name,cover_url,updated_at\n" + b"".join(lines)
        intake = ingest_csv(csv, chunk_rows=self.settings.planned_chunk_rows)
        key = f"csv-files/{run_id}.csv"
        bucket = self.settings.input_bucket
        etag = self.store.put(bucket, key, intake.ordered, content_type="text/csv")
        config = config or ProcessingConfig(rows=3, cols=3, max_retries=0)
        run = plan_run(
            self.store,
            self.settings,
            RunSpec(run_id, RunTimestamp.of(now), Trigger.SQS, config),
            RunCsv(CsvSource(bucket, key, etag), intake.spans, rejected=intake.rejected),
            keep=keep_first_manifest,
        )
        if keep_only:
            run = replace(run, manifest=replace_fields(run.manifest, keep_only=True))
        plan_packs(run, today=now.date(), renew=renew)
        with Fetcher(
            self.settings.allowed_source_hosts, config, machine=Machine(now=self.host.clock.seconds)
        ) as fetcher:
            for chunk in run.manifest.chunks:
                first, last = chunk.byte_range
                self._work(run, chunk.chunk_id, intake.ordered[first : last + 1], fetcher)
        return close_run(run, memory_mb=None, compare=False, today=now.date()).summary

    def collages(self, day: datetime) -> dict[str, bytes]:
        """The collages of the runs of a day, by key."""
        prefix = f"collages/{day:%Y/%m/%d}/"
        return {
            key: body
            for (bucket, key), body in self.store.objects.items()
            if bucket == self.settings.output_bucket and key.startswith(prefix)
        }

    def placed_by(self, timestamp: RunTimestamp) -> set[str]:
        """The paths of the covers that are on the collages of a run, by their metadata."""
        ends = f"_metadata_{timestamp}.json"
        documents = (
            json.loads(body) for (_, key), body in self.store.objects.items() if key.endswith(ends)
        )
        return {urlsplit(cell["url"]).path for document in documents for cell in document["cells"]}

    def _work(self, run: Run[MemoryStore], chunk_id: str, rows: bytes, fetcher: Fetcher) -> None:
        settings, store = self.settings, self.store
        (chunk,) = (one for one in run.manifest.chunks if one.chunk_id == chunk_id)
        message = run.manifest.message(chunk)
        packs = find_packs(store, settings, message)
        assert (packs is not None) == bool(settings.keep_covers_days)
        work = partial(process_chunk, rows, message, source=fetcher, seconds_left=lambda: inf)
        if packs is None:
            receipt = work(
                CollageRecipe.of(settings, message),
                writer=SoleWriter(partial(store.put, settings.output_bucket)),
            )
        else:
            with PackKeeper.of(store, settings.temp_bucket, packs, message, begin=0) as keeper:
                if message.keep_only:
                    receipt = work(KeepRecipe(settings.cell_size), writer=NoWriter(), keeper=keeper)
                else:
                    receipt = work(
                        CollageRecipe.of(settings, message),
                        writer=SoleWriter(partial(store.put, settings.output_bucket)),
                        keeper=keeper,
                    )
        store.put(
            settings.temp_bucket,
            keys.receipt(message.run_id, chunk_id),
            to_document(receipt),
            content_type=JSON,
        )
