"""The gallery of a run: a page of creators, searched and filtered, in few requests."""

import json
import unicodedata
from collections.abc import Callable, Mapping

import msgspec
import pytest
from hypothesis import given

from collage_core.contract.receipt import CreatorResult, Outcome
from collage_core.contract.run_record import RecordedCreators
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.run import Run
from collage_core.run.run_record import write_record
from collage_core.views import gallery
from collage_core.views.creator_index import CreatorIndex, fold
from collage_core.views.gallery import PER_PAGE, GalleryPage, GalleryQuery, read_gallery
from tests.support.counted_store import CountedStore
from tests.support.families import close_member, family_plan, result
from tests.support.runs import TIMESTAMP, plan
from tests.support.strategies import HOSTILE_NAMES, names
from tests.support.viewed_runs import OUTPUT, SETTINGS, TEMP, ViewedRun, many_chunks

RUN_ID = "monthly-1"
type Results = Mapping[str, CreatorResult]

RESULTS: Results = {
    one.creator: one
    for one in (
        result("ana", 3),
        result("Ana María", 2, 1),
        result("bo", 0, 2, "http_404"),
        result("zoë", 1, 4, "expired_url"),
        result("ﬁlm.fan", 1),
    )
}


def closed(results: Results, *, most: int = 50_000) -> CountedStore:
    """The store with the record of a closed run."""
    store = CountedStore()
    manifest = family_plan(RUN_ID, TIMESTAMP, results)
    close_member(store, manifest, results)
    write_record(Run(SETTINGS, store, manifest), results.values(), most=most)
    store.forget_requests()
    return store


def shown(store: CountedStore, *, page: int = 1, **query: object) -> GalleryPage:
    return read_gallery(store, SETTINGS, RUN_ID, TIMESTAMP, GalleryQuery(**query), page=page)  # type: ignore[arg-type]


def named(found: GalleryPage) -> list[str]:
    return [one.creator for one in found.creators]


def test_a_closed_run_shows_its_creators_by_the_bytes_of_their_names() -> None:
    store = closed(RESULTS)
    found = shown(store)
    assert named(found) == ["Ana María", "ana", "bo", "zoë", "ﬁlm.fan"]
    assert (found.found, found.searched, found.is_complete) == (5, 5, True)
    assert (found.receipts_read, found.why_empty) == (None, "")
    assert store.requests == 2


def test_a_creator_says_what_became_of_the_rows_and_where_the_pictures_are() -> None:
    by_name = {one.creator: one for one in shown(closed(RESULTS)).creators}
    zoe, bo = by_name["zoë"], by_name["bo"]
    assert (zoe.outcome, zoe.rows, zoe.missing) == (Outcome.PARTIAL, RESULTS["zoë"].rows, 4)
    assert zoe.reasons == {"expired_url": 4}
    assert zoe.collage_key == RESULTS["zoë"].collage_key
    assert zoe.thumbnail_key == keys.thumbnail("zoë", TIMESTAMP)
    assert (bo.outcome, bo.collage_key, bo.thumbnail_key) == (Outcome.FAILED, None, None)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"text": "ANA"}, ["Ana María", "ana"]),
        ({"text": " maria "}, ["Ana María"]),
        ({"text": "Zoe"}, ["zoë"]),
        ({"text": "FILM"}, ["ﬁlm.fan"]),
        ({"missing_only": True}, ["Ana María", "bo", "zoë"]),
        ({"outcome": Outcome.FAILED}, ["bo"]),
        ({"outcome": Outcome.COMPLETE}, ["ana", "ﬁlm.fan"]),
        ({"reason": "expired_url"}, ["zoë"]),
        ({"reason": "timeout", "text": "ana"}, ["Ana María"]),
        ({"reason": "timeout", "outcome": Outcome.FAILED}, []),
        ({"text": "<script>"}, []),
    ],
)
def test_creators_are_searched_and_filtered(query: dict[str, object], expected: list[str]) -> None:
    found = shown(closed(RESULTS), **query)
    assert named(found) == expected
    assert found.found == len(expected)
    assert found.searched == len(RESULTS)
    assert bool(found.why_empty) == (not expected)


