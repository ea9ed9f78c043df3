"""The page about a run, as text and in a real browser."""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from msgspec.structs import replace
from PIL import Image

from collage_core.contract.books import Books, CreatorCounts, ObjectCounts, RowCounts
from collage_core.contract.receipt import CreatorResult, Outcome
from collage_core.contract.rejected import RejectedRow
from collage_core.contract.summary import RunSummary
from collage_core.layout import keys
from collage_core.layout.creator_names import encode_creator
from collage_core.report.advice import advice
from collage_core.report.index_page import index_page
from tests.support import runs
from tests.support.strategies import HOSTILE_NAMES, names

ATTACKS = [
    "<script>document.title='attacked'</script>",
    "</script><img src=x onerror=\"document.title='attacked'\">",
    "{{ 7 * 7 }}",
    '"><svg onload=alert(1)>',
    "<!--",
]
TS = runs.TIMESTAMP


def summary(reasons: dict[str, int] | None = None, **changes: object) -> RunSummary:
    failed = sum((reasons or {}).values())
    books = Books(
        rows=RowCounts(total=5 + failed, placed=5, failed=failed),
        reasons=reasons or {},
        creators=CreatorCounts(total=1, complete=1),
        objects=ObjectCounts(1, 1, 9),
    )
    return replace(runs.summary("monthly-1", str(TS), books), **changes)


def result(name: str, reasons: dict[str, int] | None = None) -> CreatorResult:
    failed = sum((reasons or {}).values())
    outcome = Outcome.PARTIAL if failed else Outcome.COMPLETE
    rows = RowCounts(total=3 + failed, placed=3, failed=failed)
    key = f"collages/manual/{encode_creator(name)}_collage_{TS}.jpg"
    return CreatorResult(name, outcome, rows, key, reasons or {})


def failed(name: str, reasons: dict[str, int]) -> CreatorResult:
    count = sum(reasons.values())
    return CreatorResult(name, Outcome.FAILED, RowCounts(count, failed=count), None, reasons)


