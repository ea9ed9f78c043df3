"""A run is planned: what its manifest says, and what becomes of an earlier one."""

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from collage_core.aws.s3_store import S3Store
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.manifest import Manifest
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
from tests.support.airflow_aws import SETTINGS
from tests.support.runs import plan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MANIFEST = plan([{"ana": 3}, {"ben": 2, "cem": 1}])
BUCKET = SETTINGS.temp_bucket


@pytest.fixture
def store(s3: "S3Client") -> S3Store:
    """A run whose first chunk is done and whose second one is in progress."""
    store = S3Store(s3)
    replace_manifest(store, SETTINGS, MANIFEST)
    first, second = MANIFEST.chunks
    for key in (
        keys.receipt(MANIFEST.run_id, first.chunk_id),
        keys.partial_receipt(MANIFEST.run_id, second.chunk_id),
    ):
        store.put(BUCKET, key, b"{}", content_type="application/json")
    return store


def receipts(store: S3Store) -> list[str]:
    return list(store.list_keys(BUCKET, keys.receipts(MANIFEST.run_id)))


def test_the_same_manifest_again_keeps_what_is_done(store: S3Store) -> None:
    replace_manifest(store, SETTINGS, MANIFEST)
    assert len(receipts(store)) == 1


def test_the_manifest_is_gone_before_any_receipt_is(
    store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted: list[list[str]] = []
    delete_objects = store.client.delete_objects

    def note(**request: Any) -> Any:
        deleted.append([item["Key"] for item in request["Delete"]["Objects"]])
        return delete_objects(**request)

    monkeypatch.setattr(store.client, "delete_objects", note)
    replace_manifest(store, SETTINGS, replace(MANIFEST, config=ProcessingConfig(rows=4)))
    first, *others = deleted
    assert first == [keys.manifest(MANIFEST.run_id)]
    assert sum(map(len, others)) == 2


@pytest.mark.parametrize(
    "changed",
    [
        replace(MANIFEST, config=ProcessingConfig(rows=4)),
        plan([{"ana": 3}, {"ben": 2}]),
    ],
    ids=["another grid", "other rows"],
)
def test_another_manifest_removes_what_was_done_for_the_old_one(
    store: S3Store, changed: Manifest
) -> None:
    replace_manifest(store, SETTINGS, changed)
    assert list(store.list_keys(BUCKET, keys.run_folder(MANIFEST.run_id))) == [
        keys.manifest(MANIFEST.run_id)
    ]
    assert Run.open(store, SETTINGS, MANIFEST.run_id).manifest == changed


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
    spans = [
        ChunkSpan(chunk.byte_range, chunk.rows, chunk.creators, chunk.first_line)
        for chunk in MANIFEST.chunks
    ]
    run = plan_run(store, SETTINGS, spec, RunCsv(MANIFEST.source, spans), keep=keep)
    assert run.manifest == replace(MANIFEST, run_id="new")
    assert run == Run.open(store, SETTINGS, "new")
