"""The page about a run in a browser, saved alone and with 60,000 creators."""

from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from collage_core.contract.books import Books, RowCounts
from collage_core.contract.receipt import CreatorResult, Outcome
from collage_core.layout import keys
from collage_core.report.index_page import index_page
from collage_core.report.tile import Tile
from tests.support import runs
from tests.support.browser import Page, browser_page

pytestmark = pytest.mark.thorough

TS = runs.TIMESTAMP
ROOT = "../../../../"
FIRST_PAINT_SECONDS = 2
"""On a processor that other work shares."""


def results(number: int) -> list[CreatorResult]:
    return [
        CreatorResult(
            name,
            Outcome.PARTIAL,
            RowCounts(35, placed=33, failed=2),
            keys.collage(name, TS, runs.plan([]).trigger),
            {"http_404": 2},
        )
        for name in (f"somebody {index:06d}" for index in range(number))
    ]


def tiles(shown: list[CreatorResult]) -> list[Tile]:
    written = BytesIO()
    Image.effect_noise((400, 381), 60).convert("RGB").save(written, "JPEG")
    picture = f"data:image/jpeg;base64,{b64encode(written.getvalue()).decode()}"
    return [Tile(each.creator, picture, f"{ROOT}{each.collage_key}") for each in shown]


def saved(folder: Path, number: int, *, pictures: int) -> str:
    creators = results(number)
    rows = RowCounts(35 * number, placed=33 * number, failed=2 * number)
    summary = runs.summary("monthly-1", str(TS), Books(rows=rows, reasons={"http_404": 2 * number}))
    page = index_page(summary, creators, root=ROOT, tiles=tiles(creators[:pictures]))
    path = folder / "report.html"
    path.write_bytes(page)
    return path.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    try:
        with browser_page() as page:
            yield page
    except FileNotFoundError:
        pytest.skip("no Chromium here: tests/oddities/chromium.sh installs it")


def test_a_page_that_was_saved_alone_shows_the_first_creators_and_says_what_is_not_there(
    tmp_path: Path, browser: Page
) -> None:
    browser.open(saved(tmp_path, 9, pictures=3))
    browser.see("document.querySelectorAll('article').length === 9")
    assert browser.see("[...document.images].filter(one => one.naturalWidth === 400).length === 3")
    assert browser.see("document.querySelectorAll('.elsewhere').length === 6")
    assert "not beside this page" in browser.see("document.querySelector('.elsewhere').innerText")


def test_sixty_thousand_creators_are_painted_within_two_seconds_and_searched(
    tmp_path: Path, browser: Page
) -> None:
    browser.open(saved(tmp_path, 60_000, pictures=60))
    painted = browser.see("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    assert painted < FIRST_PAINT_SECONDS * 1000
    browser.see("document.querySelectorAll('article').length >= 60")
    browser.write("document.getElementById('query')", "059999")
    assert browser.see("document.querySelectorAll('article').length === 1")
    assert browser.value("document.querySelector('article h3').innerText") == "somebody 059999"


def test_a_phone_has_nothing_to_scroll_sideways(tmp_path: Path, browser: Page) -> None:
    browser.resize(390, 844)
    browser.open(saved(tmp_path, 9, pictures=9))
    browser.see("document.querySelectorAll('article').length === 9")
    assert browser.value("document.documentElement.scrollWidth") == 390
    browser.resize(1200, 900)
