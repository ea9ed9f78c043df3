"""The page about a run in the output bucket."""

import json
import logging
import re
from dataclasses import replace as replace_settings
from datetime import UTC, datetime
from html import unescape
from itertools import count
from typing import Any
from urllib.parse import unquote

import pytest
from msgspec.structs import replace

from collage_core.contract.summary import RunSummary
from collage_core.contract.window import Window
from collage_core.errors import MessageError, RaceError
from collage_core.forgetting.reports import take_out_of_report
from collage_core.layout import keys
from collage_core.run.run import Run
from collage_core.run.summaries import read_summary
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.object_store import ObjectStore
from collage_core.views import static_report
from collage_core.views.static_report import read_report_key, try_to_write_report, write_report
from tests.support.memory_store import MemoryStore
from tests.support.recorded_runs import RUN_ID, SETTINGS, TIMESTAMP, close_recorded_run

OUT = SETTINGS.output_bucket
COVERS = {"ana": 4, "Ben": 6, "<b>cléo": 1, "x" * 300: 3}
KEY = "results/processing-summaries/2026/10/report_20261001_000000.html"
OF_RUN = f"results/processing-summaries/2026/10/report_20261001_000000_{RUN_ID}.html"


@pytest.fixture
def run() -> Run[ObjectStore]:
    return close_recorded_run(MemoryStore(), COVERS, missing={"ana": 1, "gone": 2})


def summary_of(run: Run[ObjectStore]) -> RunSummary:
    found = read_summary(run.store, SETTINGS, TIMESTAMP, RUN_ID)
    assert found
    return found[0]


def written(run: Run[ObjectStore]) -> str:
    key = write_report(run.store, run.settings, summary_of(run))
    assert key == KEY
    found = run.store.get(OUT, key)
    assert found
    return found.body.decode()


