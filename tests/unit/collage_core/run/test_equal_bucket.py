"""What the receipts say is compared with what is in the bucket, before a run is closed."""

import json
from threading import Event

import pytest
from msgspec.structs import replace

from collage_core.aws.s3_store import S3Error
from collage_core.contract.books import CreatorCounts, ObjectCounts, RowCounts
from collage_core.contract.document import to_json
from collage_core.contract.receipt import CreatorResult, Outcome, Receipt, WrittenObject
from collage_core.errors import UnequalError
from collage_core.layout import keys
from collage_core.layout.creator_objects import OBJECT_KINDS, ObjectKind, RunObjects
from collage_core.run.close import close_run
from collage_core.run.equal_bucket import equal_bucket
from collage_core.run.run import Run
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from tests.support.bucket_objects import write_objects
from tests.support.memory_store import MemoryStore
from tests.support.runs import run

SETTINGS = Settings()
OUTPUT = SETTINGS.output_bucket
MANIFEST, RECEIPTS = run([{"ana": 3, "bo": 2}, {"cy": 4}])
PLACES = RunObjects.of(MANIFEST)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def written(store: MemoryStore, receipt: Receipt) -> Receipt:
    """The receipt with objects in the bucket that it names."""
    results = []
    for result in receipt.results:
        named = write_objects(store, OUTPUT, PLACES, result.creator)
        results.append(replace(result, objects=named.objects))
    objects = ObjectCounts(len(results), len(results), sum(map(picture_bytes, results)))
    return replace(receipt, results=results, books=replace(receipt.books, objects=objects))


def picture_bytes(result: CreatorResult) -> int:
    return sum(result.known_objects[kind].bytes for kind in ("collage", "thumbnail"))


@pytest.fixture
def receipts(store: MemoryStore) -> list[Receipt]:
    return [written(store, receipt) for receipt in RECEIPTS]


def compared(store: MemoryStore, receipts: list[Receipt]) -> list[Receipt]:
    return list(equal_bucket(Run(SETTINGS, store, MANIFEST), receipts))


def of_twin(store: MemoryStore, chunk_id: str, *, honest: bool = True) -> CreatorResult:
    """Another worker placed one cover of bo instead of two, and wrote the record."""
    objects = {}
    for kind in OBJECT_KINDS[:-1]:
        body = f"{kind} by a twin".encode()
        etag = store.put(OUTPUT, PLACES.key(kind, "bo"), body, content_type="x/y")
        objects[kind] = WrittenObject(etag if honest else "0f", len(body))
    result = CreatorResult(
        "bo",
        Outcome.PARTIAL,
        RowCounts(total=2, placed=1, failed=1),
        PLACES.key("collage", "bo"),
        {"http_404": 1},
        objects,
    )
    body = json.dumps(to_json(result) | {"chunk_id": chunk_id}).encode()
    store.put(OUTPUT, PLACES.key("metadata", "bo"), body, content_type=JSON)
    return result


def test_receipts_that_equal_the_bucket_are_taken_as_they_are(
    store: MemoryStore, receipts: list[Receipt]
) -> None:
    assert compared(store, receipts) == receipts


def test_what_another_worker_of_the_chunk_wrote_last_is_what_counts(
    store: MemoryStore, receipts: list[Receipt]
) -> None:
    twin = of_twin(store, receipts[0].chunk_id)
    first, second = compared(store, receipts)
    assert second == receipts[1]
    ana, bo = first.results
    assert ana == receipts[0].results[0]
    assert bo.rows == twin.rows
    assert bo.known_objects["collage"] == twin.known_objects["collage"]
    assert "metadata" in bo.known_objects
    books = first.books
    assert books.rows == RowCounts(total=5, placed=4, failed=1)
    assert books.reasons == {"http_404": 1}
    assert books.creators == CreatorCounts(total=2, complete=1, partial=1)
    assert books.objects == ObjectCounts(2, 2, picture_bytes(ana) + picture_bytes(bo))
    books.check_balance("the chunk")
    assert compared(store, [first, second]) == [first, second]


def test_an_object_that_is_missing_is_named_and_its_chunk_has_to_be_done_again(
    store: MemoryStore, receipts: list[Receipt]
) -> None:
    key = PLACES.key("thumbnail", "cy")
    store.delete_keys(OUTPUT, [key])
    with pytest.raises(UnequalError, match=r"which is missing$") as found:
        compared(store, receipts)
    assert key in str(found.value)
    assert list(found.value.chunks) == [receipts[1].chunk_id]


@pytest.mark.parametrize(("is_ours", "honest"), [(False, True), (True, False)])
def test_a_record_of_another_chunk_or_of_other_objects_does_not_count(
    store: MemoryStore, receipts: list[Receipt], is_ours: bool, honest: bool
) -> None:
    of_twin(store, receipts[0].chunk_id if is_ours else "another", honest=honest)
    with pytest.raises(UnequalError, match="instead of"):
        compared(store, receipts)


