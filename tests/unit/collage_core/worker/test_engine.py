"""The two seams are real: another product, and covers that come from a store, in balanced books."""

import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace
from PIL import Image

from collage_core.contract.books import CreatorCounts, RowCounts
from collage_core.contract.cell_size import CellSize
from collage_core.contract.document import to_json
from collage_core.contract.reasons import Reason, http_reason
from collage_core.contract.receipt import Outcome, Receipt, WrittenObject
from collage_core.covers.rows import CoverRow
from collage_core.layout import keys
from collage_core.pictures.imaging import decode_cell
from collage_core.sources.result import Failed, Fetched
from collage_core.storage.directory_store import DirectoryStore
from collage_core.worker.chunk import add_receipts, process_chunk
from collage_core.worker.recipe import (
    Ingredients,
    Made,
    ObjectToWrite,
    Places,
    Recipe,
    Selection,
)
from collage_core.worker.writing import SoleWriter
from tests.support.chunks import (
    CHUNK_START,
    PLENTY,
    TIMESTAMP,
    Output,
    chunk,
    message,
    recipe,
    without_time,
)
from tests.support.pictures import cell_of, encoded, numbered, read_number

SIZE = CellSize(90, 120)


class WebpOfEachCover:
    """A second product: every cover of a creator as a small WebP file."""

    part_bytes = 10_000
    created_message = "✓ Created %s, the first of %d files"

    def select(self, rows: Sequence[CoverRow]) -> Selection:
        first = {row.url: row for row in reversed(rows)}
        again = [row for row in rows if first[row.url] is not row]
        return Selection([row for row in rows if first[row.url] is row], again, [])

    def decode(self, body: bytes) -> bytes | Reason:
        picture = decode_cell(body, SIZE)
        if isinstance(picture, Reason):
            return picture
        file = BytesIO()
        picture.save(file, "WEBP", lossless=True)
        return file.getvalue()

    def make(self, ingredients: Ingredients[bytes]) -> Made:
        objects = [
            ObjectToWrite(
                f"webp_{number}",
                f"webp/{row.creator}/{Path(row.url).stem}.webp",
                part,
                "image/webp",
            )
            for number, (row, part) in enumerate(
                zip(ingredients.placed, ingredients.parts, strict=True)
            )
        ]
        result = ingredients.result(objects[0].key if objects else None)

        def record(written: Mapping[str, WrittenObject]) -> ObjectToWrite:
            body = json.dumps({kind: item.bytes for kind, item in written.items()}).encode()
            key = self.places(ingredients.creator).record
            return ObjectToWrite("metadata", key, body, "application/json")

        return Made(result, objects, record)

    def places(self, creator: str) -> Places:
        return Places(f"webp/{creator}/lead.webp", f"records/{creator}.json")

    def complete(self, ingredients: Ingredients[Any], lead: bytes) -> Made:
        raise AssertionError(f"{ingredients.creator} has one worker: {len(lead)} bytes")


@dataclass(frozen=True)
class StoreSource:
    """Covers out of a bucket: a URL's host is the bucket, its path the key."""

    store: DirectoryStore
    blocked_hosts = "no host is asked"

    def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
        if seconds_left <= 0:
            return Failed(Reason.OUT_OF_TIME)
        place = urlsplit(url)
        found = self.store.get(place.netloc, place.path[1:])
        return Failed(http_reason(404)) if found is None else Fetched(found.body)


@pytest.fixture
def source(tmp_path: Path) -> StoreSource:
    """A bucket `covers` with the covers 0 to 9, and one that is no picture."""
    store = DirectoryStore({"covers": tmp_path})
    for number in range(10):
        store.put("covers", f"{number}.jpg", encoded(numbered(number)), content_type="image/jpeg")
    store.put("covers", "page.jpg", b"<html>Sign in</html>", content_type="image/jpeg")
    return StoreSource(store)


def work[Part](
    data: bytes,
    source: StoreSource,
    product: Recipe[Part],
    output: dict[str, bytes],
    *,
    first: int = 0,
    seconds_left: float = PLENTY,
) -> Receipt:
    """The work on `data` from its byte `first` on."""
    asked = replace(message(data), byte_range=(CHUNK_START + first, CHUNK_START + len(data) - 1))

    def put(key: str, body: bytes, *, content_type: str) -> str:
        places = ("collages/", "metadata/", "thumb", "records/")
        assert content_type == "image/webp" or key.startswith(places)
        output[key] = body
        return f"etag of {key}"

    return process_chunk(
        data[first:],
        asked,
        product,
        source=source,
        writer=SoleWriter(put),
        seconds_left=lambda: seconds_left,
    )


def rows(creator: str, *names: str) -> bytes:
    return chunk([(creator, f"http://covers/{name}.jpg", "2026-09-01") for name in names])


EVERY_FATE = (
    rows("ana", "1", "2", "1", "gone")
    + b"bo,not a url,\n"
    + b",http://covers/1.jpg,\n"
    + rows("cy", "page", "gone")
    + rows("di", "3")
)


