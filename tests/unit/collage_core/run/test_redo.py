"""Chunks that are done again: killed between any two writes, the next try ends the same."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, override

import pytest
from msgspec.structs import replace

from collage_core.contract.pack import ChunkPacks, Pack
from collage_core.errors import RaceError, UnequalError
from collage_core.layout import keys
from collage_core.packs.description import describe
from collage_core.run.plan_packs import plan_packs
from collage_core.run.redo import (
    forget_again,
    note_again,
    note_unequal,
    redo,
    redo_as_noted,
    round_of,
)
from collage_core.run.run import Run
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, read_document, to_document
from tests.support.kept_packs import a_pack
from tests.support.memory_store import MemoryStore
from tests.support.runs import run

SETTINGS = Settings()
TEMP = SETTINGS.temp_bucket
MANIFEST, RECEIPTS = run([{"ana": 3}, {"bo": 2}, {"cy": 4}])
FIRST, SECOND, THIRD = (chunk.chunk_id for chunk in MANIFEST.chunks)
RUN_ID = MANIFEST.run_id


class Killed(Exception):  # noqa: N818 - no error of ours
    """The process has ended."""


class Mortal(MemoryStore):
    """A store whose user is killed after so many changes."""

    lives: int | None = None

    def _change(self) -> None:
        if self.lives == 0:
            raise Killed
        if self.lives is not None:
            self.lives -= 1

    @override
    def put(self, bucket: str, key: str, body: bytes, **options: Any) -> str:
        self._change()
        return super().put(bucket, key, body, **options)

    @override
    def delete_keys(self, bucket: str, keys: Iterable[str]) -> None:
        for key in keys:
            self._change()
            super().delete_keys(bucket, [key])


@pytest.fixture
def store() -> Mortal:
    store = Mortal()
    store.put(TEMP, keys.manifest(RUN_ID), to_document(MANIFEST), content_type=JSON)
    for receipt in RECEIPTS:
        body = to_document(receipt)
        for key_of in (keys.receipt, keys.partial_receipt):
            store.put(TEMP, key_of(RUN_ID, receipt.chunk_id), body, content_type=JSON)
    return store


def opened(store: Mortal) -> Run[Mortal]:
    return Run.open(store, SETTINGS, RUN_ID)


def temp(store: Mortal) -> Mapping[tuple[str, str], bytes]:
    return dict(store.objects)


def test_the_fix_of_unequal_objects_is_a_task_that_finds_their_chunks(store: Mortal) -> None:
    error = note_unequal(opened(store), UnequalError("1 object is missing", chunks={FIRST: "it"}))
    assert str(error) == "1 object is missing. Clear dispatch: 1 chunks are done again"
    assert [chunk.chunk_id for chunk in redo_as_noted(opened(store)).unfinished()] == [
        f"{FIRST}-r2"
    ]


def test_the_noted_chunks_get_another_round_and_lose_their_receipts(store: Mortal) -> None:
    note_again(opened(store), {SECOND: "its object is missing"})
    run = redo_as_noted(opened(store))
    ids = [FIRST, f"{SECOND}-r2", THIRD]
    assert [chunk.chunk_id for chunk in run.manifest.chunks] == ids
    assert opened(store).manifest == run.manifest
    assert [chunk.chunk_id for chunk in run.unfinished()] == [f"{SECOND}-r2"]
    left = {key for _, key in temp(store)}
    assert keys.again(RUN_ID) in left  # until they are sent
    assert keys.partial_receipt(RUN_ID, SECOND) not in left
    assert keys.partial_receipt(RUN_ID, FIRST) in left


def test_each_round_has_its_number(store: Mortal) -> None:
    for number in (2, 3, 4):
        last = opened(store).manifest.chunks[0].chunk_id
        run = redo(opened(store), {last})
        assert run.manifest.chunks[0].chunk_id == f"{FIRST}-r{number}"
        assert round_of(run.manifest.chunks[0].chunk_id) == number
    assert round_of(FIRST) == 1


def test_killed_between_any_two_writes_the_next_try_ends_the_same(store: Mortal) -> None:
    note_again(opened(store), {FIRST: "why", THIRD: "why"})
    before = temp(store)
    forget_again(redo_as_noted(opened(store)))
    after = temp(store)
    for lives in range(7):
        again = Mortal()
        for (bucket, key), body in before.items():
            again.put(bucket, key, body, content_type=JSON)
        again.lives = lives
        try:
            forget_again(redo_as_noted(opened(again)))
        except Killed:
            again.lives = None
            if (TEMP, keys.again(RUN_ID)) in temp(again):
                forget_again(redo_as_noted(opened(again)))
        assert temp(again) == after, lives


def test_a_run_that_is_planned_again_meanwhile_is_left_to_its_new_plan() -> None:
    class Raced(Mortal):
        @override
        def put(self, bucket: str, key: str, body: bytes, **options: Any) -> str:
            if options.get("if_etag"):
                super().put(bucket, key, b"another", content_type=JSON)
            return super().put(bucket, key, body, **options)

    raced = Raced()
    raced.put(TEMP, keys.manifest(RUN_ID), to_document(MANIFEST), content_type=JSON)
    with pytest.raises(RaceError, match="try again"):
        redo(opened(raced), {FIRST})


def test_a_note_that_cannot_be_read_counts_as_empty(store: Mortal) -> None:
    store.put(TEMP, keys.again(RUN_ID), b"{", content_type=JSON)
    assert redo_as_noted(opened(store)).manifest == MANIFEST


def test_what_was_noted_is_forgotten_when_nothing_is_to_be_done_again(store: Mortal) -> None:
    note_again(opened(store), {FIRST: "why"})
    note_again(opened(store), {})
    assert (TEMP, keys.again(RUN_ID)) not in temp(store)


class TestKeptCovers:
    """What the round before has kept is not fetched again: its URLs may have died since."""

    @pytest.fixture
    def pack(self, store: Mortal) -> Pack:
        today = datetime.now(UTC).date()
        pack = a_pack("ana", "cy", day=today, run_id=RUN_ID)
        said = describe(pack)
        etag = store.put(TEMP, pack.key, b"." * pack.bytes, content_type="zip", metadata=said)
        return replace(pack, etag=etag)

    def look_into(self, store: Mortal, chunk_id: str) -> ChunkPacks | None:
        return read_document(store, TEMP, keys.packs_of_chunk(RUN_ID, chunk_id), ChunkPacks)

    def test_it_is_looked_up_by_the_next_round(self, store: Mortal, pack: Pack) -> None:
        today = datetime.now(UTC).date()
        plan_packs(Run(SETTINGS, store, MANIFEST), today=today, renew=True)
        assert self.look_into(store, FIRST) is None, "the run is not closed"
        note_again(Run(SETTINGS, store, MANIFEST), {FIRST: "its objects are not there"})
        redone = redo_as_noted(Run(SETTINGS, store, MANIFEST))
        found = self.look_into(store, redone.manifest.chunks[0].chunk_id)
        assert found is not None
        assert found.packs == [pack]
        assert found.renew_before is not None, "as it was planned before"

    def test_a_run_that_keeps_nothing_still_keeps_nothing(self, store: Mortal, pack: Pack) -> None:
        note_again(Run(SETTINGS, store, MANIFEST), {FIRST: "its objects are not there"})
        redone = redo_as_noted(Run(SETTINGS, store, MANIFEST))
        assert redone.manifest.chunks[0].chunk_id == f"{FIRST}-r2"
        assert self.look_into(store, FIRST) is None
        assert store.head(TEMP, keys.packs_of_all_chunks(RUN_ID)) is None
        assert store.head(TEMP, pack.key) is not None
