"""What `verify` finds, each on a run that was closed and is then spoiled in one place."""

import io
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace as replace_settings

import pytest
from msgspec import UNSET
from msgspec.structs import replace
from PIL import Image

from collage_core.contract.books import ObjectCounts, RowCounts
from collage_core.contract.collage_metadata import CollageMetadata
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.receipt import CreatorResult, Receipt, WrittenObject
from collage_core.contract.summary import RunSummary
from collage_core.contract.trigger import Trigger
from collage_core.errors import BooksError, MessageError
from collage_core.layout import keys
from collage_core.layout.creator_objects import OBJECT_KINDS, ObjectKind, RunObjects
from collage_core.run.opened_collage import picture_problems
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.run import Run
from collage_core.run.run_record import write_record
from collage_core.run.verify import Fixes, VerifyReport, verify
from collage_core.storage.documents import read_document, to_document
from collage_core.storage.object_store import ObjectStore
from tests.support.memory_store import MemoryStore
from tests.support.recorded_runs import (
    RUN_ID,
    SETTINGS,
    TIMESTAMP,
    close_recorded_run,
    write_receipt,
)

OUT, TEMP = SETTINGS.output_bucket, SETTINGS.temp_bucket
COVERS = {"ana": 4, "Ben": 6, "cléo": 1, "x" * 300: 3, "zed": 2}
MISSING = {"ana": 1, "gone": 2}
CLEAR_RECONCILE = "clear `reconcile` of this run in Airflow, and do what its log says"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture(scope="module")
def closed() -> Run[ObjectStore]:
    return close_recorded_run(MemoryStore(), COVERS, missing=MISSING)


@pytest.fixture
def run(closed: Run[ObjectStore]) -> Run[ObjectStore]:
    return deepcopy(closed)


def verified(run: Run[ObjectStore], *, sample: int | None = None) -> VerifyReport:
    recorded = RecordedRun.open(run.store, SETTINGS, TIMESTAMP, RUN_ID)
    return verify(recorded, look=picture_problems, sample=sample)


def said(run: Run[ObjectStore]) -> list[str]:
    return [problem.what for problem in verified(run).everything]


def key_of(run: Run[ObjectStore], kind: ObjectKind, creator: str = "ana") -> str:
    return RunObjects.of(run.manifest).key(kind, creator)


def recorded(run: Run[ObjectStore]) -> list[CreatorResult]:
    return list(RecordedRun.open(run.store, SETTINGS, TIMESTAMP, RUN_ID).creators())


def spoil_record(run: Run[ObjectStore], creator: str, **changes: object) -> None:
    write_record(
        run,
        [
            replace(result, **changes) if result.creator == creator else result
            for result in recorded(run)
        ],
        most=2,
    )


def rewrite(run: Run[ObjectStore], creator: str, bodies: dict[ObjectKind, bytes]) -> None:
    """Replace objects, and let metadata, record and summary say what is there now.

    So the books equal the bucket, and only who opens the objects finds something. The temp bucket
    has forgotten the run.
    """
    run.store.delete_keys(TEMP, list(run.store.list_keys(TEMP, "")))
    store = run.store
    (result,) = (one for one in recorded(run) if one.creator == creator)
    objects = dict(result.known_objects)
    grown = 0
    for kind, body in bodies.items():
        etag = store.put(OUT, key_of(run, kind, creator), body, content_type="x/y")
        grown += (len(body) - objects[kind].bytes) * (kind != "by_creator")
        objects[kind] = WrittenObject(etag, len(body))
    del objects["metadata"]
    key = key_of(run, "metadata", creator)
    metadata = read_document(store, OUT, key, CollageMetadata)
    assert metadata is not None
    body = to_document(replace(metadata, result=replace(metadata.result, objects=objects)))
    objects["metadata"] = WrittenObject(store.put(OUT, key, body, content_type="x/y"), len(body))
    spoil_record(run, creator, objects=objects)
    spoil_summary(run, lambda summary: with_more_bytes(summary, grown))


def painted(body: bytes, paint: Callable[[Image.Image], object]) -> bytes:
    picture = Image.open(io.BytesIO(body)).convert("RGB")
    paint(picture)
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=95, subsampling=0)
    return written.getvalue()


def body(run: Run[ObjectStore], kind: ObjectKind, creator: str = "ana") -> bytes:
    found = run.store.get(OUT, key_of(run, kind, creator))
    assert found is not None
    return found.body


