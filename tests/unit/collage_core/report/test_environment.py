"""The templates that pages share, with everything that a run can have."""

import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import TemplateNotFound, UndefinedError

import collage_core.report
from collage_core.contract.books import Books, DownloadCounts, RowCounts
from collage_core.contract.distribution import Distribution
from collage_core.contract.figures import MOST_HOSTS, Cost, CountedWork, FailedHosts, RunFigures
from collage_core.report.advice import advice
from collage_core.report.environment import as_bytes, environment, style
from tests.support import runs

FOLDER = Path(collage_core.report.__file__).parent
WORK = CountedWork(
    chunks=2,
    invocations=3,
    seconds=93.4,
    puts=10,
    lists=2,
    gets=7,
    queue_requests=6,
    lambda_usd=1.5,
    s3_usd=0.25,
    sqs_usd=0.0001,
)
COST = Cost.of(planned=2.0, counted=WORK.usd, planned_seconds=60, work=WORK)
FIGURES = RunFigures(
    failed_hosts=FailedHosts.of({"<b>evil</b>": 3, "cdn.example": 1}, failed=6),
    chunk_seconds=Distribution.of([1, 2, 93]),
    covers_per_second=Distribution.of([]),
    cost=COST,
)


def rendered(macro: str, **values: object) -> str:
    source = (
        '{% import "_run.html" as shown %}{% import "_charts.html" as charts %}{{ ' + macro + " }}"
    )
    return environment().from_string(source).render(**values)