def test_the_filter_knows_how_many_creators_have_each_reason() -> None:
    found = shown(closed(RESULTS), text="nobody")
    assert found.reasons == {"timeout": 1, "http_404": 1, "expired_url": 1}


def test_pages_have_sixty_creators_and_the_nearest_is_shown() -> None:
    results = {f"c{number:03}": result(f"c{number:03}", 1) for number in range(2 * PER_PAGE + 5)}
    store = closed(results, most=50)
    pages = [shown(store, page=number) for number in (1, 2, 3)]
    assert [len(page.creators) for page in pages] == [60, 60, 5]
    assert [name for page in pages for name in named(page)] == [*results]
    assert {page.pages for page in pages} == {3}
    assert shown(store, page=99).page == 3
    assert shown(store, page=-1).page == 1


def test_a_document_is_read_once_as_long_as_it_is_the_same() -> None:
    store = closed(RESULTS, most=2)
    shown(store)
    assert len(store.gets) == 3
    store.forget_requests()
    shown(store, text="ana")
    assert (len(store.gets), len(store.lists)) == (0, 1)
    write_record(
        Run(SETTINGS, store, family_plan(RUN_ID, TIMESTAMP, RESULTS)),
        [result("ana", 1), result("new", 1)],
        most=2,
    )
    assert named(shown(store)) == ["ana", "new"]


def test_only_some_documents_of_a_huge_record_are_looked_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gallery, "MOST_RECORDS", 2)
    store = closed(RESULTS, most=2)
    found = shown(store)
    assert (found.searched, found.is_complete, len(store.gets)) == (4, False, 2)


def test_a_page_of_the_record_that_cannot_be_read_is_named_and_the_others_are_shown() -> None:
    store = closed(RESULTS, most=2)
    key = keys.recorded_creators(TIMESTAMP, RUN_ID, 2)
    store.put(OUTPUT, key, b'{"schema_version": 2}', content_type="application/json")
    found = shown(store)
    assert named(found) == ["Ana María", "ana", "ﬁlm.fan"]
    assert not found.is_complete
    assert [(one.bucket, one.key) for one in found.unreadable] == [(OUTPUT, key)]
    assert "schema_version" in found.unreadable[0].reason


def test_hostile_names_are_found_as_they_are_and_lead_to_their_own_pictures() -> None:
    results = {name: result(name, 1) for name in HOSTILE_NAMES}
    store = closed(results)
    for name in HOSTILE_NAMES:
        one = next(one for one in shown(store, text=name).creators if one.creator == name)
        assert one.thumbnail_key == keys.thumbnail(name, TIMESTAMP)


def test_half_of_a_surrogate_pair_is_read_as_the_contract_reads_it() -> None:
    store = closed(RESULTS)
    page = RecordedCreators(run_id=RUN_ID, page=1, pages=1, creators=[result("ana\ud800", 1)])
    body = json.dumps(msgspec.to_builtins(page)).encode()
    key = keys.recorded_creators(TIMESTAMP, RUN_ID, 1)
    store.put(OUTPUT, key, body, content_type="application/json")
    found = shown(store, text="ana")
    assert named(found) == ["ana\ud800"]
    assert found.creators[0].thumbnail_key == keys.thumbnail("ana\ud800", TIMESTAMP)


@given(names)
def test_case_and_marks_do_not_count(name: str) -> None:
    apart = unicodedata.normalize("NFKD", name)
    assert fold(apart) == fold(name)
    assert fold(fold(name)) == fold(name)
    assert not any(unicodedata.category(each).startswith("M") for each in fold(name))


def working(chunks: int = 3, creators: int = 2) -> ViewedRun:
    run = ViewedRun(many_chunks(chunks, creators))
    run.plan()
    return run


def gallery_of(run: ViewedRun, **query: object) -> GalleryPage:
    run.store.forget_requests()
    return shown(run.store, **query)


