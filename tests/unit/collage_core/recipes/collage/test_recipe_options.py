"""That what a message asks for reaches the picture."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from msgspec.structs import replace
from PIL import Image, ImageChops

from collage_core.contract.books import RowCounts
from collage_core.contract.cell_size import DEFAULT_CELL_SIZE
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.receipt import Outcome
from collage_core.contract.window import Window
from collage_core.covers.rows import CoverRow
from collage_core.recipes.collage.recipe import CollageRecipe
from collage_core.worker.recipe import Ingredients
from tests.support.chunks import message
from tests.support.pictures import RED, alike, encoded, pixel, plain

DAYS = [datetime(2026, 10, day, tzinfo=UTC) for day in (30, 20, 10)]
OCTOBER = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))


def recipe(**options: Any) -> CollageRecipe:
    config = ProcessingConfig(rows=2, cols=3, **options)
    asked = replace(message(b""), config=config, window=OCTOBER)
    return CollageRecipe(asked, 6, by_creator_copies=False, cell_size=DEFAULT_CELL_SIZE)


def collage(creator: str = "ana", covers: int = 3, **options: Any) -> Image.Image:
    made = recipe(**options).make(
        Ingredients(
            creator,
            placed=[CoverRow(creator, "http://a/1", day, 1, 0) for day in DAYS[:covers]],
            parts=[plain(RED) for _ in range(covers)],
            not_placed=[],
            rows=RowCounts(total=covers, placed=covers),
            reasons={},
            outcome=Outcome.COMPLETE,
        )
    )
    return Image.open(BytesIO(made.objects[0].body)).convert("RGB")


def differ(left: Image.Image, right: Image.Image) -> bool:
    return ImageChops.difference(left, right).getbbox() is not None


def test_a_cover_is_fitted_as_the_message_says() -> None:
    wide = encoded(plain(RED, 600, 300), "PNG")
    filled = recipe().decode(wide)
    whole = recipe(fit="contain", background="#102030", corner=20).decode(wide)
    assert isinstance(filled, Image.Image)
    assert isinstance(whole, Image.Image)
    assert filled.getcolors(1) == [(300 * 400, RED)]
    assert alike(pixel(whole, 0.5, 0.1), (16, 32, 48), within=0)
    assert alike(pixel(whole, 0.5, 0.5), RED, within=0)
    assert alike(pixel(whole, 0, 126 / 399), (16, 32, 48), within=0)  # the corner of the cover


def test_the_canvas_is_as_the_message_says() -> None:
    assert collage().size == (900, 800)
    assert collage(trim=True).size == (900, 400)
    assert collage(trim=True, covers=2).size == (600, 400)
    assert collage(margin=10, gutter=5).size == (900 + 2 * 10 + 2 * 5, 800 + 2 * 10 + 5)


def test_each_cell_has_the_label_of_its_own_cover() -> None:
    dated = collage(labels="date", trim=True, format="png")
    cells = [dated.crop((left, 0, left + 300, 400)) for left in (0, 300, 600)]
    assert differ(cells[0], cells[1])
    assert differ(cells[1], cells[2])
    named = collage(labels="creator", trim=True, format="png")
    assert not differ(named.crop((0, 0, 300, 400)), named.crop((300, 0, 600, 400)))
    assert differ(named, collage("bea", labels="creator", trim=True, format="png"))


def test_the_title_has_the_name_and_the_window() -> None:
    title = "{creator}, {start} to {end}"
    assert not differ(collage(title=title), collage(title="ana, 2026-10-01 to 2026-10-31"))
    assert differ(collage(title=title), collage("bea", title=title))