class Tables(HTMLParser):
    """Each table's caption and cells, as somebody without a style sheet reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.captions: list[str] = []
        self.rows: list[list[str]] = []
        self._text: list[str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in {"caption", "th", "td"}:
            self._text = []

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if self._text is None or tag not in {"caption", "th", "td"}:
            return
        text, self._text = " ".join("".join(self._text).split()), None
        if tag == "caption":
            self.captions.append(text)
        else:
            self.rows[-1].append(text)


def test_the_rows_are_a_table_with_all_numbers() -> None:
    books = Books(rows=RowCounts(12, 7, 1, 1, 1, 2), downloads=DownloadCounts(kept=3))
    tables = Tables(rendered("shown.rows(books)", books=books))
    assert tables.captions == ["What became of 12 rows"]
    labels, counts = tables.rows
    assert dict(zip(labels, counts, strict=True)) == {
        "All": "12",
        "placed, kept before": "3",
        "placed, fetched": "4",
        "duplicate": "1",
        "not selected": "1",
        "rejected": "1",
        "failed": "2",
    }


def test_a_run_without_rows_is_no_error() -> None:
    assert "What became of 0 rows" in rendered("shown.rows(books)", books=Books())


def test_reasons_are_sorted_and_say_what_to_do() -> None:
    tables = Tables(rendered("shown.reasons(counts)", counts={"timeout": 2, "http_404": 9}))
    assert [row[:2] + row[3:] for row in tables.rows[1:]] == [
        ["http_404", "9", advice("http_404")],
        ["timeout", "2", advice("timeout")],
    ]


def test_of_very_many_hosts_the_worst_are_named() -> None:
    every = FailedHosts.total(
        FailedHosts.of({f"host-{number:03d}": 1000 - number}, failed=1000 - number)
        for number in range(100)
    )
    html = rendered("shown.hosts(hosts)", hosts=every)
    assert html.count("host-") == MOST_HOSTS
    assert f"{sum(1000 - number for number in range(MOST_HOSTS, 100)):,}" in html


def test_hosts_are_text_and_the_unnamed_ones_are_counted() -> None:
    html = rendered("shown.hosts(hosts)", hosts=FIGURES.failed_hosts)
    assert "<b>evil" not in html
    assert [row[:2] for row in Tables(html).rows[1:]] == [
        ["<b>evil</b>", "3"],
        ["cdn.example", "1"],
        ["other hosts", "2"],
    ]


def test_the_cost_is_planned_against_counted_and_by_service() -> None:
    html = rendered("shown.cost(cost)", cost=COST)
    assert [row[:2] for row in Tables(html).rows if row[0] in {"planned", "counted", "S3"}] == [
        ["planned", "2.00 USD"],
        ["counted", "1.75 USD"],
        ["S3", "0.2500 USD"],
    ]
    assert "--size: 0.8750" in html  # 1.75 of 2.00
    assert rendered("shown.cost(cost)", cost=None).strip() == ""
    assert "counted" in rendered("shown.cost(cost)", cost=Cost(1.0, 2.0))


def test_durations_are_of_a_run_or_of_a_period() -> None:
    of_run = Tables(rendered("shown.durations(figures)", figures=FIGURES)).rows[1:]
    assert of_run == [["time of the worker", "1 s", "2 s", "1 min 33 s", "1 min 33 s"]]
    period = {"chunk_seconds": FIGURES.chunk_seconds.spread, "covers_per_second": None}
    assert Tables(rendered("shown.durations(figures)", figures=period)).rows[1:] == of_run


@pytest.mark.parametrize("macro", ["columns", "lines"])
def test_values_over_days_are_a_table_and_links(macro: str) -> None:
    series = [
        {"label": "placed", "look": "good", "values": [1200, None]},
        {"label": "<i>failed", "look": "bad", "values": [3, 0]},
    ]
    html = rendered(
        f"charts.{macro}('By day', labels, series, links=links)",
        labels=["01", "02"],
        series=series,
        links=["/a?b&c", "/d"],
    )
    drawn = ["01", "1,200", "3"], ["02", "—", "0"]
    assert [row for row in Tables(html).rows if row[0] != "Time"] == [*drawn, *drawn]
    assert "<i>" not in html
    assert 'href="/a?b&amp;c"' in html


def test_progress_says_its_numbers() -> None:
    html = rendered("charts.progress(412, 1000, 'chunks')")
    assert "412 of 1,000 chunks (41.2%)" in html
    assert 'value="412" max="1000"' in html
    assert "0 of 0 chunks (—)" in rendered("charts.progress(0, 0, 'chunks')")


def test_the_header_names_the_run_in_words() -> None:
    summary = runs.summary("monthly-1", "20261001_000000", Books(rows=RowCounts(1, placed=1)))
    html = rendered("shown.header(run, note='A & B')", run=summary)
    assert "Collages of 2026-10-01 00:00:00 UTC" in html
    assert "A &amp; B" in html
    assert "Collages of October 2026" in rendered("shown.header(run, 'October 2026')", run=summary)


def test_a_state_is_a_sign_and_a_word() -> None:
    assert "✓ success" in rendered("shown.status('success')")
    assert "up_for_retry" in rendered("shown.status('up_for_retry')")


def test_every_look_has_a_colour() -> None:
    sheet = style()
    looks = set(re.findall(r'"look": "([a-z-]+)"', (FOLDER / "templates/_run.html").read_text()))
    looks |= set(
        re.findall(r'"(good|kept|quiet-part|pale|warn|bad)"', (FOLDER / "row_parts.py").read_text())
    )
    assert len(looks) >= 7
    for look in looks:
        assert re.search(rf"^\.{look} \{{ --color:", sheet, re.MULTILINE), look


def test_what_a_template_does_not_have_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nothing }}").render()
    with pytest.raises(TemplateNotFound):
        environment().get_template("no_such.html")


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    assert as_bytes("a\ud800ü") == "a?ü".encode()


def test_what_is_vendored_is_what_its_package_has() -> None:
    lines = (FOLDER / "vendored" / "VERSIONS").read_text().splitlines()
    assert lines
    files = {"VERSIONS"}
    for line in lines:
        package, version, licence, name, digest = line.split()
        file = FOLDER / "vendored" / name
        assert hashlib.sha256(file.read_bytes()).hexdigest() == digest, (package, version)
        text = (FOLDER / "vendored" / f"LICENSE.{package}").read_text()
        assert text.startswith(licence)
        assert text in style()
        files |= {name, f"LICENSE.{package}"}
    assert {path.name for path in (FOLDER / "vendored").iterdir()} == files


def test_the_style_asks_nobody_for_anything() -> None:
    assert not re.search(r"url\(|@import|https?:|sourceMapping|</", style())
