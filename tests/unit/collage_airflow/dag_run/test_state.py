"""A run's manifest and receipts in the temp bucket."""

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from collage_airflow.dag_run.identity import RunIdentity
from collage_airflow.dag_run.state import finished_manifest, replace_manifest
from collage_core.aws.s3_store import S3Store
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.manifest import Manifest
from collage_core.covers.cover_csv import HEADER
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.documents import require_manifest
from tests.support.airflow_aws import SETTINGS
from tests.support.runs import plan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MANIFEST = plan([{"ana": 3}, {"ben": 2, "cem": 1}])
RUN = RunIdentity(MANIFEST.run_id, MANIFEST.run_timestamp, MANIFEST.source.key)
ARCHIVED = keys.archived_csv(RUN.csv_key, RUN.timestamp)
BUCKET = SETTINGS.temp_bucket


@pytest.fixture
def store(s3: "S3Client") -> S3Store:
    """A run whose first chunk is done and whose second one is under way."""
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
    assert require_manifest(store, SETTINGS, MANIFEST.run_id) == changed


def archive(store: S3Store, *, etag: str = MANIFEST.source.etag) -> None:
    """Put a CSV where that of the run is archived, as a copy of the object with this ETag."""
    store.put(
        SETTINGS.input_bucket,
        ARCHIVED,
        b"rows",
        content_type="text/csv",
        metadata={"moved-from-etag": etag},
    )


def test_a_run_is_finished_when_its_csv_stands_in_the_archive(store: S3Store) -> None:
    assert finished_manifest(store, SETTINGS, RUN) is None
    archive(store)
    assert finished_manifest(store, SETTINGS, RUN) == MANIFEST


def test_another_csv_in_the_place_of_the_archived_one_finishes_no_run(store: S3Store) -> None:
    archive(store, etag="another")
    assert finished_manifest(store, SETTINGS, RUN) is None


def test_a_finished_run_whose_manifest_has_expired_wants_a_new_run(store: S3Store) -> None:
    archive(store)
    store.delete_keys(BUCKET, [keys.manifest(RUN.run_id)])
    with pytest.raises(MessageError, match=f"{ARCHIVED}, and its manifest has expired: trigger a"):
        finished_manifest(store, SETTINGS, RUN)


def test_a_run_without_covers_is_never_finished_even_when_its_manifest_has_expired(
    store: S3Store,
) -> None:
    store.put(
        SETTINGS.input_bucket,
        ARCHIVED,
        HEADER,
        content_type="text/csv",
        metadata={"moved-from-etag": MANIFEST.source.etag},
    )
    assert finished_manifest(store, SETTINGS, RUN) is None
    store.delete_keys(BUCKET, [keys.manifest(RUN.run_id)])
    assert finished_manifest(store, SETTINGS, RUN) is None
