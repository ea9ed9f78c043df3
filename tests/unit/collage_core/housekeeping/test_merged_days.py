"""The packs of a day are merged when it is over, and nothing is lost wherever that ends."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, override

import pytest
from msgspec.structs import replace

from collage_core.aws.s3_store import S3Error
from collage_core.contract.pack import Pack, PackIndex
from collage_core.housekeeping import merged_days
from collage_core.housekeeping.findings import Kind
from collage_core.housekeeping.merged_days import LEFT_FOR, merge_days
from collage_core.housekeeping.unindexed_packs import index_packs
from collage_core.layout import keys
from collage_core.packs.day_index import packs_of_last_days, put_into_day
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, read_document
from collage_core.storage.object_store import StoredObject
from tests.support.failures import Where, failure
from tests.support.kept_packs import close_with
from tests.support.memory_store import MemoryStore
from tests.support.packs import found_in, kept, stem

SETTINGS = Settings(keep_covers_days=40)
BUCKET = SETTINGS.temp_bucket
DAY = date(2026, 10, 1)
NEXT = datetime(2026, 10, 2, 5, tzinfo=UTC)
NAMES = ("ana", "bo", "cy")


def _nothing(number: int, key: str) -> None:
    del number, key


class Store(MemoryStore):
    """Has a clock, and fails or does something else at a request of its own choice."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: self.now)
        self.now = NEXT
        self.at_request: Callable[[int, str], None] = _nothing
        self._requests = 0

    def begin(self, at_request: Callable[[int, str], None]) -> None:
        self._requests, self.at_request = 0, at_request

    def _note(self, key: str) -> None:
        self._requests += 1
        self.at_request(self._requests, key)

    @override
    def get(self, bucket: str, key: str, **asked: Any) -> StoredObject | None:
        self._note(key)
        return super().get(bucket, key, **asked)

    @override
    def put(self, bucket: str, key: str, body: Any, **asked: Any) -> str:
        self._note(key)
        return super().put(bucket, key, body, **asked)

    @override
    def delete_as_seen(self, bucket: str, key: str, *, etag: str) -> None:
        self._note(key)
        super().delete_as_seen(bucket, key, etag=etag)


@pytest.fixture
def store() -> Store:
    return Store()


def run(store: MemoryStore, number: int, *, day: date = DAY, size: int = 10) -> list[Pack]:
    """A closed run that has kept a cover of each creator."""
    covers = {(name, number): b"%d" % number * size for name in NAMES}
    packs = [kept(store, covers, run_id=f"keep-{number}", day=day, bucket=BUCKET)]
    close_with(store, packs)
    return packs


def runs(store: MemoryStore, count: int, *, day: date = DAY) -> list[Pack]:
    return [pack for number in range(count) for pack in run(store, number, day=day)]


def merged(
    store: MemoryStore, *, now: datetime = NEXT, settings: Settings = SETTINGS
) -> dict[Kind, list[str]]:
    """The lines of what was found, by kind."""
    found: dict[Kind, list[str]] = {}
    for finding in merge_days(store, settings, now=now):
        found.setdefault(finding.kind, []).append(finding.line)
    return found


def listed(store: MemoryStore, *, today: datetime = NEXT) -> list[Pack]:
    return packs_of_last_days(store, BUCKET, today=today.date(), days=40)


def is_merged(pack: Pack) -> bool:
    return keys.is_merged(keys.run_of_pack(pack.key))


def covers(numbers: int) -> dict[str, bytes]:
    return {stem(name, n): b"%d" % n * 10 for n in range(numbers) for name in NAMES}


def found(store: MemoryStore, wanted: dict[str, bytes]) -> dict[str, bytes]:
    return found_in(store, listed(store), wanted, bucket=BUCKET)


