"""Planning a run says where its chunks look for covers, and that of the run is written last."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, override

import pytest

from collage_core.contract.csv_source import CsvSource
from collage_core.contract.manifest import Manifest
from collage_core.contract.pack import ChunkPacks
from collage_core.covers.chunking import ChunkSpan
from collage_core.covers.cover_csv import CONTENT_TYPE, HEADER
from collage_core.layout import keys
from collage_core.run.plan import RunCsv, RunSpec, keep_first_manifest, plan_run
from collage_core.run.plan_packs import PlannedPacks, has_planned_packs, plan_packs
from collage_core.run.run import Run
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, read_document
from tests.support.kept_packs import BUCKET, a_pack, close_with
from tests.support.memory_store import MemoryStore
from tests.support.runs import SOURCE, TIMESTAMP, plan

SETTINGS = Settings(keep_covers_days=40)
TODAY = date(2026, 11, 9)
MANIFEST = plan([{"ana": 3, "bo": 2}, {"cy": 4}, {"mia": 1, "zoe": 1}], last_creators=True)
RUN_ID = MANIFEST.run_id
FOLDER = keys.packs_of_run(TODAY, RUN_ID)
CHUNKS = [chunk.chunk_id for chunk in MANIFEST.chunks]


class Noting(MemoryStore):
    """Notes what is written and deleted."""

    def __init__(self) -> None:
        super().__init__()
        self.changed: list[str] = []

    @override
    def put(self, bucket: str, key: str, body: Any, **asked: Any) -> str:
        self.changed.append(key)
        return super().put(bucket, key, body, **asked)

    @override
    def delete_keys(self, bucket: str, keys: Any) -> None:
        keys = list(keys)
        self.changed.extend(f"-{key}" for key in keys)
        super().delete_keys(bucket, keys)


@pytest.fixture
def store() -> Noting:
    return Noting()


def planned(
    store: MemoryStore,
    settings: Settings = SETTINGS,
    *,
    manifest: Manifest = MANIFEST,
    today: date = TODAY,
    renew: bool = False,
) -> PlannedPacks:
    return plan_packs(Run(settings, store, manifest), today=today, renew=renew)


def of_run(store: MemoryStore) -> ChunkPacks | None:
    return read_document(store, BUCKET, keys.packs_of_all_chunks(RUN_ID), ChunkPacks)


def of_chunk(store: MemoryStore, chunk_id: str) -> ChunkPacks | None:
    return read_document(store, BUCKET, keys.packs_of_chunk(RUN_ID, chunk_id), ChunkPacks)


def test_chunks_with_packs_have_a_document_and_that_of_the_run_comes_last(store: Noting) -> None:
    old = a_pack("ana", "az", day=TODAY - timedelta(days=30))
    new = a_pack("bo", "cy", day=TODAY - timedelta(days=1))
    for pack in (old, new):
        close_with(store, [pack])
    assert planned(store) == PlannedPacks(packs=2, looked_into=3, chunks=2)
    assert of_chunk(store, CHUNKS[0]) == ChunkPacks(folder=FOLDER, packs=[new, old])
    assert of_chunk(store, CHUNKS[1]) == ChunkPacks(folder=FOLDER, packs=[new])
    assert of_chunk(store, CHUNKS[2]) is None
    assert of_run(store) == ChunkPacks(folder=FOLDER)
    written = [key for key in store.changed if key.startswith(keys.run_folder(RUN_ID))]
    assert written[-1] == keys.packs_of_all_chunks(RUN_ID)
    assert len(written) == 3


def test_a_run_without_packs_to_look_into_keeps_covers_nevertheless(store: Noting) -> None:
    assert not has_planned_packs(Run(SETTINGS, store, MANIFEST))
    assert planned(store) == PlannedPacks()
    assert of_run(store) == ChunkPacks(folder=FOLDER)
    assert store.changed == [keys.packs_of_all_chunks(RUN_ID)]
    assert has_planned_packs(Run(SETTINGS, store, MANIFEST))


def test_a_run_that_is_planned_again_keeps_its_folder_and_finds_newer_packs(store: Noting) -> None:
    gone = a_pack("cy", "cy", day=TODAY - timedelta(days=39))
    close_with(store, [gone])
    planned(store)
    new = a_pack("ana", "ana", day=TODAY)
    close_with(store, [new])
    planned(store, today=TODAY + timedelta(days=1))
    assert of_chunk(store, CHUNKS[0]) == ChunkPacks(folder=FOLDER, packs=[new])
    assert of_chunk(store, CHUNKS[1]) is None
    assert of_run(store) == ChunkPacks(folder=FOLDER)


def test_if_nothing_is_kept_any_more_what_was_planned_is_removed(store: Noting) -> None:
    close_with(store, [a_pack("ana", "cy", day=TODAY)])
    planned(store)
    assert of_chunk(store, CHUNKS[1]) is not None
    planned(store, replace(SETTINGS, keep_covers_days=0))
    assert of_run(store) is None
    assert not list(store.list_keys(BUCKET, keys.run_folder(RUN_ID)))


@pytest.mark.parametrize(
    ("days", "renew", "expected"),
    [
        (40, True, "2026-11-01"),
        (33, True, "2026-11-08"),
        (32, True, None),
        (1, True, None),
        (400, True, "2025-11-06"),
        (40, False, None),
    ],
)
def test_covers_are_kept_again_a_month_before_they_expire(
    store: Noting, days: int, renew: bool, expected: str | None
) -> None:
    pack = a_pack("ana", "ana", day=TODAY)
    close_with(store, [pack])
    planned(store, replace(SETTINGS, keep_covers_days=days), renew=renew)
    assert of_run(store) == ChunkPacks(folder=FOLDER, renew_before=expected)
    document = ChunkPacks(folder=FOLDER, packs=[pack], renew_before=expected)
    assert of_chunk(store, CHUNKS[0]) == document


def test_a_plan_that_cannot_be_read_is_written_again(
    store: Noting, caplog: pytest.LogCaptureFixture
) -> None:
    store.put(BUCKET, keys.packs_of_all_chunks(RUN_ID), b"{", content_type=JSON)
    planned(store)
    assert of_run(store) == ChunkPacks(folder=FOLDER)
    assert "packs.json" in caplog.text


def test_messages_and_ids_of_chunks_do_not_know_of_packs() -> None:
    without = plan([{"ana": 3, "bo": 2}, {"cy": 4}, {"mia": 1, "zoe": 1}])
    assert [chunk.last_creator for chunk in MANIFEST.chunks] == ["bo", "cy", "zoe"]
    assert [chunk.last_creator for chunk in without.chunks] == [None] * 3
    assert list(map(MANIFEST.message, MANIFEST.chunks)) == list(
        map(without.message, without.chunks)
    )


@pytest.mark.parametrize(("csv_is_there", "looked_into"), [(True, 2), (False, 284)])
def test_names_are_read_from_the_csv_if_few_creators_reach_far(
    store: Noting, csv_is_there: bool, looked_into: int
) -> None:
    names = [f"c{number:03d}" for number in range(300)]
    close_with(store, [a_pack(name, name, day=TODAY) for name in names])
    body = HEADER + b"c007,http://cdn.example/1.jpg,\nc290,http://cdn.example/2.jpg,\n"
    etag = store.put(SOURCE.bucket, SOURCE.key, body, content_type=CONTENT_TYPE)
    if not csv_is_there:
        store.delete_keys(SOURCE.bucket, [SOURCE.key])
    span = ChunkSpan((len(HEADER), len(body) - 1), 2, 2, 2, "c007", "0" * 64, "c290")
    run = plan_run(
        store,
        SETTINGS,
        RunSpec("r", TIMESTAMP, MANIFEST.trigger, MANIFEST.config),
        RunCsv(CsvSource(SOURCE.bucket, SOURCE.key, etag), [span]),
        keep=keep_first_manifest,
    )
    found = plan_packs(run, today=TODAY)
    assert found == PlannedPacks(packs=300, looked_into=looked_into, chunks=1)