def data_of(page: str) -> dict[str, Any]:
    found = re.search('id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])  # type: ignore[no-any-return]


def tiles_of(page: str) -> list[str]:
    """The keys of the collages whose thumbnails are in the page."""
    found = re.findall('<a href="((?:\\.\\./)+[^"]*)"><img data-creator', page)
    return [unquote(unescape(href)) for href in found]


def test_the_page_has_all_creators_and_the_thumbnails_of_those_with_a_collage(
    run: Run[ObjectStore],
) -> None:
    page = written(run)
    by_bytes = sorted([*COVERS, "gone"], key=str.encode)
    assert [entry[0] for entry in data_of(page)["creators"]] == by_bytes
    with_collage = [name for name in by_bytes if name != "gone"]
    assert tiles_of(page) == [
        f"../../../../{keys.collage(name, TIMESTAMP, run.manifest.trigger)}"
        for name in with_collage
    ]
    assert page.count('src="data:image/jpeg;base64,') == len(with_collage)
    assert "What became of 17 rows" in page
    assert "http_404" in page


def test_the_way_from_the_page_to_every_file_is_relative(run: Run[ObjectStore]) -> None:
    root = data_of(written(run))["root"]
    folders = KEY.split("/")[:-1]
    assert root == "../" * len(folders)


def test_the_title_says_what_the_covers_are_of(run: Run[ObjectStore]) -> None:
    assert "<title>Collages of 2026-10-01 00:00:00 UTC</title>" in written(run)
    october = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    write_report(run.store, SETTINGS, replace(summary_of(run), window=october))
    found = run.store.get(OUT, KEY)
    assert found
    page = found.body.decode()
    assert "<title>Collages of October 2026</title>" in page
    assert "<h1>Collages of October 2026</h1>" in page


def test_the_same_run_gives_the_same_page(run: Run[ObjectStore]) -> None:
    assert written(run) == written(run)
    assert [key for key in run.store.list_keys(OUT, "") if key.endswith(".html")] == [KEY]


def test_another_run_of_the_same_second_has_a_page_of_its_own(run: Run[ObjectStore]) -> None:
    body = b"of another run"
    run.store.put(OUT, KEY, body, content_type="text/html", metadata={"run": "another"})
    assert read_report_key(run.store, SETTINGS, TIMESTAMP, RUN_ID) is None
    assert write_report(run.store, SETTINGS, summary_of(run)) == OF_RUN
    assert write_report(run.store, SETTINGS, summary_of(run)) == OF_RUN
    kept = run.store.get(OUT, KEY)
    assert kept
    assert kept.body == body
    assert read_report_key(run.store, SETTINGS, TIMESTAMP, RUN_ID) == OF_RUN
    assert read_report_key(run.store, SETTINGS, TIMESTAMP, "another") == KEY


def test_a_run_that_only_keeps_covers_has_no_page(run: Run[ObjectStore]) -> None:
    assert write_report(run.store, SETTINGS, replace(summary_of(run), keep_only=True)) is None
    assert read_report_key(run.store, SETTINGS, TIMESTAMP, RUN_ID) is None


def test_a_thumbnail_that_is_gone_is_left_out_and_named(
    run: Run[ObjectStore], caplog: pytest.LogCaptureFixture
) -> None:
    run.store.delete_keys(OUT, [keys.thumbnail("ana", TIMESTAMP)])
    page = written(run)
    assert len(tiles_of(page)) == 3
    assert "The thumbnail of 'ana' is not in the bucket" in caplog.text
    assert len(data_of(page)["creators"]) == 5


def test_the_first_thumbnails_that_fit_are_in_the_page(
    run: Run[ObjectStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(static_report, "MOST_TILES", 3)
    assert len(tiles_of(written(run))) == 3
    first = run.store.head(OUT, keys.thumbnail("<b>cléo", TIMESTAMP))
    assert first
    monkeypatch.setattr(static_report, "MOST_TILE_BYTES", first.bytes)
    assert len(tiles_of(written(run))) == 1


def test_whoever_was_forgotten_since_does_not_come_back(run: Run[ObjectStore]) -> None:
    made = [keys.metadata("ana", TIMESTAMP), keys.thumbnail("ana", TIMESTAMP)]
    made.append(keys.collage("ana", TIMESTAMP, run.manifest.trigger))
    run.store.delete_keys(OUT, made)
    run.store.put(OUT, keys.forgotten(TIMESTAMP, "0f"), b"{}", content_type="x/y")
    page = written(run)
    assert "ana" not in [entry[0] for entry in data_of(page)["creators"]]
    assert len(data_of(page)["creators"]) == 4


def test_whoever_is_forgotten_while_the_page_is_made_does_not_come_back(
    run: Run[ObjectStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    written(run)
    made = [keys.metadata("ana", TIMESTAMP), keys.thumbnail("ana", TIMESTAMP)]
    made.append(keys.collage("ana", TIMESTAMP, run.manifest.trigger))
    tiles, times = static_report._tiles, count()

    def meanwhile(*given: Any) -> Any:
        if next(times) == 0:
            run.store.put(OUT, keys.forgotten(TIMESTAMP, "0f"), b"{}", content_type="x/y")
            take_out_of_report(run.store, OUT, KEY, "ana")
            run.store.delete_keys(OUT, made)
        return tiles(*given)

    monkeypatch.setattr(static_report, "_tiles", meanwhile)
    page = written(run)
    assert "ana" not in [entry[0] for entry in data_of(page)["creators"]]
    assert len(data_of(page)["creators"]) == 4
    assert "1 of the creators is not listed here: no row of theirs can be used, or" in page


def test_a_page_that_others_write_all_the_time_is_left_to_them(
    run: Run[ObjectStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiles, times = static_report._tiles, count()

    def meanwhile(*given: Any) -> Any:
        body = f"try {next(times)}".encode()
        run.store.put(OUT, KEY, body, content_type="x/y", metadata={"run": RUN_ID})
        return tiles(*given)

    monkeypatch.setattr(static_report, "_tiles", meanwhile)
    with pytest.raises(RaceError, match="written all the time"):
        write_report(run.store, SETTINGS, summary_of(run))


def test_copies_are_linked_only_where_the_run_made_some(run: Run[ObjectStore]) -> None:
    assert data_of(written(run))["keys"]["copy"]
    without = replace(run.manifest, by_creator_copies=None)
    settings = replace_settings(SETTINGS, by_creator_copies=False)
    record = keys.recorded_manifest(TIMESTAMP, RUN_ID)
    run.store.put(OUT, record, to_document(without), content_type=JSON)
    write_report(run.store, settings, summary_of(run))
    found = run.store.get(OUT, KEY)
    assert found
    assert data_of(found.body.decode())["keys"]["copy"] is None


def test_a_page_that_cannot_be_written_is_a_line_and_no_error(
    run: Run[ObjectStore], caplog: pytest.LogCaptureFixture
) -> None:
    summary = summary_of(run)
    run.store.delete_keys(OUT, [keys.recorded_creators(TIMESTAMP, RUN_ID, 1)])
    with pytest.raises(MessageError, match="creators_00001"):
        write_report(run.store, SETTINGS, summary)
    assert try_to_write_report(run.store, SETTINGS, summary) is None
    assert f"The report of run {RUN_ID} could not be written (MessageError: " in caplog.text


def test_where_the_page_is_is_a_line(
    run: Run[ObjectStore], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert try_to_write_report(run.store, SETTINGS, summary_of(run)) == KEY
    assert f"Report: s3://{OUT}/{KEY}" in caplog.text