@pytest.mark.parametrize("trigger", [Trigger.SQS, Trigger.MANUAL])
@pytest.mark.parametrize(
    "look",
    [
        {},
        {"trim": True, "gutter": 9, "margin": 20, "title": "{creator}"},
        {"format": "webp", "quality": 60, "labels": "date", "corner": 20},
        {"format": "png", "fit": "contain", "background": "#204060"},
        {"max_bytes": 12_000},
        {"quality": 1, "progressive": True},
    ],
)
def test_a_run_that_went_well_is_found_to_be_so(
    store: MemoryStore, trigger: Trigger, look: dict[str, object]
) -> None:
    run = close_recorded_run(store, COVERS, missing=MISSING, trigger=trigger, **look)
    before = store.objects
    report = verified(run)
    assert not report.everything
    assert (report.rows, report.creators, report.objects) == (19, 6, 5 * 4 + 1)
    assert (report.receipts, report.metadata, report.opened) == (3, 6, 5)
    assert report.in_words == (
        "run monthly-1: 19 rows, 6 creators and 21 objects compared, 3 receipts and 6 metadata "
        "read, 5 collages opened: everything is as recorded"
    )
    assert store.objects == before


def test_a_run_can_be_verified_when_the_temp_bucket_has_forgotten_it(
    run: Run[ObjectStore],
) -> None:
    run.store.delete_keys(TEMP, list(run.store.list_keys(TEMP, "")))
    report = verified(run)
    assert not report.everything
    assert report.receipts == 0
    run.store.delete_keys(OUT, [key_of(run, "thumbnail")])
    (problem,) = verified(run).everything
    assert problem.fix == (
        "bucket tiktok-image-temp has forgotten this run: make its collages again by a new run, "
        "over the same window or from the same CSV"
    )


def test_a_run_without_covers_is_found_to_be_empty(store: MemoryStore) -> None:
    report = verified(close_recorded_run(store, {}))
    assert not report.everything
    assert (report.rows, report.creators) == (0, 0)


@pytest.mark.parametrize("kind", OBJECT_KINDS)
def test_an_object_that_is_missing_is_named_with_the_fix(
    run: Run[ObjectStore], kind: ObjectKind
) -> None:
    key = key_of(run, kind)
    run.store.delete_keys(OUT, [key])
    (problem,) = verified(run).everything
    assert problem.what == f"{key} of 'ana' in bucket {OUT} is missing"
    assert problem.fix == CLEAR_RECONCILE


@pytest.mark.parametrize("kind", OBJECT_KINDS)
def test_an_object_that_was_replaced_is_named_with_both_etags(
    run: Run[ObjectStore], kind: ObjectKind
) -> None:
    (was,) = (one.known_objects[kind] for one in recorded(run) if one.creator == "ana")
    etag = run.store.put(OUT, key_of(run, kind), b"of another plan", content_type="x/y")
    (problem,) = verified(run).everything
    assert f"has ETag {etag} and 15 bytes, and the record says {was.etag}" in problem.what
    assert problem.fix == CLEAR_RECONCILE


def test_no_task_is_named_for_a_run_that_the_function_has_closed(run: Run[ObjectStore]) -> None:
    source = CsvSource(TEMP, keys.ordered_csv(RUN_ID), "e7a9")
    outside = Run(SETTINGS, run.store, replace(run.manifest, source=source))
    for bucket, key in (
        (TEMP, keys.manifest(RUN_ID)),
        (OUT, keys.recorded_manifest(TIMESTAMP, RUN_ID)),
    ):
        run.store.put(bucket, key, to_document(outside.manifest), content_type="x/y")
    spoil_summary(run, lambda summary: replace(summary, source=source))
    run.store.delete_keys(OUT, [key_of(run, "collage")])
    (problem,) = verified(outside).everything
    assert problem.fix == "submit its CSV again with any change: that is a new run"


def test_an_object_of_an_older_plan_is_extra(run: Run[ObjectStore]) -> None:
    key = key_of(run, "collage", "nobody")
    run.store.put(OUT, key, b"left", content_type="x/y")
    report = verified(run)
    (problem,) = report.everything
    assert problem.what == f"{key} in bucket {OUT} belongs to no creator of the record"
    assert problem.fix == "cover-collage verify monthly-1 --delete-extras"
    assert [extra.key for extra in report.extras] == [key]


