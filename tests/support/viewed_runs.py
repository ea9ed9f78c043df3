"""Runs as pages look at them: planned, worked on and closed, each object at a known moment."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from collage_core.contract.chunk_at_work import ChunkAtWork
from collage_core.contract.failed_message import FailedMessage
from collage_core.contract.manifest import Manifest
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from collage_core.run.close import ClosedRun, close_run
from collage_core.run.run import Run
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from collage_core.views.run_view import RunView, read_run
from tests.support.counted_store import CountedStore
from tests.support.runs import TIMESTAMP, plan, receipt

SETTINGS = Settings()
TEMP, OUTPUT = SETTINGS.temp_bucket, SETTINGS.output_bucket
BEGAN = datetime(2026, 10, 1, 12, tzinfo=UTC)

type Creators = Mapping[str, int]


class ViewedRun:
    """A run in a store that counts requests. Its clock is set by hand, in seconds from BEGAN."""

    def __init__(self, chunks: Iterable[Creators], *, manifest: Manifest | None = None) -> None:
        self.seconds = 0.0
        self.store = CountedStore(clock=lambda: self.moment)
        self.chunks = [*chunks]
        self.manifest = manifest or plan(self.chunks, last_creators=True)
        self.ids = [chunk.chunk_id for chunk in self.manifest.chunks]

    @property
    def moment(self) -> datetime:
        """What its clock says."""
        return BEGAN + timedelta(seconds=self.seconds)

    @property
    def run_id(self) -> str:
        """Its name."""
        return self.manifest.run_id

    def put(self, key: str, document: Struct | bytes, *, bucket: str = TEMP) -> None:
        """Write an object."""
        body = document if isinstance(document, bytes) else to_document(document)
        self.store.put(bucket, key, body, content_type=JSON)

    def plan(self) -> None:
        """Write its manifest."""
        self.put(keys.manifest(self.run_id), self.manifest)

    def finish(self, *numbers: int) -> None:
        """Write the receipts of these chunks, of which every cover was placed."""
        for number in numbers:
            chunk = self.manifest.chunks[number]
            document = receipt(self.manifest, chunk, self.chunks[number])
            self.put(keys.receipt(self.run_id, chunk.chunk_id), document)

    def work_at(self, number: int, *creators: str) -> None:
        """Write what a worker says that is at this chunk."""
        said = ChunkAtWork(
            run_id=self.run_id,
            chunk_id=self.ids[number],
            invocation_id="8a7b",
            deaths=0,
            under_way=creators,
        )
        self.put(keys.chunk_at_work(self.run_id, self.ids[number]), said)

    def fail(self, number: int, reason: str = "the CSV was replaced: clear extract") -> None:
        """Write why the last attempt at this chunk failed."""
        failed = FailedMessage(
            message_id="m-1",
            sent=RunTimestamp.of(self.moment),
            body_bytes=10,
            body_sha256="0" * 64,
            run_id=self.run_id,
            chunk_id=self.ids[number],
            error="SourceChangedError",
            reason=reason,
            attempt=2,
            final=False,
        )
        self.put(keys.failed_message(self.run_id, self.ids[number]), failed)

    def close(self) -> ClosedRun:
        """Close it from its receipts."""
        return close_run(Run(SETTINGS, self.store, self.manifest), compare=False)

    def view(
        self, settings: Settings = SETTINGS, *, timestamp: RunTimestamp = TIMESTAMP
    ) -> RunView:
        """Look at it now; the store counts from here."""
        self.store.forget_requests()
        return read_run(self.store, settings, self.run_id, timestamp, now=self.moment)


def many_chunks(chunks: int, creators: int) -> list[Creators]:
    """So many chunks with so many creators each, in the order of their names."""
    return [
        {f"creator-{chunk:05d}-{number:03d}": 2 for number in range(creators)}
        for chunk in range(chunks)
    ]
