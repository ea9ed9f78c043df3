"""What is kept: every usable picture once, whatever a collage would have room for."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from msgspec.structs import replace
from PIL import Image

from collage_core.contract.books import ObjectCounts
from collage_core.contract.cell_size import CELL_SIZES, DEFAULT_CELL_SIZE
from collage_core.contract.reasons import Reason
from collage_core.contract.receipt import Outcome, Receipt
from collage_core.covers.rows import CoverRow
from collage_core.pictures.imaging import decode_cell
from collage_core.recipes.keep.recipe import KeepRecipe
from collage_core.settings import Settings
from collage_core.sources.http.fetcher import Fetcher
from collage_core.worker.chunk import process_chunk
from collage_core.worker.loading import PART_BYTES_AHEAD
from collage_core.worker.writing import NoWriter
from tests.support.chunks import PLENTY, chunk, message, recipe
from tests.support.cover_host import CoverHost, cover_host, response
from tests.support.pictures import encoded, photograph

RECIPE = KeepRecipe(DEFAULT_CELL_SIZE)


@pytest.fixture
def host() -> Iterator[CoverHost]:
    with cover_host() as server:
        yield server


def row(number: int, url: str = "") -> CoverRow:
    return CoverRow("ana", url or f"https://cdn.example/{number}.jpg", None, number, number)


def keep(data: bytes, **config: Any) -> Receipt:
    asked = message(data, **config)
    with Fetcher(("127.0.0.1",), asked.config) as fetcher:
        return process_chunk(
            data,
            asked,
            RECIPE,
            source=fetcher,
            writer=NoWriter(),
            seconds_left=lambda: PLENTY,
        )


def test_all_pictures_are_asked_for_once_and_none_is_left_for_later() -> None:
    rows = [row(number) for number in range(1000)]
    again = row(1000, "https://cdn.example/7.jpg")
    chosen = RECIPE.select([*rows, again])
    assert chosen.selected == rows
    assert chosen.duplicates == [again]
    assert not chosen.not_selected
    assert not chosen.reserves
    assert RECIPE.select([]).selected == []


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
def test_a_cover_is_usable_when_a_collage_can_show_it(form: str) -> None:
    picture = BytesIO()
    Image.effect_noise((300, 400), 80).convert("RGB").save(picture, form)
    body = picture.getvalue()
    assert RECIPE.decode(body) is True
    cut = body[: len(body) // 3]
    assert RECIPE.decode(cut) == decode_cell(cut)
    assert isinstance(RECIPE.decode(cut), Reason)


def test_a_progressive_jpeg_that_lacks_its_last_scans_is_not_usable() -> None:
    body = encoded(photograph(1, 360, 480), progressive=True)
    for part in (0.4, 0.6, 0.8):
        cut = body[: int(len(body) * part)]
        assert RECIPE.decode(cut) == decode_cell(cut) == Reason.TRUNCATED_IMAGE


def test_covers_are_decoded_for_the_cells_of_the_deployment() -> None:
    settings, asked = Settings(cell_size=CELL_SIZES["360x480"]), message(b"rows")
    assert KeepRecipe.of(settings, asked).cell_size == CELL_SIZES["360x480"]
    small = replace(asked, cell_size="180x240")
    assert KeepRecipe.of(settings, small).cell_size == CELL_SIZES["180x240"]


@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b"\xff\xd8\xff"])
def test_what_is_no_picture_has_the_reason_that_a_collage_gives(body: bytes) -> None:
    assert RECIPE.decode(body) == decode_cell(body)
    assert isinstance(RECIPE.decode(body), Reason)


def test_a_chunk_is_loaded_ahead_in_part_only() -> None:
    assert 1000 < PART_BYTES_AHEAD // RECIPE.part_bytes < 5000


def test_the_books_of_a_chunk_balance_and_count_no_object(host: CoverHost) -> None:
    host.answer("/1.jpg", response(encoded(Image.new("RGB", (60, 80), "red"))))
    host.answer("/2.jpg", response(b"<html>"))
    data = chunk(
        [
            ("ana", host.url("/1.jpg"), "2026-10-02"),
            ("ana", host.url("/2.jpg"), "2026-10-01"),
            ("ben", host.url("/missing.jpg"), "2026-10-01"),
            ("cem", host.url("/1.jpg"), "2026-10-01"),
        ]
    )
    receipt = keep(data)
    receipt.books.check_balance("the chunk")
    outcomes = {result.creator: result.outcome for result in receipt.results}
    assert outcomes == {
        "ana": Outcome.PARTIAL, "ben": Outcome.FAILED, "cem": Outcome.COMPLETE
    }  # fmt: skip
    assert receipt.books.reasons == {"http_404": 1, "not_an_image": 1}
    assert receipt.books.objects == ObjectCounts()
    assert all(result.collage_key is None for result in receipt.results)
    assert all(result.objects == {} for result in receipt.results)


def test_no_object_of_another_recipe_is_dropped_in_silence(host: CoverHost) -> None:
    host.answer("/1.jpg", response(encoded(Image.new("RGB", (60, 80), "red"))))
    data = chunk([("ana", host.url("/1.jpg"), "2026-10-02")])
    asked = message(data)
    with (
        Fetcher(("127.0.0.1",), asked.config) as fetcher,
        pytest.raises(ValueError, match="none may be written"),
    ):
        process_chunk(
            data,
            asked,
            recipe(data),
            source=fetcher,
            writer=NoWriter(),
            seconds_left=lambda: PLENTY,
        )