def test_the_packs_of_a_day_are_few_when_it_is_over(store: Store) -> None:
    runs(store, 24)
    assert len(listed(store)) == 24
    assert merged(store) == {
        Kind.MERGED: ["24 packs of 24 runs of 2026-10-01 are 1 now, with 72 covers"]
    }
    (pack,) = listed(store)
    assert is_merged(pack)
    assert (pack.first_creator, pack.last_creator, pack.covers) == ("ana", "cy", 72)
    assert found(store, covers(24)) == covers(24)
    assert merged(store) == {}


@pytest.mark.parametrize(
    ("count", "now", "settings"),
    [
        (2, NEXT, SETTINGS),
        (24, datetime(2026, 10, 1, 23, tzinfo=UTC), SETTINGS),
        (24, NEXT + timedelta(days=7), SETTINGS),
        (24, NEXT, Settings(keep_covers_days=0)),
        (24, NEXT, Settings(keep_covers_days=1)),
    ],
    ids=["few runs", "today", "long ago", "nothing is kept", "kept for a day"],
)
def test_what_need_not_be_merged_is_left_as_it_is(
    store: Store, count: int, now: datetime, settings: Settings
) -> None:
    packs = runs(store, count)
    listed(store)  # whoever plans writes the index of the day
    before = store.objects
    assert merged(store, now=now, settings=settings) == {}
    assert store.objects == before
    assert {pack.key for pack in listed(store)} == {pack.key for pack in packs}


def test_a_run_that_is_not_closed_is_merged_when_it_is(store: Store) -> None:
    runs(store, 3)
    late = kept(store, {("ana", 9): b"late"}, run_id="late", day=DAY, bucket=BUCKET)
    merged(store)
    assert [is_merged(pack) for pack in listed(store)] == [True]
    close_with(store, [late])
    assert sorted(map(is_merged, listed(store))) == [False, True]
    assert found(store, {stem("ana", 9): b"late"}) == {stem("ana", 9): b"late"}


def test_a_run_that_is_larger_than_all_others_is_not_written_again(store: Store) -> None:
    runs(store, 3)
    (large,) = run(store, 9, size=1000)
    assert "3 packs of 3 runs" in merged(store)[Kind.MERGED][0]
    assert large in listed(store)
    assert len(listed(store)) == 2


def test_of_a_day_only_so_much_is_merged_the_smallest_runs_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    packs = [pack for number in range(5) for pack in run(store, number, size=10 + number)]
    monkeypatch.setattr(merged_days, "_MOST_BYTES", sum(pack.bytes for pack in packs[:4]))
    merged(store)
    assert [pack for pack in listed(store) if not is_merged(pack)] == packs[4:]


@failure(
    Where.COVERS,
    fault="Housekeeping is killed while it merges the packs of a day, or S3 fails",
    happens="Whoever plans meanwhile looks into the packs of the runs, and finds every cover",
    sees='`merge`: "failed: the packs of … stay as they are: …"',
    fix="nothing, the next day goes on",
)
@pytest.mark.parametrize("later", [timedelta(0), LEFT_FOR + timedelta(hours=1)])
def test_nothing_is_lost_at_whichever_request_it_fails(later: timedelta) -> None:
    """Before, while and after packs are merged, and while those that were replaced are removed."""
    failed_at = 0
    while True:
        failed_at += 1
        store = Store()
        runs(store, 4)
        if later:
            merged(store)
            store.now = NEXT + later
        reached = False

        def fail(number: int, _: str, at: int = failed_at) -> None:
            nonlocal reached
            if number == at:
                reached = True
                raise S3Error("S3 is down")

        store.begin(fail)
        try:
            lines = merged(store, now=store.now)
        except S3Error:  # of the index of a day, before any day is looked at
            lines = {}
        store.begin(_nothing)
        assert found(store, covers(4)) == covers(4), failed_at
        if not reached:
            break
        assert lines.keys() <= {Kind.FAILED, Kind.MERGED}
        assert merged(store, now=store.now).keys() <= {Kind.MERGED, Kind.REMOVED}
        assert [is_merged(pack) for pack in listed(store)] == [True], failed_at
        assert found(store, covers(4)) == covers(4), failed_at
    assert failed_at > 10