def test_a_run_that_works_shows_the_creators_that_are_done() -> None:
    run = working()
    run.finish(2, 0)
    found = gallery_of(run)
    assert named(found) == [*run.chunks[0], *run.chunks[2]]
    assert (found.receipts_read, found.receipts, found.is_complete) == (2, 2, False)
    assert run.store.requests == 3 + 2
    run.finish(1)
    assert gallery_of(run).is_complete


def test_of_many_receipts_the_newest_are_read_and_their_number_is_said() -> None:
    run = working(chunks=gallery.MOST_RECEIPTS + 10, creators=1)
    for number in range(len(run.ids)):
        run.seconds = number
        run.finish(number)
    found = gallery_of(run)
    assert (found.receipts_read, found.receipts) == (gallery.MOST_RECEIPTS, len(run.ids))
    assert (found.searched, found.is_complete) == (gallery.MOST_RECEIPTS, False)
    assert len(run.store.gets) == 1 + gallery.MOST_RECEIPTS
    assert named(found)[0] == "creator-00010-000"


def test_a_search_reads_the_receipts_around_the_name_first() -> None:
    run = working(chunks=gallery.MOST_RECEIPTS + 10, creators=1)
    for number in range(len(run.ids)):
        run.seconds = number
        run.finish(number)
    assert named(gallery_of(run, text="creator-00003")) == ["creator-00003-000"]
    assert named(gallery_of(run, text="00003")) == []


def test_a_receipt_of_another_plan_shows_nobody() -> None:
    run = working()
    run.finish(0)
    body = run.store.objects[TEMP, keys.receipt(run.run_id, run.ids[0])]
    run.put(keys.receipt(run.run_id, "older"), body)
    assert gallery_of(run).receipts == 1


def test_a_receipt_that_cannot_be_read_is_named_and_the_others_are_shown() -> None:
    run = working()
    run.finish(0, 1)
    key = keys.receipt(run.run_id, run.ids[0])
    run.put(key, b"{")
    found = gallery_of(run)
    assert named(found) == [*run.chunks[1]]
    assert [one.key for one in found.unreadable] == [key]


def keeping() -> CountedStore:
    chunks = many_chunks(1, 1)
    run = ViewedRun(chunks, manifest=msgspec.structs.replace(plan(chunks), keep_only=True))
    run.plan()
    run.finish(0)
    return run.store


@pytest.mark.parametrize(
    ("store", "why"),
    [
        (CountedStore, "Nothing is known"),
        (lambda: working().store, "No chunk of this run is done yet"),
        (keeping, "only keeps covers"),
        (lambda: closed({}), "This run has no creators"),
    ],
    ids=["unknown", "planned", "keeps covers", "empty"],
)
def test_a_gallery_without_creators_says_why(store: Callable[[], CountedStore], why: str) -> None:
    found = shown(store())
    assert why in found.why_empty
    assert ([*found.creators], found.found, found.pages) == ([], 0, 1)


def test_what_cannot_be_a_run_is_refused() -> None:
    with pytest.raises(MessageError, match="run_id is"):
        read_gallery(CountedStore(), SETTINGS, "../other", TIMESTAMP)


def test_the_quick_way_to_read_a_page_gives_what_the_contract_gives() -> None:
    results = [*RESULTS.values(), *(result(name, 2, 1) for name in HOSTILE_NAMES)]
    page = RecordedCreators(run_id=RUN_ID, page=1, pages=3, creators=results)
    index = CreatorIndex.of_page(msgspec.json.encode(page))
    assert index.pages == 3
    for one, full in zip(index.creators, results, strict=True):
        assert (one.creator, one.outcome, one.collage_key) == (
            full.creator, full.outcome, full.collage_key,
        )  # fmt: skip
        assert msgspec.structs.astuple(one.rows) == msgspec.structs.astuple(full.rows)
        assert one.missing == full.rows.rejected + full.rows.failed
        assert dict(one.reasons or {}) == dict(full.known_reasons)
