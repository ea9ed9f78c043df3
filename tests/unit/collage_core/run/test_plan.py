"""A run is planned: what its manifest says, and what becomes of an earlier one."""

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from collage_core.aws.s3_store import S3Store
from collage_core.contract.config import ProcessingConfig
from collage_core.covers.chunking import ChunkSpan
from collage_core.errors import ConditionFailedError, RaceError
from collage_core.layout import keys
from collage_core.run.plan import (
    KeepManifest,
    RunCsv,
    RunSpec,
    keep_first_manifest,
    plan_run,
    replace_manifest,
)
from collage_core.run.run import Run
from collage_core.storage.documents import to_document
from tests.support.airflow_aws import SETTINGS
from tests.support.runs import plan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROWS = [{"ana": 3}, {"ben": 2, "cem": 1}]
MANIFEST = plan(ROWS)
BUCKET = SETTINGS.temp_bucket
RUN_ID = MANIFEST.run_id
FIRST, SECOND = (chunk.chunk_id for chunk in MANIFEST.chunks)
SPANS = [
    ChunkSpan(
        chunk.byte_range,
        chunk.rows,
        chunk.creators,
        chunk.first_line,
        chunk.first_creator or "",
        chunk.rows_sha256 or "",
    )
    for chunk in MANIFEST.chunks
]


@pytest.fixture
def store(s3: "S3Client") -> S3Store:
    """A run whose first chunk is done, and whose second one was begun and failed."""
    store = S3Store(s3)
    replace_manifest(store, SETTINGS, MANIFEST)
    for key in (
        keys.receipt(RUN_ID, FIRST),
        keys.partial_receipt(RUN_ID, SECOND),
        keys.failed_message(RUN_ID, SECOND),
    ):
        write(store, key)
    return store


def write(store: S3Store, key: str) -> None:
    store.put(BUCKET, key, b"{}", content_type="application/json")


def everything(store: S3Store) -> set[str]:
    return set(store.list_keys(BUCKET, keys.run_folder(RUN_ID)))


def receipts(store: S3Store) -> list[str]:
    return list(store.list_keys(BUCKET, keys.receipts(RUN_ID)))


