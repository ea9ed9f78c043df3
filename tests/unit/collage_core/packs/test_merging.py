"""Packs that were merged have the covers of the others, byte for byte, whatever is wrong with one.

A pack is replaced only if nothing of it is missing.
"""

import io
from collections.abc import Mapping
from typing import Any, override
from zipfile import ZipFile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from collage_core.contract.pack import Pack
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.packs import merging
from collage_core.packs.description import pack_of
from collage_core.packs.merging import Merged, merge_packs
from collage_core.storage.object_store import StoredObject
from tests.support.memory_store import MemoryStore
from tests.support.packs import BUCKET, DAY, MOMENT, a_pack, found_in, kept, stem, zipped
from tests.support.strategies import names

FOLDER = keys.merged_packs(DAY, "0" * 24)
LONG = "längst " * 60


def merged(store: MemoryStore, packs: list[Pack]) -> Merged:
    return merge_packs(store, BUCKET, packs, folder=FOLDER, moment=MOMENT)


def replaced(result: Merged) -> list[str]:
    return sorted(pack.key for pack in result.replaces)


def of_runs(store: MemoryStore, *covers: Mapping[tuple[str, int], bytes]) -> list[Pack]:
    """A pack of each of so many runs."""
    return [kept(store, some, run_id=f"keep-{number}") for number, some in enumerate(covers)]


def members(store: MemoryStore, pack: Pack) -> list[str]:
    with ZipFile(io.BytesIO(store.objects[BUCKET, pack.key])) as file:
        assert file.testzip() is None
        return file.namelist()


runs_of_covers = st.lists(
    st.lists(
        st.dictionaries(
            st.tuples(names, st.integers(0, 3)), st.binary(min_size=1, max_size=30), min_size=1
        ),
        min_size=1,
        max_size=3,
    ),
    min_size=1,
    max_size=5,
)


@given(runs_of_covers, st.integers(1, 100))
@example([[{(LONG, 1): b"a"}], [{("längst", 1): b"b", (LONG, 1): b"c", (LONG + "!", 1): b"d"}]], 9)
def test_every_cover_is_found_as_before_and_every_pack_is_replaced(
    runs: list[list[dict[tuple[str, int], bytes]]], most: int
) -> None:
    store = MemoryStore()
    packs = [
        kept(store, covers, run_id=f"keep-{number}", chunk=f"c{chunk}")
        for number, run in enumerate(runs)
        for chunk, covers in enumerate(run)
    ]
    wanted = {stem(*cover) for run in runs for covers in run for cover in covers}
    before = found_in(store, packs, wanted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "PACK_BYTES", most)
        result = merged(store, packs)
    assert before.keys() == wanted
    for name in wanted:  # each alone: only packs that may have its creator are looked into
        assert found_in(store, result.packs, [name]) == {name: before[name]}
    assert replaced(result) == sorted(pack.key for pack in packs)
    inside = [name for pack in result.packs for name in members(store, pack)]
    assert len(inside) == len(set(inside)) == len(wanted)
    for pack in result.packs:
        head = store.head(BUCKET, pack.key)
        assert head is not None
        assert pack_of(pack.key, head) in {pack, None}


def test_creators_are_beside_each_other_and_packs_are_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "PACK_BYTES", 8)
    store = MemoryStore()
    packs = of_runs(
        store, *({(name, number): b"ab" for name in ("ana", "bo", "cy")} for number in range(4))
    )
    result = merged(store, packs)
    assert [(pack.first_creator, pack.last_creator) for pack in result.packs] == [
        ("ana", "ana"),
        ("bo", "bo"),
        ("cy", "cy"),
    ]
    assert [pack.covers for pack in result.packs] == [4, 4, 4]


def test_a_pack_has_only_so_many_covers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "MOST_COVERS", 2)
    store = MemoryStore()
    result = merged(store, of_runs(store, {("ana", number): b"a" for number in range(5)}))
    assert [pack.covers for pack in result.packs] == [2, 2, 1]


def test_the_newest_copy_of_a_cover_counts() -> None:
    store = MemoryStore()
    packs = of_runs(store, {("ana", 1): b"older"}, {("ana", 1): b"newer"})
    result = merged(store, packs)
    assert found_in(store, result.packs, [stem("ana", 1)]) == {stem("ana", 1): b"newer"}
    assert len(result.replaces) == 2


def broken(store: MemoryStore, pack: Pack, body: bytes) -> Pack:
    """The pack with other bytes in a cover: their checksum is wrong."""
    data = store.objects[BUCKET, pack.key]
    assert data.count(body) == 1
    etag = store.put(BUCKET, pack.key, data.replace(body, b"?" * len(body)), content_type="x/y")
    return replace(pack, etag=etag)


