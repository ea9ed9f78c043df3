"""The packs of the last days are found with few requests, however many packs there are."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, override

import pytest

from collage_core.contract.pack import Pack, PackIndex
from collage_core.errors import RaceError
from collage_core.layout import keys
from collage_core.packs.day_index import packs_of_last_days, put_into_day
from collage_core.storage.documents import JSON, read_document, to_document
from collage_core.storage.object_store import ObjectStore, StoredObject
from tests.support.kept_packs import BUCKET, a_pack, close_with
from tests.support.memory_store import MemoryStore

TODAY = date(2026, 11, 9)


class Counting(MemoryStore):
    """Notes each request."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[str, str]] = []

    @override
    def get(self, bucket: str, key: str, **asked: Any) -> StoredObject | None:
        self.requests.append(("GET", key))
        return super().get(bucket, key, **asked)

    @override
    def put(self, bucket: str, key: str, body: Any, **asked: Any) -> str:
        self.requests.append(("PUT", key))
        return super().put(bucket, key, body, **asked)

    @override
    def list_folders(self, bucket: str, prefix: str) -> Iterator[str]:
        self.requests.append(("LIST", prefix))
        return super().list_folders(bucket, prefix)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def last_days(store: ObjectStore, *, today: date = TODAY, days: int = 40) -> list[Pack]:
    return packs_of_last_days(store, BUCKET, today=today, days=days)


def index_of(store: ObjectStore, day: date) -> PackIndex | None:
    return read_document(store, BUCKET, keys.pack_index(keys.downloads_of_day(day)), PackIndex)


@pytest.fixture
def store() -> Counting:
    return Counting()


def test_the_packs_of_all_closed_runs_come_in_the_order_of_their_creators(store: Counting) -> None:
    packs = [
        a_pack("mia", "zoe", day=ago(0), run_id="b"),
        a_pack("é", "é", day=ago(1), run_id="c"),
        a_pack("Ana", "leo", day=ago(39), run_id="a"),
    ]
    for pack in packs:
        close_with(store, [pack])
    assert last_days(store) == [packs[2], packs[0], packs[1]]


def test_packs_are_there_for_as_many_days_as_the_settings_say(store: Counting) -> None:
    for days in (0, 39, 40):
        close_with(store, [a_pack("ana", "bo", day=ago(days))])
    days = [keys.day_of_pack(pack.key) for pack in last_days(store)]
    assert sorted(days) == ["2026-10-01", "2026-11-09"]
    assert [keys.day_of_pack(pack.key) for pack in last_days(store, days=1)] == ["2026-11-09"]


def test_an_index_may_have_older_packs_of_a_run_that_was_planned_again(store: Counting) -> None:
    old, new = a_pack("ana", "bo", day=ago(41)), a_pack("ana", "bo", day=ago(39))
    index = PackIndex(runs=["daily-1"], packs=[old, new])
    key = keys.pack_index(keys.packs_of_run(ago(39), "daily-1"))
    store.put(BUCKET, key, to_document(index), content_type=JSON)
    assert last_days(store) == [new]


def test_a_run_that_is_not_closed_is_left_out_until_it_is(store: Counting) -> None:
    pack = a_pack("ana", "bo", day=ago(1))
    store.put(BUCKET, pack.key, b"zip", content_type="application/zip")
    assert last_days(store) == []
    close_with(store, [pack])
    assert last_days(store) == [pack]


def test_a_day_costs_one_request_once_it_is_indexed(store: Counting) -> None:
    for days in range(40):
        close_with(store, [a_pack("ana", "bo", day=ago(days))])
    assert len(last_days(store)) == 40
    store.requests.clear()
    assert len(last_days(store)) == 40
    days = [key for verb, key in store.requests if verb == "GET"]
    lists = [key for verb, key in store.requests if verb == "LIST"]
    assert sorted(days) == sorted(
        keys.pack_index(keys.downloads_of_day(ago(days))) for days in range(40)
    )
    assert sorted(lists) == sorted(
        [
            "downloads/2026/10/",
            "downloads/2026/11/",
            *(keys.downloads_of_day(ago(days)) for days in range(4)),
        ]
    )
    assert not [key for verb, key in store.requests if verb == "PUT"]


def test_where_nothing_is_kept_only_the_months_are_looked_at(store: Counting) -> None:
    assert last_days(store) == []
    assert sorted(store.requests) == [
        ("LIST", "downloads/2026/10/"),
        ("LIST", "downloads/2026/11/"),
    ]


