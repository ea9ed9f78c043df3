"""One creator of a run: the cells, what is missing and why, and which run has made it anew."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from collage_core.contract.collage_metadata import (
    Cell,
    CollageMetadata,
    Grid,
    NotPlaced,
    ShownCover,
)
from collage_core.contract.family import RunName
from collage_core.contract.receipt import CreatorResult
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.report.advice import advice
from collage_core.report.row_parts import ROWS_SHOWN
from collage_core.storage.documents import JSON, to_document
from collage_core.views import creator as creator_view
from collage_core.views.creator import CreatorView, read_creator
from tests.support.counted_store import CountedStore
from tests.support.families import close_member, family_plan, result
from tests.support.recorded_runs import RUN_ID, TIMESTAMP, close_recorded_run
from tests.support.strategies import HOSTILE_NAMES
from tests.support.viewed_runs import OUTPUT, SETTINGS

FIRST, SECOND, THIRD = "20261001_000000", "20261002_000000", "20261003_000000"


@pytest.fixture
def store() -> CountedStore:
    return CountedStore()


def seen(store: CountedStore, name: str, *, run_id: str = RUN_ID) -> CreatorView:
    store.forget_requests()
    found = read_creator(store, SETTINGS, run_id, TIMESTAMP, name)
    assert found is not None
    return found


def metadata(run_id: str, timestamp: str, creator: CreatorResult) -> CollageMetadata:
    return CollageMetadata(
        run_id=run_id,
        run_timestamp=RunTimestamp.parse(timestamp),
        trigger=Trigger.SQS,
        result=creator,
        grid=Grid(rows=2, cols=2, cell_width=300, cell_height=400),
        cells=[],
        not_placed=[],
    )


def put(store: CountedStore, document: CollageMetadata) -> str:
    key = keys.metadata(document.result.creator, document.run_timestamp)
    store.put(OUTPUT, key, to_document(document), content_type=JSON)
    return key


def test_a_collage_is_shown_cell_by_cell_with_what_is_missing_and_why(store: CountedStore) -> None:
    close_recorded_run(store, {"ana": 4}, missing={"ana": 2})
    found = seen(store, "ana")
    assert [[cover is not None for cover in row] for row in found.grid] == [
        [True, True, True],
        [True, False, False],
    ]
    covers = [cell.cover for cell in found.metadata.cells]
    assert [cover for row in found.grid for cover in row if cover] == covers
    assert [(one.reason, one.advice, one.is_failed) for one in found.not_placed] == [
        ("http_404", advice("http_404"), True)
    ] * 2
    assert all("/404/" in one.cover.url for one in found.not_placed)
    assert store.requests == 2


def test_a_creator_without_a_collage_has_no_grid_and_no_picture(store: CountedStore) -> None:
    close_recorded_run(store, {"ana": 1}, missing={"bo": 2})
    found = seen(store, "bo")
    assert found.grid == []
    assert found.not_placed_in_all == 2


def rows(reasons: Sequence[str]) -> list[NotPlaced]:
    return [
        NotPlaced(cover=ShownCover(url=f"https://cdn.example/{n}", updated_at=None), reason=reason)
        for n, reason in enumerate(reasons)
    ]


def test_failed_covers_come_before_those_that_were_not_wanted(store: CountedStore) -> None:
    document = metadata(RUN_ID, TIMESTAMP, result("ana", 3))
    reasons = ["duplicate", "timeout", "not_selected", "http_403"]
    put(store, replace(document, not_placed=rows(reasons)))
    found = seen(store, "ana").not_placed
    assert [one.reason for one in found] == ["timeout", "http_403", "duplicate", "not_selected"]
    assert found[2].advice == ROWS_SHOWN["duplicate"]


def test_of_very_many_rows_the_first_are_shown_and_all_are_counted(
    store: CountedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(creator_view, "MOST_NOT_PLACED", 3)
    document = metadata(RUN_ID, TIMESTAMP, result("ana", 3))
    put(store, replace(document, not_placed=rows(["duplicate"] * 5 + ["timeout"])))
    found = seen(store, "ana")
    assert (len(found.not_placed), found.not_placed_in_all) == (3, 6)
    assert found.not_placed[0].reason == "timeout"


def test_rows_that_could_not_be_used_are_counted_by_reason(store: CountedStore) -> None:
    spoiled = replace(result("ana", 3), reasons={"invalid_url": 2, "timeout": 1})
    put(store, metadata(RUN_ID, TIMESTAMP, spoiled))
    assert seen(store, "ana").rejected == {"invalid_url": 2}


def test_a_grid_that_says_nothing_of_its_canvas_is_drawn_in_full(store: CountedStore) -> None:
    cover = ShownCover(url="https://cdn.example/1", updated_at=None)
    document = metadata(RUN_ID, TIMESTAMP, result("ana", 1))
    put(store, replace(document, cells=[Cell(row=0, col=1, cover=cover)]))
    assert seen(store, "ana").grid == [[None, cover], [None, None]]


@pytest.mark.parametrize("name", ["nobody", "", "Ana", "../ana", "<script>"])
def test_a_run_has_no_creator_of_another_name(store: CountedStore, name: str) -> None:
    close_recorded_run(store, {"ana": 1})
    assert read_creator(store, SETTINGS, RUN_ID, TIMESTAMP, name) is None


def test_the_creator_of_another_run_is_not_shown_as_this_runs(store: CountedStore) -> None:
    put(store, metadata("monthly-2", TIMESTAMP, result("ana", 1)))
    assert read_creator(store, SETTINGS, RUN_ID, TIMESTAMP, "ana") is None


@pytest.mark.parametrize("name", [*HOSTILE_NAMES, "<script>alert(1)</script>", "x" * 300])
def test_hostile_names_lead_to_their_own_documents(store: CountedStore, name: str) -> None:
    for other in {*HOSTILE_NAMES, name}:
        put(store, metadata(RUN_ID, TIMESTAMP, result(other, 1)))
    assert seen(store, name).metadata.result.creator == name


def test_a_document_that_cannot_be_read_is_named_by_the_error(store: CountedStore) -> None:
    key = put(store, metadata(RUN_ID, TIMESTAMP, result("ana", 1)))
    store.put(OUTPUT, key, b'{"schema_version": 2}', content_type=JSON)
    with pytest.raises(MessageError, match=r"ana_metadata.*schema_version"):
        read_creator(store, SETTINGS, RUN_ID, TIMESTAMP, "ana")


def test_what_cannot_be_a_run_is_refused(store: CountedStore) -> None:
    with pytest.raises(MessageError, match="run_id is"):
        read_creator(store, SETTINGS, "a/b", TIMESTAMP, "ana")


def family(store: CountedStore) -> None:
    """A run and two fills: `bo` is made again by the first of them, `cy` by both."""
    before = {"ana": result("ana", 3), "bo": result("bo", 1, 2), "cy": result("cy", 1, 2)}
    fill = {"bo": result("bo", 3), "cy": result("cy", 2, 1)}
    last = {"cy": result("cy", 3)}
    parent = family_plan(RUN_ID, FIRST, before)
    close_member(store, parent, before)
    close_member(store, family_plan("fill-1", SECOND, fill, parent=parent), fill)
    close_member(store, family_plan("fill-2", THIRD, last, parent=parent), last)
    for run_id, second, results in (
        (RUN_ID, FIRST, before), ("fill-1", SECOND, fill), ("fill-2", THIRD, last),
    ):  # fmt: skip
        for one in results.values():
            put(store, metadata(run_id, second, one))


@pytest.mark.parametrize(
    ("name", "newer"),
    [
        ("ana", None),
        ("bo", RunName("fill-1", RunTimestamp.parse(SECOND))),
        ("cy", RunName("fill-2", RunTimestamp.parse(THIRD))),
    ],
)
def test_a_creator_says_which_newer_run_of_the_family_has_made_it_anew(
    store: CountedStore, name: str, newer: RunName | None
) -> None:
    family(store)
    assert seen(store, name).made_anew_by == newer
    assert store.requests == 2 + 1 + 2


def test_a_creator_of_the_newest_fill_was_made_anew_by_none(store: CountedStore) -> None:
    family(store)
    found = read_creator(store, SETTINGS, "fill-1", RunTimestamp.parse(SECOND), "bo")
    assert found is not None
    assert found.made_anew_by is None


def test_a_summary_that_cannot_be_read_is_named_and_the_creator_is_shown(
    store: CountedStore,
) -> None:
    close_recorded_run(store, {"ana": 1})
    key = keys.processing_summary(TIMESTAMP)
    store.put(OUTPUT, key, b"{", content_type=JSON)
    found = seen(store, "ana")
    assert found.made_anew_by is None
    assert [one.key for one in found.unreadable] == [key]
