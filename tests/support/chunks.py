"""A chunk, worked on as a worker does, with the output bucket in memory."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

from msgspec.structs import replace
from PIL import Image

from collage_core.contract.cell_size import DEFAULT_CELL_SIZE, CellSize
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.message import ChunkMessage
from collage_core.contract.receipt import CreatorResult, Receipt
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.covers.cover_csv import write_row
from collage_core.layout import keys
from collage_core.recipes.collage.recipe import CollageRecipe
from collage_core.sources.http.fetcher import Fetcher
from collage_core.sources.http.machine import Machine
from collage_core.worker.chunk import add_receipts, process_chunk
from collage_core.worker.writing import SoleWriter

TIMESTAMP = RunTimestamp.parse("20261001_000000")
CHUNK_START = 5000
PLENTY = 1000.0

type Row = tuple[str, str, str]


class Output(dict[str, bytes]):
    """The output bucket."""

    def put(self, key: str, body: bytes, *, content_type: str) -> str:
        assert content_type in {"image/jpeg", "application/json"}
        self[key] = body
        return hashlib.md5(body, usedforsecurity=False).hexdigest()

    def metadata(self, creator: str) -> Any:
        return json.loads(self[keys.metadata(creator, TIMESTAMP)])

    def collage(self, result: CreatorResult) -> Image.Image:
        assert result.collage_key
        return Image.open(BytesIO(self[result.collage_key]))


def chunk(rows: Sequence[Row]) -> bytes:
    return b"".join(write_row(*row) for row in rows)


def message(data: bytes, **config: Any) -> ChunkMessage:
    """The message of a chunk with a grid of 2x3 and no retries, unless told."""
    return ChunkMessage(
        run_id="monthly-1",
        run_timestamp=TIMESTAMP,
        source=CsvSource("in", "csv-files/covers.csv", "e7a9"),
        chunk_id="00000-abc",
        byte_range=(CHUNK_START, CHUNK_START + max(len(data), 1) - 1),
        rows=1,
        creators=1,
        config=ProcessingConfig(**{"rows": 2, "cols": 3, "max_retries": 0, **config}),
        output_prefix="",
        trigger=Trigger.SQS,
    )


def recipe(data: bytes, *, cell_size: CellSize = DEFAULT_CELL_SIZE, **config: Any) -> CollageRecipe:
    """The recipe of such a chunk, with all cells of the grid to fill."""
    asked = message(data, **config)
    return CollageRecipe(asked, asked.config.cells, by_creator_copies=False, cell_size=cell_size)


def work(
    data: bytes,
    collages: CollageRecipe | None = None,
    *,
    output: Output | None = None,
    seconds_left: Callable[[], float] = lambda: PLENTY,
    allowed: Sequence[str] = ("127.0.0.1",),
    machine: Machine | None = None,
) -> Receipt:
    collages = collages or recipe(data)
    with Fetcher(allowed, collages.message.config, machine=machine) as fetcher:
        return process_chunk(
            data,
            collages.message,
            collages,
            source=fetcher,
            writer=SoleWriter(Output().put if output is None else output.put),
            seconds_left=seconds_left,
        )


def work_to_the_end(
    data: bytes,
    begin: Callable[[], Callable[[], float]],
    output: Output,
    *,
    allowed: Sequence[str] = ("127.0.0.1",),
    machine: Machine | None = None,
) -> Receipt:
    """What a chain of workers does; `begin` starts the time of each one and tells it."""
    done: Receipt | None = None
    for _ in range(50):
        start = CHUNK_START if done is None or done.resume_at is None else done.resume_at
        rest = data[start - CHUNK_START :]
        collages = recipe(data)
        asked = replace(collages.message, byte_range=(start, CHUNK_START + len(data) - 1))
        part = work(
            rest,
            dataclasses.replace(collages, message=asked),
            output=output,
            seconds_left=begin(),
            allowed=allowed,
            machine=machine,
        )
        done = part if done is None else add_receipts(done, part)
        if done.resume_at is None:
            return done
    raise AssertionError("no end of workers")


def without_time(receipt: Receipt) -> Receipt:
    """A receipt without what differs from one run of the same work to the next."""
    return replace(receipt, books=replace(receipt.books, seconds={}))
