"""A closed run with real pictures and its record, in any store, without a network."""

import hashlib
from collections.abc import Mapping
from functools import partial
from io import BytesIO
from itertools import batched
from typing import Any

from PIL import Image

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.receipt import Receipt
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.covers.chunking import ChunkSpan
from collage_core.covers.cover_csv import write_row
from collage_core.layout import keys
from collage_core.recipes.collage.recipe import CollageRecipe
from collage_core.run.close import close_run
from collage_core.run.plan import RunCsv, RunSpec, keep_first_manifest, plan_run
from collage_core.run.run import Run
from collage_core.run.run_record import write_record
from collage_core.settings import Settings
from collage_core.sources.result import Failed, Fetched
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.object_store import ObjectStore
from collage_core.worker.chunk import process_chunk
from collage_core.worker.writing import SoleWriter

TIMESTAMP = RunTimestamp.parse("20261001_000000")
RUN_ID = "monthly-1"
SETTINGS = Settings()
_FIRST_BYTE = 36
_SECONDS = 1000.0


class Colours:
    """A source of covers: each URL has a picture of its own, in bands of two colours.

    A URL with `/404/` in it has none.
    """

    blocked_hosts = ""

    def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
        del seconds_left
        if "/404/" in url:
            return Failed("http_404")
        shade = sum(url.encode()) * 37 % 180
        picture = Image.new("RGB", (90, 120), (shade, 255 - shade, 40))
        picture.paste((255 - shade, 20, shade), (0, 0, 45, 120))
        body = BytesIO()
        picture.save(body, "PNG")
        return Fetched(body.getvalue())


def close_recorded_run(
    store: ObjectStore,
    covers: Mapping[str, int],
    *,
    missing: Mapping[str, int] | None = None,
    trigger: Trigger = Trigger.SQS,
    chunk_creators: int = 2,
    page_creators: int = 2,
    **config: Any,
) -> Run[ObjectStore]:
    """Make the collages of creators with so many covers, and close the run.

    Of the creators in `missing`, so many more covers are 404. Chunks and pages of the record are
    small.
    """
    spec = RunSpec(RUN_ID, TIMESTAMP, trigger, ProcessingConfig(**{"rows": 2, "cols": 3, **config}))
    lost = dict(missing or {})
    rows = {
        creator: _rows(creator, "ok", covers.get(creator, 0))
        + _rows(creator, "404", lost.get(creator, 0))
        for creator in sorted({*covers, *lost}, key=_bytes)
    }
    spans, bodies, first, line = [], [], _FIRST_BYTE, 2
    for creators in batched(rows, chunk_creators):
        lines = [row for creator in creators for row in rows[creator]]
        body = b"".join(lines)
        last = first + len(body) - 1
        digest = hashlib.sha256(body).hexdigest()
        spans.append(ChunkSpan((first, last), len(lines), len(creators), line, creators[0], digest))
        bodies.append(body)
        first, line = last + 1, line + len(lines)
    source = CsvSource("tiktok-image-input", "csv-files/2026/10/01/monthly.csv", "e7a9")
    run: Run[ObjectStore] = plan_run(
        store, SETTINGS, spec, RunCsv(source, spans), keep=keep_first_manifest
    )
    store.put(SETTINGS.output_bucket, keys.claim(TIMESTAMP), RUN_ID.encode(), content_type="x/y")
    receipts = [_work(run, number, body) for number, body in enumerate(bodies)]
    close_run(run)
    results = (result for receipt in receipts for result in receipt.results)
    write_record(run, results, most=page_creators)
    return run


def _rows(creator: str, path: str, count: int) -> list[bytes]:
    return [
        write_row(
            creator,
            f"https://cdn.example/{path}/{_bytes(creator).hex()}/{number}.png",
            f"2026-10-01T00:00:{number:02d}",
        )
        for number in range(count)
    ]


def _bytes(creator: str) -> bytes:
    return creator.encode("utf-8", "surrogatepass")


def _work(run: Run[ObjectStore], number: int, body: bytes) -> Receipt:
    message = run.manifest.message(run.manifest.chunks[number])
    receipt = process_chunk(
        body,
        message,
        CollageRecipe.of(SETTINGS, message),
        source=Colours(),
        writer=SoleWriter(partial(run.store.put, SETTINGS.output_bucket)),
        seconds_left=lambda: _SECONDS,
    )
    write_receipt(run, receipt)
    return receipt


def write_receipt(run: Run[ObjectStore], receipt: Receipt) -> None:
    """Write a receipt, or replace the one that is there."""
    key = keys.receipt(run.manifest.run_id, receipt.chunk_id)
    run.store.put(SETTINGS.temp_bucket, key, to_document(receipt), content_type=JSON)