def test_a_run_that_is_closed_after_its_day_was_indexed_is_put_in(store: Counting) -> None:
    first, second = (a_pack("ana", "bo", day=ago(2), run_id=run_id) for run_id in "ab")
    close_with(store, [first])
    assert last_days(store) == [first]
    close_with(store, [second])
    assert last_days(store) == [first, second]
    assert index_of(store, ago(2)) == PackIndex(runs=["a", "b"], packs=[first, second])


def test_an_old_day_is_listed_once_and_then_only_its_index_counts(store: Counting) -> None:
    closed, late = (a_pack("ana", "bo", day=ago(20), run_id=run_id) for run_id in "ab")
    store.put(BUCKET, closed.key, b"zip", content_type="application/zip")
    assert last_days(store) == []
    assert index_of(store, ago(20)) == PackIndex(runs=[], packs=[])
    close_with(store, [late])
    assert last_days(store) == []
    put_into_day(store, BUCKET, ago(20), ["b"])
    assert last_days(store) == [late]


def test_a_run_that_is_closed_again_replaces_its_packs(store: Counting) -> None:
    before = a_pack("ana", "bo", day=ago(20), run_id="a", chunk_id="1")
    after = a_pack("ana", "cy", day=ago(20), run_id="a", chunk_id="2")
    other = a_pack("ana", "bo", day=ago(20), run_id="ab")
    close_with(store, [before])
    close_with(store, [other])
    last_days(store)
    close_with(store, [after])
    put_into_day(store, BUCKET, ago(20), ["a"])
    assert last_days(store) == [after, other]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"schema_version": 9}', b'{"schema_version": 1}'])
@pytest.mark.parametrize("days", [0, 20])
def test_an_index_of_a_day_that_cannot_be_read_is_made_again(
    store: Counting, caplog: pytest.LogCaptureFixture, body: bytes, days: int
) -> None:
    pack = a_pack("ana", "bo", day=ago(days))
    close_with(store, [pack])
    key = keys.pack_index(keys.downloads_of_day(ago(days)))
    store.put(BUCKET, key, body, content_type=JSON)
    assert last_days(store) == [pack]
    assert f"The index of the packs of {ago(days)} is made again" in caplog.text
    assert index_of(store, ago(days)) == PackIndex(runs=["daily-1"], packs=[pack])


def test_a_run_whose_index_cannot_be_read_is_left_out_and_the_others_are_not(
    store: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    pack = a_pack("ana", "bo", day=ago(0), run_id="a")
    close_with(store, [pack])
    key = keys.pack_index(keys.packs_of_run(ago(0), "b"))
    store.put(BUCKET, key, b"{", content_type=JSON)
    assert last_days(store) == [pack]
    assert "The packs of run b are left out" in caplog.text


def test_who_loses_the_race_for_a_day_has_all_packs_nevertheless() -> None:
    packs = [a_pack("ana", "bo", day=ago(0), run_id=run_id) for run_id in "ab"]

    class Raced(MemoryStore):
        """Another one plans between the reading of a day's index and its writing."""

        raced = False

        @override
        def put(self, bucket: str, key: str, body: Any, **asked: Any) -> str:
            if key == keys.pack_index(keys.downloads_of_day(ago(0))) and not self.raced:
                self.raced = True
                put_into_day(self, bucket, ago(0), ["a"])
            return super().put(bucket, key, body, **asked)

    store = Raced()
    for pack in packs:
        close_with(store, [pack])
    assert last_days(store) == packs
    assert index_of(store, ago(0)) == PackIndex(runs=["a"], packs=packs[:1])
    assert last_days(store) == packs
    assert index_of(store, ago(0)) == PackIndex(runs=["a", "b"], packs=packs)


def test_a_run_that_puts_itself_in_says_so_if_others_are_always_faster() -> None:
    class Busy(MemoryStore):
        @override
        def get(self, bucket: str, key: str, **asked: Any) -> StoredObject | None:
            found = super().get(bucket, key, **asked)
            if key == keys.pack_index(keys.downloads_of_day(ago(9))):
                etags = [] if found is None else [found.etag]
                body = to_document(PackIndex(runs=[f"other-{len(etags)}-{id(found)}"], packs=[]))
                super().put(bucket, key, body, content_type=JSON)
            return found

    store = Busy(is_encrypted=True)
    close_with(store, [a_pack("ana", "bo", day=ago(9))])
    with pytest.raises(RaceError, match="run this step again"):
        put_into_day(store, BUCKET, ago(9), ["daily-1"])
