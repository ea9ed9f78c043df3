"""All collages of a creator over all runs, and creators by the beginning of their names."""

from dataclasses import replace as dataclass_replace

import pytest

from collage_core.contract.collage_metadata import CollageMetadata, Grid
from collage_core.contract.receipt import Outcome
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.layout import keys
from collage_core.storage.documents import JSON, to_document
from collage_core.views import history
from collage_core.views.history import PER_PAGE, History, find_creators, read_history
from tests.support.counted_store import CountedStore
from tests.support.families import result
from tests.support.strategies import HOSTILE_NAMES
from tests.support.viewed_runs import OUTPUT, SETTINGS

NO_COPIES = dataclass_replace(SETTINGS, by_creator_copies=False)
FIRST = RunTimestamp.parse("20261001_000000")


@pytest.fixture
def store() -> CountedStore:
    return CountedStore()


def day(number: int) -> RunTimestamp:
    return FIRST.later(number * 86400)


def collage(store: CountedStore, creator: str, second: RunTimestamp, run_id: str = "") -> str:
    """A copy by creator, with the metadata of its run if that is named."""
    key = keys.collage_by_creator(creator, second)
    store.put(OUTPUT, key, b"a picture", content_type="image/jpeg")
    if run_id:
        document = CollageMetadata(
            run_id=run_id,
            run_timestamp=second,
            trigger=Trigger.SQS,
            result=result(creator, 3, 1),
            grid=Grid(rows=2, cols=2, cell_width=300, cell_height=400),
            cells=[],
            not_placed=[],
        )
        body = to_document(document)
        store.put(OUTPUT, keys.metadata(creator, second), body, content_type=JSON)
    return key


def history_of(store: CountedStore, creator: str, page: int = 1) -> History:
    store.forget_requests()
    return read_history(store, SETTINGS, creator, page=page)


def test_a_creators_collages_come_newest_first_with_their_runs(store: CountedStore) -> None:
    older = collage(store, "ana", day(0), "monthly-1")
    newer = collage(store, "ana", day(31), "monthly-2")
    collage(store, "ana.b", day(2), "monthly-3")
    found = history_of(store, "ana")
    assert [(one.key, one.run_id, one.timestamp) for one in found.collages] == [
        (newer, "monthly-2", day(31)), (older, "monthly-1", day(0)),
    ]  # fmt: skip
    one = found.collages[0]
    assert (one.bytes, one.outcome) == (9, Outcome.PARTIAL)
    assert one.rows == result("ana", 3, 1).rows
    assert one.thumbnail_key == keys.thumbnail("ana", day(31))
    assert (found.total, found.pages, found.is_cut, found.note) == (2, 1, False, "")
    assert store.requests == 1 + 2


def test_a_collage_whose_run_is_not_known_is_shown_without_it(store: CountedStore) -> None:
    collage(store, "ana", day(0))
    (one,) = history_of(store, "ana").collages
    assert (one.run_id, one.rows, one.outcome) == (None, None, None)


def test_metadata_that_cannot_be_read_is_named(store: CountedStore) -> None:
    collage(store, "ana", day(0), "monthly-1")
    key = keys.metadata("ana", day(0))
    store.put(OUTPUT, key, b'{"schema_version": 2}', content_type=JSON)
    found = history_of(store, "ana")
    assert found.collages[0].run_id is None
    assert [one.key for one in found.unreadable] == [key]


def test_only_the_runs_of_one_page_are_read(store: CountedStore) -> None:
    for number in range(2 * PER_PAGE + 1):
        collage(store, "ana", day(number), f"daily-{number}")
    first, last = history_of(store, "ana"), history_of(store, "ana", page=9)
    assert len(first.collages) == PER_PAGE
    assert (last.page, last.pages, last.total) == (3, 3, 2 * PER_PAGE + 1)
    assert [one.run_id for one in last.collages] == ["daily-0"]
    assert store.requests == 1 + 1