def test_the_command_that_deletes_extras_names_buckets_of_other_names(
    run: Run[ObjectStore],
) -> None:
    settings = replace_settings(SETTINGS, output_bucket="ours", temp_bucket="theirs")
    recorded = RecordedRun(settings, run.store, run.manifest)
    assert Fixes.of(recorded, is_remembered=True).delete_extras == (
        "OUTPUT_BUCKET=ours TEMP_BUCKET=theirs cover-collage verify monthly-1 --delete-extras"
    )


def test_a_run_of_a_csv_from_outside_has_no_task_to_clear(run: Run[ObjectStore]) -> None:
    source = replace(run.manifest.source, bucket=TEMP, key=keys.ordered_csv(RUN_ID))
    recorded = RecordedRun(SETTINGS, run.store, replace(run.manifest, source=source))
    assert Fixes.of(recorded, is_remembered=True).close_again == (
        "submit its CSV again with any change: that is a new run"
    )


def spoil_summary(run: Run[ObjectStore], change: Callable[[RunSummary], RunSummary]) -> None:
    key = keys.processing_summary(TIMESTAMP)
    summary = read_document(run.store, OUT, key, RunSummary)
    assert summary is not None
    run.store.put(OUT, key, to_document(change(summary)), content_type="x/y")


def with_more_bytes(summary: RunSummary, grown: int) -> RunSummary:
    objects = summary.books.objects + ObjectCounts(bytes=grown)
    return replace(summary, books=replace(summary.books, objects=objects))


def one_more_placed(summary: RunSummary) -> RunSummary:
    books = summary.books
    rows = books.rows + RowCounts(total=1, placed=1)
    return replace(summary, books=replace(books, rows=rows))


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (
            one_more_placed,
            [
                "rows of the manifest: 19 in the record, and 20",
                "rows: 19 in the record, and 20",
                "rows placed: 16 in the record, and 17",
            ],
        ),
        (lambda one: replace(one, chunks=4), ["chunks: 3 in the record, and 4"]),
        (
            lambda one: replace(
                one, books=replace(one.books, objects=replace(one.books.objects, collages=6))
            ),
            ["collages: 5 in the record, and 6"],
        ),
        (lambda one: with_more_bytes(one, 1), ["bytes of collages and thumbnails"]),
        (lambda one: replace(one, trigger=Trigger.S3), ["trigger: sqs-trigger in the record"]),
    ],
)
def test_a_summary_that_counts_otherwise_is_found(
    run: Run[ObjectStore],
    change: Callable[[RunSummary], RunSummary],
    lines: Sequence[str],
) -> None:
    spoil_summary(run, change)
    for found, line in zip(said(run), lines, strict=True):
        assert found.startswith(line)


def test_a_run_without_its_summary_is_found(run: Run[ObjectStore]) -> None:
    run.store.delete_keys(OUT, [keys.processing_summary(TIMESTAMP)])
    assert said(run) == [f"{keys.processing_summary(TIMESTAMP)} is not in bucket {OUT}"]


def test_a_run_that_was_planned_again_since_it_was_closed_is_found(run: Run[ObjectStore]) -> None:
    again = replace(run.manifest, source=replace(run.manifest.source, etag="another"))
    run.store.put(TEMP, keys.manifest(RUN_ID), to_document(again), content_type="x/y")
    (problem,) = verified(run).everything
    assert problem.what == (
        f"{keys.manifest(RUN_ID)} in bucket {TEMP} is another plan than that of the record"
    )
    assert problem.fix == CLEAR_RECONCILE


def receipt_of(run: Run[ObjectStore], creator: str) -> Receipt:
    (found,) = (
        receipt
        for receipt in run.receipts()
        if creator in {result.creator for result in receipt.results}
    )
    return found


def test_a_creator_who_is_in_a_receipt_or_in_the_record_alone_is_found(
    run: Run[ObjectStore],
) -> None:
    receipt = receipt_of(run, "zed")
    results = [
        replace(result, creator="stranger") if result.creator == "zed" else result
        for result in receipt.results
    ]
    write_receipt(run, replace(receipt, results=results))
    assert said(run) == [
        "creator 'zed' of the record is in no receipt",
        "1 creators of the receipts are not in the record, the first is 'stranger'",
    ]


def test_a_receipt_that_counts_other_rows_is_found(run: Run[ObjectStore]) -> None:
    receipt = receipt_of(run, "zed")
    results = [
        replace(result, rows=RowCounts(total=9, placed=9)) if result.creator == "zed" else result
        for result in receipt.results
    ]
    write_receipt(run, replace(receipt, results=results))
    assert said(run) == ["the record counts 2 rows of 'zed', and its receipt 9"]