def test_a_merge_that_died_is_done_again_although_its_packs_have_no_index_for_hours(
    store: Store,
) -> None:
    """They are no packs of a run that nobody has closed: an index would say that all are there."""
    runs(store, 4)

    def die(_: int, key: str) -> None:
        if keys.is_pack_index(key) and any(map(keys.is_pack, _merged_keys(store))):
            raise KeyboardInterrupt

    store.begin(die)
    with pytest.raises(KeyboardInterrupt):
        merged(store)
    store.begin(_nothing)
    tomorrow = NEXT + timedelta(days=1)
    assert len(_merged_keys(store)) == 1
    assert [*index_packs(store, SETTINGS, now=tomorrow)] == []
    assert "4 packs of 4 runs" in merged(store, now=tomorrow)[Kind.MERGED][0]
    assert [is_merged(pack) for pack in listed(store)] == [True]


def test_an_index_of_merged_packs_goes_on_to_say_what_they_replace(store: Store) -> None:
    """Somebody has forgotten a creator, and died before the index said so."""
    runs(store, 3)
    merged(store)
    (pack,) = listed(store)
    key = keys.pack_index(keys.packs_of_run(DAY, keys.run_of_pack(pack.key)))
    before = read_document(store, BUCKET, key, PackIndex)
    assert before is not None
    store.now = NEXT + timedelta(minutes=1)
    left = {(name, 9): b"left" for name in NAMES}
    again = kept(store, left, run_id=before.runs[0], day=DAY, chunk="d", bucket=BUCKET)
    found = index_packs(store, SETTINGS, now=NEXT + timedelta(hours=7))
    assert [each.kind for each in found] == [Kind.INDEXED]
    after = read_document(store, BUCKET, key, PackIndex)
    assert after is not None
    assert again in after.packs
    assert after.replaces == before.replaces


def _merged_keys(store: MemoryStore) -> list[str]:
    return [key for key in store.list_keys(BUCKET, keys.DOWNLOADS) if "merged-" in key]


def test_a_replaced_pack_does_not_come_back_when_its_run_is_closed_again(store: Store) -> None:
    first, *_ = runs(store, 3)
    merged(store)
    more = kept(store, {("ana", 9): b"more"}, run_id="keep-0", day=DAY, chunk="d", bucket=BUCKET)
    close_with(store, [first, more])
    put_into_day(store, BUCKET, DAY, ["keep-0"])
    assert [pack for pack in listed(store) if not is_merged(pack)] == [more]


def test_a_pack_that_was_written_again_since_is_no_replaced_one(store: Store) -> None:
    runs(store, 3)
    merged(store)
    again = run(store, 0, size=20)
    put_into_day(store, BUCKET, DAY, ["keep-0"])
    assert [pack for pack in listed(store) if not is_merged(pack)] == again


def test_an_index_of_a_day_that_is_made_again_knows_what_was_replaced(store: Store) -> None:
    runs(store, 3)
    merged(store)
    store.put(BUCKET, keys.pack_index(keys.downloads_of_day(DAY)), b"{", content_type=JSON)
    assert [is_merged(pack) for pack in listed(store)] == [True]


def test_replaced_packs_stay_for_as_long_as_a_run_may_look_into_them(store: Store) -> None:
    packs = runs(store, 3)
    merged(store)
    assert merged(store, now=NEXT + LEFT_FOR - timedelta(seconds=1)) == {}
    assert found_in(store, packs, covers(3), bucket=BUCKET) == covers(3)
    assert merged(store, now=NEXT + LEFT_FOR) == {
        Kind.REMOVED: ["3 packs of 2026-10-01 that were merged are removed"]
    }
    assert merged(store, now=NEXT + LEFT_FOR) == {}
    left = [key for key in store.list_keys(BUCKET, keys.DOWNLOADS) if keys.is_pack(key)]
    assert left == [pack.key for pack in listed(store)]
    assert found(store, covers(3)) == covers(3)
    key = keys.pack_index(keys.packs_of_run(DAY, "keep-0"))
    assert read_document(store, BUCKET, key, PackIndex) == PackIndex(runs=["keep-0"], packs=[])