class Tags(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def data_of(page: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    parsed: dict[str, object] = json.loads(found[1])
    return parsed


def test_the_books_and_what_to_do_are_there_without_the_script() -> None:
    page = index_page(
        summary({"http_404": 2, "timeout": 1}, rejected=[RejectedRow(7, "bad_row")]),
        [result("ana")],
        note="A & B",
    ).decode()
    assert "A &amp; B" in page
    assert "Collages of 2026-10-01 00:00:00 UTC" in page
    assert page.index(advice("http_404")) < page.index(advice("timeout"))
    assert "line 7: bad_row" in page
    assert "not listed" not in page
    assert "1 of the creators is not listed here" in index_page(summary(), []).decode()


def test_the_page_asks_nobody_for_anything() -> None:
    page = index_page(summary(), [result(name) for name in ATTACKS]).decode()
    for tag, attributes in Tags(page).found:
        assert tag not in {"img", "iframe", "object", "svg", "base", "a"}, tag
        assert not {"src", "action"} & attributes.keys(), tag
        assert attributes.get("href") in {None, "data:,"}
    assert not re.search(
        r"""url\(|@import|https?://|fetch\(|XMLHttp""", page.split("</script>")[-2]
    )
    assert "default-src 'none'" in page


@given(names)
def test_any_name_reaches_the_script_as_it_is_and_adds_no_tag(name: str) -> None:
    page = index_page(summary(), [result(name)]).decode()
    (entry,) = data_of(page)["creators"]  # type: ignore[misc]
    assert entry[0] == name
    plain = index_page(summary(), [result("ana")]).decode()
    assert len(Tags(page).found) == len(Tags(plain).found)


def test_half_a_surrogate_pair_does_no_harm() -> None:
    assert b"?" in index_page(summary(), [result("a\ud800")])


@pytest.mark.thorough
def test_a_page_of_sixty_thousand_creators_has_less_than_a_hundred_bytes_for_each() -> None:
    many = [
        result(f"Somebody Number {number}", {"http_404": 2} if number % 5 == 0 else None)
        for number in range(60_000)
    ]
    empty = index_page(summary(), [])
    page = index_page(summary(), many)
    assert (len(page) - len(empty)) / len(many) < 100
    assert len(empty) < 100_000  # the style sheet of the charts has 60,000


def dom(page: bytes, folder: Path, *, fragment: str = "") -> str:
    """The page after a browser has run its script, from a disk."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no Chromium here: tests/oddities/chromium.sh installs it")
    path = folder / "index.html"
    path.write_bytes(page)
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile"]
    finished = subprocess.run(  # noqa: S603  the browser, with options of ours
        [program, *options, "--enable-logging=stderr", "--dump-dom", f"{path.as_uri()}{fragment}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "CONSOLE" not in finished.stderr, finished.stderr
    return finished.stdout


def links(page: str) -> Sequence[str]:
    found = (attributes.get("href") for tag, attributes in Tags(page).found if tag == "a")
    return [href for href in found if href]


@pytest.mark.thorough
def test_a_browser_shows_every_name_as_text_and_links_its_collage(tmp_path: Path) -> None:
    creators = [*ATTACKS, *HOSTILE_NAMES]
    thumbnail, folder = tmp_path / keys.thumbnail("Ana", TS), tmp_path / "page"
    for parent in (thumbnail.parent, folder):
        parent.mkdir(parents=True)
    Image.new("RGB", (40, 38)).save(thumbnail)  # one that is not there is replaced by words
    shown = dom(index_page(summary(), map(result, creators), root="../"), folder)
    assert "<title>Collages of" in shown
    assert shown.count("<article>") == len(creators)
    assert [unquote(href) for href in links(shown)] == [
        f"../{result(name).collage_key}" for name in creators
    ]
    assert all("=" not in href for href in links(shown))  # a key's signs are percent-encoded
    assert f'src="../{quote(keys.thumbnail("Ana", TS))}"' in shown
    assert 'loading="lazy"' in shown


@pytest.mark.thorough
def test_a_browser_shows_reasons_and_finds_names_without_accents(tmp_path: Path) -> None:
    creators = [result("Ana Müller", {"http_404": 2}), result("bo"), failed("cy", {"timeout": 1})]
    page = index_page(summary({"http_404": 2, "timeout": 1}), creators)
    shown = dom(page, tmp_path)
    assert f"2 http_404: {advice('http_404')}" in shown
    assert ">no collage<" in shown
    assert ">3 of 3<" in shown
    shown = dom(page, tmp_path, fragment="#muller")
    assert shown.count("<article>") == 1
    assert ">Ana Müller</h3>" in shown
    assert ">1 of 3<" in shown


@pytest.mark.thorough
def test_a_search_in_the_address_works_on_a_page_that_is_open(tmp_path: Path) -> None:
    page = index_page(summary(), [result("Ana Müller"), result("bo")])
    shown = dom(page + b"<script>location.hash = '#muller'</script>", tmp_path)
    assert shown.count("<article>") == 1
    assert ">Ana Müller</h3>" in shown


@pytest.mark.thorough
def test_a_picture_that_has_the_focus_of_the_keyboard_shows_it_within_its_card(
    tmp_path: Path,
) -> None:
    look = b"""<script>
    document.querySelector("article a").focus();
    const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(document.activeElement);
    document.title = [outlineStyle, outlineWidth, outlineOffset].join(" ");
    </script>"""
    shown = dom(index_page(summary(), [result("ana")]) + look, tmp_path)
    assert "<title>solid 3px -3px</title>" in shown  # a card cuts off what is outside of it


@pytest.mark.thorough
def test_a_name_of_any_length_leaves_its_card_a_card(tmp_path: Path) -> None:
    look = b"""<script>
    document.title = document.querySelector("article h3").offsetHeight;
    </script>"""
    shown = dom(index_page(summary(), [result("x" * 100_000)]) + look, tmp_path)
    height = re.search(r"<title>(\d+)</title>", shown)
    assert height
    assert 20 < int(height[1]) < 150


@pytest.mark.thorough
def test_a_browser_lists_the_files_of_each_name(tmp_path: Path) -> None:
    page = index_page(summary(), [result("Ana Müller"), failed("cy", {"timeout": 1})]).decode()
    as_table = page.replace('value="gallery" checked', 'value="gallery"').replace(
        'value="table"', 'value="table" checked'
    )
    shown = dom(as_table.encode(), tmp_path)
    assert [unquote(href) for href in links(shown)] == [
        result("Ana Müller").collage_key,
        keys.collage_by_creator("Ana Müller", TS),
        keys.thumbnail("Ana Müller", TS),
        keys.metadata("Ana Müller", TS),
        keys.metadata("cy", TS),
    ]


@pytest.mark.thorough
def test_a_browser_draws_a_part_of_many_creators(tmp_path: Path) -> None:
    shown = dom(index_page(summary(), [result(f"c{n}") for n in range(5000)]), tmp_path)
    assert 60 <= shown.count("<article>") <= 600
    assert ">5,000 of 5,000<" in shown