def test_a_receipt_that_lost_to_another_worker_is_no_problem(run: Run[ObjectStore]) -> None:
    receipt = receipt_of(run, "zed")
    mine = {"collage": WrittenObject("another", 7)}
    results = [replace(result, objects=mine) for result in receipt.results]
    write_receipt(run, replace(receipt, results=results))
    report = verified(run, sample=0)
    assert not report.everything
    assert report.metadata == len(receipt.results)  # they are asked who has won


def test_a_receipt_that_cannot_be_read_is_named(run: Run[ObjectStore]) -> None:
    key = keys.receipt(RUN_ID, run.manifest.chunks[0].chunk_id)
    run.store.put(TEMP, key, b"{", content_type="x/y")
    (line,) = said(run)
    assert line.startswith(f"{key} in bucket {TEMP} cannot be used: it cannot be read")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"pictures": "0" * 64}, "has pictures"),
        ({"reasons": {"http_404": 3}}, "has reasons {'http_404': 1}, and the record says"),
    ],
)
def test_metadata_that_says_something_else_than_the_record_is_found(
    run: Run[ObjectStore], changes: dict[str, object], line: str
) -> None:
    run.store.delete_keys(TEMP, list(run.store.list_keys(TEMP, "")))
    spoil_record(run, "ana", **changes)
    (found,) = said(run)
    assert found.startswith(f"{key_of(run, 'metadata')} {line}")


def test_objects_that_a_creator_must_have_or_cannot_have_are_found(run: Run[ObjectStore]) -> None:
    (ana,) = (one for one in recorded(run) if one.creator == "ana")
    objects = dict(ana.known_objects)
    del objects["thumbnail"]
    spoil_record(run, "ana", objects=objects)
    spoil_record(run, "zed", collage_key=None)
    lines = said(run)
    assert (
        "the record names the objects by_creator, collage, metadata of 'ana', who must have "
        "by_creator, collage, metadata, thumbnail"
    ) in lines
    assert (
        "collage_key of 'zed' is None in the record: with 2 placed covers it must be "
        "'collages/2026/10/01/sqs-trigger/zed_collage_20261001_000000.jpg'"
    ) in lines


def test_metadata_of_a_chunk_that_the_run_does_not_have_is_found(run: Run[ObjectStore]) -> None:
    key = key_of(run, "metadata")
    metadata = read_document(run.store, OUT, key, CollageMetadata)
    assert metadata is not None
    changed = to_document(replace(metadata, chunk_id="of-another-plan"))
    run.store.put(OUT, key, changed, content_type="x/y")
    rewrite(run, "ana", {})
    (found,) = said(run)
    assert found.startswith(f"{key} has chunk_id 'of-another-plan'")


def test_nothing_is_said_of_objects_that_an_older_release_did_not_record(
    run: Run[ObjectStore],
) -> None:
    run.store.delete_keys(TEMP, list(run.store.list_keys(TEMP, "")))
    spoil_record(run, "ana", objects=UNSET, pictures=UNSET)
    metadata = read_document(run.store, OUT, key_of(run, "metadata"), CollageMetadata)
    assert metadata is not None
    older = replace(metadata, result=replace(metadata.result, objects=UNSET, pictures=UNSET))
    run.store.put(OUT, key_of(run, "metadata"), to_document(older), content_type="x/y")
    report = verified(run)
    assert not report.everything
    assert report.unknown == 1


# What only who opens the objects can find.


def test_a_cover_in_a_cell_that_the_metadata_does_not_name_is_found(run: Run[ObjectStore]) -> None:
    collage = painted(
        body(run, "collage"), lambda picture: picture.paste("black", (700, 600, 780, 640))
    )
    rewrite(run, "ana", {"collage": collage, "by_creator": collage})
    (line,) = said(run)
    assert line == (
        f"{key_of(run, 'collage')}: row 1, column 2 is not empty, and its metadata names no cover "
        "there"
    )


def test_a_collage_without_any_of_its_covers_is_found(run: Run[ObjectStore]) -> None:
    def clear(picture: Image.Image) -> None:
        picture.paste("#eeeeec", (0, 0, *picture.size))

    bodies = {kind: painted(body(run, kind), clear) for kind in ("collage", "thumbnail")}
    rewrite(run, "ana", {**bodies, "by_creator": bodies["collage"]})
    assert said(run) == [f"{key_of(run, 'collage')}: none of its 4 covers is to be seen"]