def killed_at(store: S3Store, monkeypatch: pytest.MonkeyPatch, write: int) -> None:
    """Let this and all later writes of the store fail, counted from 0, and say so."""
    count = 0

    def dying(real: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal count
            count += 1
            if count > write:
                raise KeyboardInterrupt
            return real(*arguments, **options)

        return call

    for method in ("put_object", "delete_objects"):
        monkeypatch.setattr(store.client, method, dying(getattr(store.client, method)))


def test_the_same_manifest_again_keeps_what_is_done(store: S3Store) -> None:
    before = everything(store)
    replace_manifest(store, SETTINGS, MANIFEST)
    assert everything(store) == before


def test_the_same_rows_under_another_etag_are_not_done_again(store: S3Store) -> None:
    before = everything(store)
    changed = replace(MANIFEST, source=replace(MANIFEST.source, etag="kms"))
    run = Run(SETTINGS, store, replace_manifest(store, SETTINGS, changed))
    assert everything(store) == before
    assert Run.open(store, SETTINGS, RUN_ID).manifest == changed
    assert [chunk.chunk_id for chunk in run.unfinished()] == [SECOND]


def test_a_chunk_whose_rows_changed_is_forgotten_and_no_other(store: S3Store) -> None:
    write(store, keys.receipt(RUN_ID, SECOND))
    changed = plan([{"ana": 3}, {"ben": 2}])
    run = Run(SETTINGS, store, replace_manifest(store, SETTINGS, changed))
    assert everything(store) == {keys.manifest(RUN_ID), keys.receipt(RUN_ID, FIRST)}
    assert run.unfinished() == [changed.chunks[1]]


def test_another_grid_makes_all_chunks_again(store: S3Store) -> None:
    spec = RunSpec(RUN_ID, MANIFEST.run_timestamp, MANIFEST.trigger, ProcessingConfig(rows=4), "")
    run = plan_run(store, SETTINGS, spec, RunCsv(MANIFEST.source, SPANS), keep=replace_manifest)
    assert everything(store) == {keys.manifest(RUN_ID)}
    assert len(run.unfinished()) == 2


def test_what_is_to_be_done_again_is_noted_until_the_chunks_are_others(store: S3Store) -> None:
    write(store, keys.again(RUN_ID))
    replace_manifest(store, SETTINGS, replace(MANIFEST, origin=MANIFEST.source))
    assert keys.again(RUN_ID) in everything(store)
    replace_manifest(store, SETTINGS, plan(ROWS[:1]))
    assert keys.again(RUN_ID) not in everything(store)


def test_a_chunk_in_its_second_round_stays_in_it(store: S3Store) -> None:
    first, second = MANIFEST.chunks
    again = replace(MANIFEST, chunks=[replace(first, chunk_id=f"{FIRST}-r2"), second])
    store.put(BUCKET, keys.manifest(RUN_ID), to_document(again), content_type="application/json")
    write(store, keys.receipt(RUN_ID, f"{FIRST}-r2"))
    assert replace_manifest(store, SETTINGS, MANIFEST) == again
    assert receipts(store) == [keys.receipt(RUN_ID, f"{FIRST}-r2")], "that of round 1 is no more"


def test_a_receipt_from_before_the_last_plan_does_not_come_back_with_its_rows(
    store: S3Store,
) -> None:
    replace_manifest(store, SETTINGS, plan(ROWS[1:]))
    write(store, keys.receipt(RUN_ID, FIRST))  # by a worker that was slow
    replace_manifest(store, SETTINGS, MANIFEST)
    assert receipts(store) == []


def test_a_manifest_that_cannot_be_read_is_replaced_and_no_receipt_is_lost(
    store: S3Store,
) -> None:
    write(store, keys.manifest(RUN_ID))
    write(store, keys.receipt(RUN_ID, "another"))
    assert replace_manifest(store, SETTINGS, MANIFEST) == MANIFEST
    assert receipts(store) == [keys.receipt(RUN_ID, FIRST)]


@pytest.mark.parametrize("kill_at", range(3))
def test_wherever_it_is_killed_no_kept_receipt_is_lost_and_no_other_counts(
    store: S3Store, monkeypatch: pytest.MonkeyPatch, kill_at: int
) -> None:
    changed = plan([{"ana": 3}, {"dee": 9}])
    write(store, keys.receipt(RUN_ID, SECOND))
    write(store, keys.receipt(RUN_ID, changed.chunks[1].chunk_id))  # no chunk of the old plan
    with monkeypatch.context() as patch:
        killed_at(store, patch, kill_at)
        with pytest.raises(KeyboardInterrupt):
            replace_manifest(store, SETTINGS, changed)
    run = Run.open(store, SETTINGS, RUN_ID)
    if run.manifest == changed:
        assert run.unfinished() == [changed.chunks[1]]
    else:
        assert run.unfinished() == []
    run = Run(SETTINGS, store, replace_manifest(store, SETTINGS, changed))
    assert everything(store) == {keys.manifest(RUN_ID), keys.receipt(RUN_ID, FIRST)}
    assert run.unfinished() == [changed.chunks[1]]


def test_the_first_of_two_plans_holds_for_a_csv_from_outside(store: S3Store) -> None:
    other = replace(MANIFEST, config=ProcessingConfig(rows=4))
    assert keep_first_manifest(store, SETTINGS, other) == MANIFEST
    assert len(receipts(store)) == 1
    new = replace(other, run_id="new")
    assert keep_first_manifest(store, SETTINGS, new) == new


def test_a_plan_that_was_not_kept_is_tried_again(
    store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: Any, **_options: Any) -> str:
        raise ConditionFailedError("409")

    monkeypatch.setattr(S3Store, "put", refused)
    with pytest.raises(RaceError, match="was being written and is not there"):
        keep_first_manifest(store, SETTINGS, replace(MANIFEST, run_id="new"))


@pytest.mark.parametrize("keep", [keep_first_manifest, replace_manifest])
def test_a_planned_run_is_the_one_that_is_opened_later(
    store: S3Store, keep: KeepManifest[S3Store]
) -> None:
    spec = RunSpec(
        "new", MANIFEST.run_timestamp, MANIFEST.trigger, MANIFEST.config, MANIFEST.output_prefix
    )
    run = plan_run(store, SETTINGS, spec, RunCsv(MANIFEST.source, SPANS), keep=keep)
    assert run.manifest == replace(MANIFEST, run_id="new")
    assert run == Run.open(store, SETTINGS, "new")