def test_only_what_was_replaced_is_removed(store: Store) -> None:
    runs(store, 3)
    merged(store)
    changed = run(store, 0, size=20)
    put_into_day(store, BUCKET, DAY, ["keep-0"])
    merged(store, now=NEXT + LEFT_FOR)
    assert [pack for pack in listed(store) if not is_merged(pack)] == changed
    assert store.head(BUCKET, changed[0].key) is not None


def test_nothing_is_removed_if_what_replaces_it_is_gone(store: Store) -> None:
    packs = runs(store, 3)
    merged(store)
    store.delete_keys(BUCKET, [pack.key for pack in listed(store)])
    assert merged(store, now=NEXT + LEFT_FOR) == {}
    assert found_in(store, packs, covers(3), bucket=BUCKET) == covers(3)


def test_packs_that_are_merged_already_are_not_read_again(store: Store) -> None:
    """Whoever wrote their index died before it was put into that of a day that is not listed."""
    packs = runs(store, 3)
    later = NEXT + timedelta(days=5)
    listed(store, today=later)
    put_into_day(store, BUCKET, DAY, ["keep-0", "keep-1", "keep-2"])
    day = keys.pack_index(keys.downloads_of_day(DAY))
    before = store.objects[BUCKET, day]
    assert merged(store, now=later).keys() == {Kind.MERGED}
    store.put(BUCKET, day, before, content_type=JSON)
    read: list[str] = []
    store.begin(lambda _, key: read.append(key))
    assert merged(store, now=later).keys() == {Kind.MERGED}
    assert not set(read) & {pack.key for pack in packs}
    assert [is_merged(pack) for pack in listed(store, today=later)] == [True]


def test_if_packs_change_meanwhile_what_was_written_of_them_is_removed(store: Store) -> None:
    """Somebody forgets a creator, and has looked for their covers already."""
    runs(store, 3)

    def forget(_: int, key: str) -> None:
        if keys.is_merged(keys.run_of_pack(key)) and keys.is_pack(key):
            store.begin(_nothing)
            run(store, 0, size=5)
            put_into_day(store, BUCKET, DAY, ["keep-0"])

    store.begin(forget)
    (line,) = merged(store)[Kind.FAILED]
    assert line.startswith("the packs of 2026-10-01 stay as they are: they changed while")
    assert not [key for key in store.list_keys(BUCKET, keys.DOWNLOADS) if "merged-" in key]
    assert merged(store).keys() == {Kind.MERGED}


def test_one_day_that_fails_does_not_keep_others_from_being_merged(store: Store) -> None:
    runs(store, 3)
    runs(store, 3, day=DAY - timedelta(days=1))

    def fail(_: int, key: str) -> None:
        if keys.is_pack(key) and keys.day_of_pack(key) < DAY.isoformat():
            raise S3Error("S3 is down")

    store.begin(fail)
    found = merged(store)
    assert found[Kind.FAILED] == ["the packs of 2026-09-30 stay as they are: S3 is down"]
    assert "2026-10-01" in found[Kind.MERGED][0]


def test_a_day_of_packs_that_cannot_be_read_says_so_and_stays(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        (pack,) = run(store, number)
        data = store.objects[BUCKET, pack.key]
        damaged = data.replace(b"%d" % number * 10, b"?" * 10)
        etag = store.put(BUCKET, pack.key, damaged, content_type="application/zip")
        close_with(store, [replace(pack, etag=etag)])
    (line,) = merged(store)[Kind.FAILED]
    assert line.endswith("none of them can be read as a whole, as the lines before this one say")
    assert "has other bytes than were packed" in caplog.text
    assert len(listed(store)) == 3