def test_a_collage_of_another_size_is_found(run: Run[ObjectStore]) -> None:
    one = body(run, "collage", "cléo")
    small = painted(one, lambda picture: picture.thumbnail((100, 100)))
    rewrite(run, "cléo", {"collage": small, "by_creator": small})
    (line,) = said(run)
    assert line.endswith("and its metadata says 900x800")


def test_a_thumbnail_of_another_collage_is_found(run: Run[ObjectStore]) -> None:
    other = painted(
        body(run, "thumbnail"), lambda picture: picture.paste("navy", (0, 0, *picture.size))
    )
    rewrite(run, "ana", {"thumbnail": other})
    (line,) = said(run)
    assert line.startswith(f"{key_of(run, 'collage')}: its thumbnail shows another picture")


@pytest.mark.parametrize("kind", ["collage", "thumbnail"])
def test_a_picture_that_breaks_off_is_found(run: Run[ObjectStore], kind: ObjectKind) -> None:
    half = body(run, kind)[: len(body(run, kind)) // 2]
    changed: dict[ObjectKind, bytes] = {kind: half}
    if kind == "collage":
        changed["by_creator"] = half
    rewrite(run, "ana", changed)
    lines = said(run)
    assert any("cannot be opened as a JPEG (image file is truncated" in line for line in lines)


def test_a_copy_that_is_another_picture_is_found(run: Run[ObjectStore]) -> None:
    rewrite(run, "ana", {"by_creator": body(run, "collage", "Ben")})
    assert said(run) == [
        f"{key_of(run, 'by_creator')} is another picture than {key_of(run, 'collage')}"
    ]


def test_a_sample_is_spread_over_all_creators(store: MemoryStore) -> None:
    run = close_recorded_run(
        store, {f"c{number:02d}": 1 for number in range(30)}, missing={"none": 1}
    )
    report = verified(run, sample=4)
    assert (report.metadata, report.opened) == (5, 4)
    for creator in ("c00", "c10", "c19", "c29"):
        rewrite(run, creator, {"by_creator": b"?"})
        assert len(verified(run, sample=4).everything) == 1
        rewrite(run, creator, {"by_creator": body(run, "collage", creator)})
    rewrite(run, "c05", {"by_creator": b"?"})
    assert not verified(run, sample=4).everything
    assert len(verified(run).everything) == 1


def test_without_a_way_to_open_pictures_documents_are_compared_all_the_same(
    run: Run[ObjectStore],
) -> None:
    report = verify(RecordedRun.open(run.store, SETTINGS, TIMESTAMP, RUN_ID), look=None)
    assert not report.everything
    assert (report.metadata, report.opened) == (6, 0)


# The record itself.


def test_a_run_is_found_by_its_id_and_by_its_second(run: Run[ObjectStore]) -> None:
    for named in (RUN_ID, str(TIMESTAMP)):
        assert RecordedRun.find(run.store, SETTINGS, named).manifest == run.manifest
    run.store.delete_keys(TEMP, list(run.store.list_keys(TEMP, "")))
    for named in (RUN_ID, str(TIMESTAMP)):
        assert RecordedRun.find(run.store, SETTINGS, named).manifest == run.manifest


@pytest.mark.parametrize(
    ("named", "line"),
    [
        ("monthly-2", "no run monthly-2 has a record in bucket tiktok-image-output"),
        ("1", "no run 1 has a record"),
        ("20261001_000001", "no run has a record of 20261001_000001"),
    ],
)
def test_a_run_that_has_no_record_is_named(run: Run[ObjectStore], named: str, line: str) -> None:
    with pytest.raises(MessageError, match=line):
        RecordedRun.find(run.store, SETTINGS, named)


def test_two_runs_of_one_second_are_named(run: Run[ObjectStore]) -> None:
    run.store.put(OUT, keys.recorded_manifest(TIMESTAMP, "other"), b"{}", content_type="x/y")
    with pytest.raises(MessageError, match="runs monthly-1, other have a record of 20261001"):
        RecordedRun.find(run.store, SETTINGS, str(TIMESTAMP))


def test_a_page_that_is_missing_is_named(run: Run[ObjectStore]) -> None:
    key = keys.recorded_creators(TIMESTAMP, RUN_ID, 2)
    run.store.delete_keys(OUT, [key])
    with pytest.raises(MessageError, match=f"{key} is not in bucket {OUT}"):
        verified(run)


def test_a_creator_who_is_in_the_record_twice_is_named(run: Run[ObjectStore]) -> None:
    results = recorded(run)
    write_record(run, [*results, results[-1]])
    with pytest.raises(BooksError, match="has creator 'zed' out of order or twice"):
        verified(run)