def test_what_a_person_has_put_beside_the_collages_is_passed_over(store: CountedStore) -> None:
    collage(store, "ana", day(0), "monthly-1")
    for name in ("readme.txt", "ana_collage_99999999_999999.jpg", "ana_thumb_20261001_000000.jpg"):
        store.put(OUTPUT, f"{keys.by_creator('ana')}{name}", b"", content_type="x/y")
    assert history_of(store, "ana").total == 1


def test_a_list_that_was_cut_off_says_so(
    store: CountedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST_LISTED", 3)
    for number in range(4):
        collage(store, "ana", day(number))
    found = history_of(store, "ana")
    assert (found.total, found.is_cut) == (3, True)
    assert "oldest" in found.note


def test_a_deployment_without_copies_says_that_newer_runs_are_not_found(
    store: CountedStore,
) -> None:
    collage(store, "ana", day(0))
    found, names = read_history(store, NO_COPIES, "ana"), find_creators(store, NO_COPIES, "a")
    assert found.total == 1
    assert [*names.names] == ["ana"]
    for said in (found, names):
        assert "BY_CREATOR_COPIES" in said.note


@pytest.mark.parametrize("name", [*HOSTILE_NAMES, "ana\ud800", "<b>", "ña" * 100])
def test_hostile_names_have_a_history_of_their_own(store: CountedStore, name: str) -> None:
    for other in {*HOSTILE_NAMES, name}:
        collage(store, other, day(0))
    assert [one.key for one in history_of(store, name).collages] == [
        keys.collage_by_creator(name, day(0))
    ]


def test_no_name_has_no_history(store: CountedStore) -> None:
    assert history_of(store, "").total == 0
    assert store.requests == 0


def found_by(store: CountedStore, beginning: str) -> list[str]:
    store.forget_requests()
    return [*find_creators(store, SETTINGS, beginning).names]


def test_creators_are_found_by_the_beginning_of_their_names(store: CountedStore) -> None:
    for name in ("ana", "ana.b", "anya", "bo", "Ana", "ana 2"):
        collage(store, name, day(0))
        collage(store, name, day(1))
    assert found_by(store, "ana") == ["ana", "ana 2", "ana.b"]
    assert store.requests == 1
    assert found_by(store, "ana.") == ["ana.b"]
    assert found_by(store, "an") == ["ana", "ana 2", "ana.b", "anya"]
    assert found_by(store, "An") == ["Ana", "ana", "ana 2", "ana.b", "anya"]
    assert found_by(store, "x") == []
    assert len(found_by(store, "")) == 6


@pytest.mark.parametrize("name", [*HOSTILE_NAMES, "con.txt", "lpt1", "a..b", "...", "ña" * 100])
def test_every_name_is_found_by_each_of_its_beginnings(store: CountedStore, name: str) -> None:
    collage(store, name, day(0), "monthly-1")
    for length in {*range(1, min(len(name), 6) + 1), len(name)}:
        assert name in found_by(store, name[:length])
        assert store.requests <= 4 + 2


def test_at_most_fifty_creators_are_named(store: CountedStore) -> None:
    for number in range(60):
        collage(store, f"ana{number:02}", day(0))
    found = find_creators(store, SETTINGS, "ana")
    assert [*found.names] == [f"ana{number:02}" for number in range(50)]
    assert found.is_cut
    assert not find_creators(store, SETTINGS, "ana0").is_cut


def test_of_names_that_are_too_long_for_keys_a_few_are_read(store: CountedStore) -> None:
    for number in range(9):
        collage(store, f"{'x' * 300}{number}", day(0), "monthly-1")
    found = find_creators(store, SETTINGS, "xx")
    assert len(found.names) == history.MOST_LONG_NAMES
    assert found.is_cut


def test_folders_that_are_no_creators_are_passed_over(store: CountedStore) -> None:
    for folder in ("ana=", "ana=4", "ana=-0", "=FF"):
        store.put(OUTPUT, f"{keys.BY_CREATOR}{folder}/x.jpg", b"", content_type="x/y")
    collage(store, "ana", day(0))
    assert found_by(store, "ana") == ["ana"]
    assert found_by(store, "") == ["ana"]