def test_another_product_goes_through_the_engine_with_balanced_books(
    source: StoreSource, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    output: dict[str, bytes] = {}
    receipt = work(EVERY_FATE, source, WebpOfEachCover(), output)

    receipt.books.check_balance("this test's chunk")
    assert receipt.books.rows == RowCounts(total=9, placed=3, duplicate=1, rejected=2, failed=3)
    assert receipt.books.reasons == {
        "http_404": 2, Reason.NOT_AN_IMAGE: 1, Reason.INVALID_URL: 1, Reason.NO_CREATOR: 1
    }  # fmt: skip
    assert receipt.books.creators == CreatorCounts(total=4, complete=1, partial=1, failed=2)
    ana = receipt.results[0]
    assert ana.known_objects == {
        "webp_0": WrittenObject("etag of webp/ana/1.webp", len(output["webp/ana/1.webp"])),
        "webp_1": WrittenObject("etag of webp/ana/2.webp", len(output["webp/ana/2.webp"])),
        "metadata": WrittenObject("etag of records/ana.json", len(output["records/ana.json"])),
    }
    assert json.loads(output.pop("records/ana.json")) == {
        kind: ana.known_objects[kind].bytes for kind in ("webp_0", "webp_1")
    }
    for creator in ("bo", "cy", "di"):
        output.pop(f"records/{creator}.json")
    assert [(result.creator, result.outcome, result.collage_key) for result in receipt.results] == [
        ("ana", Outcome.PARTIAL, "webp/ana/1.webp"),
        ("bo", Outcome.FAILED, None),
        ("cy", Outcome.FAILED, None),
        ("di", Outcome.COMPLETE, "webp/di/3.webp"),
    ]
    shown = {}
    for key, body in output.items():
        with closing(Image.open(BytesIO(body))) as picture:
            assert (picture.format, picture.size) == ("WEBP", SIZE)
            shown[key] = read_number(picture.convert("RGB"))
    assert shown == {"webp/ana/1.webp": 1, "webp/ana/2.webp": 2, "webp/di/3.webp": 3}
    assert "✓ Created webp/ana/1.webp, the first of 2 files" in caplog.messages


def test_another_product_goes_on_where_the_time_of_a_worker_ran_out(source: StoreSource) -> None:
    whole: dict[str, bytes] = {}
    parts: dict[str, bytes] = {}
    expected = work(EVERY_FATE, source, WebpOfEachCover(), whole)
    receipt = work(EVERY_FATE, source, WebpOfEachCover(), parts, seconds_left=10.0)
    workers = 1
    while receipt.resume_at is not None:
        first = receipt.resume_at - CHUNK_START
        rest = work(EVERY_FATE, source, WebpOfEachCover(), parts, first=first, seconds_left=10.0)
        receipt = add_receipts(receipt, rest)
        workers += 1
    assert workers > 2
    assert to_json(without_time(receipt)) == to_json(without_time(expected))
    assert parts == whole


def test_covers_of_a_store_become_collages(source: StoreSource) -> None:
    output = Output()
    data = rows("ana", "4", "2", "gone", "7")
    receipt = work(data, source, recipe(data), output)
    (result,) = receipt.results
    assert result.rows == RowCounts(total=4, placed=3, failed=1)
    collage = output.collage(result)
    assert [read_number(cell_of(collage, index, 3)) for index in range(3)] == [4, 2, 7]
    assert set(output) == {
        result.collage_key, keys.thumbnail("ana", TIMESTAMP), keys.metadata("ana", TIMESTAMP)
    }  # fmt: skip


def test_what_a_source_says_of_blocked_hosts_is_in_the_log(
    source: StoreSource, caplog: pytest.LogCaptureFixture
) -> None:
    class Blocking(StoreSource):
        def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
            assert (url, seconds_left) > ("", 0)
            return Failed(Reason.BLOCKED_ADDRESS)

    work(rows("ana", "1"), Blocking(source.store), WebpOfEachCover(), {})
    assert "ended as blocked_address: no host is asked" in caplog.text


def test_a_fault_of_a_recipe_ends_the_work(source: StoreSource) -> None:
    class Broken(WebpOfEachCover):
        def make(self, ingredients: Ingredients[bytes]) -> Made:
            raise ZeroDivisionError(ingredients.creator)

    with pytest.raises(ZeroDivisionError):
        work(EVERY_FATE, source, Broken(), {})


def test_parts_of_any_size_are_made_one_by_one_when_they_are_large(source: StoreSource) -> None:
    class Huge(WebpOfEachCover):
        part_bytes = 10**12

    output: dict[str, bytes] = {}
    receipt = work(EVERY_FATE, source, Huge(), output)
    assert (receipt.books.rows.total, len(output)) == (9, 3 + 4)


def test_a_message_that_leaves_the_trigger_open_is_refused(source: StoreSource) -> None:
    data = rows("ana", "1")
    with pytest.raises(ValueError, match="00000-abc has no trigger"):
        process_chunk(
            data,
            replace(message(data), trigger=None),
            WebpOfEachCover(),
            source=source,
            writer=SoleWriter(Output().put),
            seconds_left=lambda: PLENTY,
        )