def test_nothing_is_written_of_a_run_that_does_not_equal_the_bucket(
    store: MemoryStore, receipts: list[Receipt]
) -> None:
    for receipt in receipts:
        key = keys.receipt(MANIFEST.run_id, receipt.chunk_id)
        store.put(SETTINGS.temp_bucket, key, to_document(receipt), content_type=JSON)
    store.delete_keys(OUTPUT, [PLACES.key("collage", "ana")])
    with pytest.raises(UnequalError):
        close_run(Run(SETTINGS, store, MANIFEST))
    assert list(store.list_keys(OUTPUT, "results/")) == []


def test_objects_of_a_plan_that_was_replaced_are_named_and_deleted(
    store: MemoryStore, receipts: list[Receipt], caplog: pytest.LogCaptureFixture
) -> None:
    write_objects(store, OUTPUT, PLACES, "dee")
    assert compared(store, receipts) == receipts
    for kind in OBJECT_KINDS:
        key = PLACES.key(kind, "dee")
        assert key in caplog.text
        assert store.head(OUTPUT, key) is None
    assert store.head(OUTPUT, PLACES.key("collage", "ana")) is not None


@pytest.mark.parametrize("kind", [kind for kind in OBJECT_KINDS if kind != "metadata"])
def test_what_could_not_be_deleted_is_found_by_the_next_try(
    store: MemoryStore,
    receipts: list[Receipt],
    monkeypatch: pytest.MonkeyPatch,
    kind: ObjectKind,
) -> None:
    """A copy that is in no day's folder is looked for only if another object of its creator is."""
    write_objects(store, OUTPUT, PLACES, "dee")
    delete, others = MemoryStore.delete_as_seen, Event()

    def refuse(store: MemoryStore, bucket: str, key: str, *, etag: str) -> None:
        if key == PLACES.key(kind, "dee"):
            others.wait(0.2)
            raise S3Error("S3 says SlowDown")
        delete(store, bucket, key, etag=etag)
        if key == PLACES.key("metadata", "dee"):
            others.set()

    with monkeypatch.context() as patch:
        patch.setattr(MemoryStore, "delete_as_seen", refuse)
        with pytest.raises(S3Error):
            compared(store, receipts)
    assert store.head(OUTPUT, PLACES.key("metadata", "dee")) is not None, (
        "the others are found by it"
    )
    compared(store, receipts)
    assert [one for one in OBJECT_KINDS if store.head(OUTPUT, PLACES.key(one, "dee"))] == []


def test_objects_are_left_if_the_second_is_that_of_another_run(
    store: MemoryStore, receipts: list[Receipt]
) -> None:
    write_objects(store, OUTPUT, PLACES, "dee")
    store.put(OUTPUT, keys.claim(MANIFEST.run_timestamp), b"another", content_type="text/plain")
    assert compared(store, receipts) == receipts
    assert store.head(OUTPUT, PLACES.key("collage", "dee")) is not None


def test_an_object_that_was_written_since_it_was_listed_is_left(
    receipts: list[Receipt], store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_objects(store, OUTPUT, PLACES, "dee")
    key = PLACES.key("collage", "dee")

    def written_meanwhile(*_: object, **__: object) -> None:
        store.put(OUTPUT, key, b"of another plan", content_type="x/y")

    monkeypatch.setattr("collage_core.run.equal_bucket.check_second", written_meanwhile)
    assert compared(store, receipts) == receipts
    assert store.head(OUTPUT, key) is not None
    assert store.head(OUTPUT, PLACES.key("metadata", "dee")) is None


def test_nothing_is_deleted_by_whoever_closes_a_plan_that_was_replaced(
    store: MemoryStore, receipts: list[Receipt]
) -> None:
    write_objects(store, OUTPUT, PLACES, "dee")
    newer, _ = run([{"ana": 3, "bo": 2}, {"cy": 4, "dee": 1}])
    key = keys.manifest(MANIFEST.run_id)
    store.put(SETTINGS.temp_bucket, key, to_document(newer), content_type=JSON)
    assert compared(store, receipts) == receipts
    assert store.head(OUTPUT, PLACES.key("collage", "dee")) is not None


def test_what_a_receipt_names_in_vain_is_deleted_if_the_record_does_not_name_it(
    store: MemoryStore, receipts: list[Receipt]
) -> None:
    """The worker that placed nothing wrote its record first, and the one that had placed died."""
    key = PLACES.key("collage", "bo")
    store.put(OUTPUT, key, b"of a worker that died", content_type="x/y")
    result = CreatorResult(
        "bo", Outcome.FAILED, RowCounts(total=2, failed=2), None, {"http_404": 2}, {}
    )
    body = json.dumps(to_json(result) | {"chunk_id": receipts[0].chunk_id}).encode()
    store.put(OUTPUT, PLACES.key("metadata", "bo"), body, content_type=JSON)
    first, second = compared(store, receipts)
    assert first.books.rows.failed == 2
    assert store.head(OUTPUT, key) is None
    assert compared(store, [first, second]) == [first, second]


def test_creators_of_an_older_release_are_not_compared(store: MemoryStore) -> None:
    assert compared(store, RECEIPTS) == RECEIPTS