def test_of_a_cover_that_cannot_be_read_an_older_copy_is_taken() -> None:
    store = MemoryStore()
    older, newer = of_runs(store, {("ana", 1): b"older"}, {("ana", 1): b"newer", ("bo", 1): b"b"})
    result = merged(store, [older, broken(store, newer, b"newer")])
    wanted = {stem("ana", 1): b"older", stem("bo", 1): b"b"}
    assert found_in(store, result.packs, wanted) == wanted
    assert len(result.replaces) == 2


def test_a_pack_with_a_cover_that_cannot_be_read_is_not_replaced(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = MemoryStore()
    whole, torn = of_runs(store, {("ana", 1): b"whole"}, {("ana", 2): b"torn", ("bo", 1): b"bo"})
    result = merged(store, [whole, broken(store, torn, b"torn")])
    wanted = {stem("ana", 1): b"whole", stem("bo", 1): b"bo"}
    assert found_in(store, result.packs, [*wanted, stem("ana", 2)]) == wanted
    assert replaced(result) == [whole.key]
    assert f"Pack {torn.key}: {stem('ana', 2)}.jpg has other bytes" in caplog.text


def test_if_no_cover_can_be_read_there_is_no_pack() -> None:
    store = MemoryStore()
    (torn,) = of_runs(store, {("ana", 1): b"torn"})
    assert merged(store, [broken(store, torn, b"torn")]) == Merged([], [])


@pytest.mark.parametrize("fault", ["gone", "changed", "cut", "huge", "order", "name"])
def test_a_pack_that_is_not_as_it_should_be_stays_as_it_is(
    caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    caplog.set_level("INFO")
    store = MemoryStore()
    good, bad = of_runs(store, {("ana", 1): b"good"}, {("bo", 1): b"bad", ("cy", 1): b"cy"})
    match fault:
        case "gone":
            store.delete_keys(BUCKET, [bad.key])
        case "changed":
            store.put(BUCKET, bad.key, b"other", content_type="x/y")
        case "cut":
            bad = replace(bad, bytes=bad.bytes + 1)
        case "huge":
            bad = replace(bad, bytes=10**9)
        case "order":
            bad = replace(bad, first_creator="cy")
        case "name":  # half of a surrogate pair, in the name that its creator would have
            body, at = zipped({f"=ED=A0=80/{'0' * 32}": b"bad"})
            etag = store.put(BUCKET, bad.key, body, content_type="x/y")
            bad = replace(a_pack(body, at, etag=etag, key=bad.key), first_creator="\0")
    result = merged(store, [good, bad])
    assert replaced(result) == [good.key]
    assert [members(store, pack) for pack in result.packs] == [[f"{stem('ana', 1)}.jpg"]]
    assert f"Pack {bad.key} is not read, and is not merged: " in caplog.text


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_it_may_be_repeated_and_gives_the_same(is_encrypted: bool) -> None:
    store = MemoryStore(is_encrypted=is_encrypted)
    packs = of_runs(store, {("ana", 1): b"a"}, {("ana", 2): b"b", ("bo", 1): b"c"})
    first = merged(store, packs)
    before = store.objects
    assert merged(store, packs) == first
    assert store.objects == before


def test_what_is_not_ours_is_not_overwritten_and_the_command_removes_it() -> None:
    store = MemoryStore()
    packs = of_runs(store, {("ana", 1): b"a"})
    key = keys.pack(FOLDER, "packs", 0)
    store.put(BUCKET, key, b"something else", content_type="x/y")
    with pytest.raises(MessageError, match="is not what was to be written there") as raised:
        merged(store, packs)
    command = f"delete it with aws s3api delete-object --bucket {BUCKET} --key {key}"
    assert str(raised.value).endswith(command)
    store.delete_keys(BUCKET, [key])
    assert len(merged(store, packs).packs) == 1


class Reading(MemoryStore):
    """Counts what is read of packs."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    @override
    def get(self, bucket: str, key: str, **asked: Any) -> StoredObject | None:
        self.reads += 1
        return super().get(bucket, key, **asked)


def test_each_pack_is_read_once_with_two_requests() -> None:
    store = Reading()
    packs = of_runs(
        store, *({(f"c{number:03d}", run): b"x" * 50 for number in range(100)} for run in range(24))
    )
    result = merged(store, packs)
    assert [pack.covers for pack in result.packs] == [2400]
    assert store.reads == 2 * 24
