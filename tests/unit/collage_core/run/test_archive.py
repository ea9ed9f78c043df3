"""The CSV of a run in the archive; how a CSV is moved is tested with `s3_move`."""

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from collage_core.aws.s3_store import S3Store
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.manifest import Manifest
from collage_core.contract.selection import Selection
from collage_core.covers.cover_csv import HEADER
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run import archive as archiving
from collage_core.run.archive import finished_run
from collage_core.run.plan import replace_manifest
from collage_core.run.run import Run
from tests.support.airflow_aws import SETTINGS
from tests.support.runs import plan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MANIFEST = plan([{"ana": 3}, {"ben": 2, "cem": 1}])
ARCHIVED = keys.archived_csv(MANIFEST.source.key, MANIFEST.run_timestamp)
BUCKET = SETTINGS.temp_bucket


@pytest.fixture
def store(s3: "S3Client") -> S3Store:
    """A run that is planned."""
    store = S3Store(s3)
    replace_manifest(store, SETTINGS, MANIFEST)
    return store


def finished(store: S3Store) -> Manifest | None:
    run = finished_run(
        store,
        SETTINGS,
        MANIFEST.run_id,
        timestamp=MANIFEST.run_timestamp,
        csv_key=MANIFEST.source.key,
    )
    return None if run is None else run.manifest


def archive(store: S3Store, *, etag: str = MANIFEST.source.etag) -> None:
    """Put a CSV where that of the run is archived, as a copy of the object with this ETag."""
    store.put(
        SETTINGS.input_bucket,
        ARCHIVED,
        b"rows",
        content_type="text/csv",
        metadata={"moved-from-etag": etag},
    )


@pytest.mark.parametrize("is_upload", [True, False])
def test_a_csv_without_a_usable_row_is_finished_and_a_window_without_rows_never(
    store: S3Store, is_upload: bool
) -> None:
    upload = CsvSource(SETTINGS.input_bucket, "manual-uploads/mine.csv", "e")
    replace_manifest(store, SETTINGS, replace(MANIFEST, origin=upload if is_upload else None))
    store.put(
        SETTINGS.input_bucket,
        ARCHIVED,
        HEADER,
        content_type="text/csv",
        metadata={"moved-from-etag": MANIFEST.source.etag},
    )
    assert (finished(store) is not None) is is_upload


def test_a_run_is_finished_when_its_csv_is_in_the_archive(store: S3Store) -> None:
    assert finished(store) is None
    archive(store)
    assert finished(store) == MANIFEST


def test_another_csv_in_the_place_of_the_archived_one_finishes_no_run(store: S3Store) -> None:
    archive(store, etag="another")
    assert finished(store) is None


def test_a_finished_run_whose_manifest_has_expired_wants_a_new_run(store: S3Store) -> None:
    archive(store)
    store.delete_keys(BUCKET, [keys.manifest(MANIFEST.run_id)])
    with pytest.raises(MessageError, match=f"{ARCHIVED}, and its manifest has expired: trigger a"):
        finished(store)


def test_a_run_without_covers_is_never_finished(
    store: S3Store,
) -> None:
    store.put(
        SETTINGS.input_bucket,
        ARCHIVED,
        HEADER,
        content_type="text/csv",
        metadata={"moved-from-etag": MANIFEST.source.etag},
    )
    assert finished(store) is None
    store.delete_keys(BUCKET, [keys.manifest(MANIFEST.run_id)])
    assert finished(store) is None


def written(store: S3Store, bucket: str, key: str) -> CsvSource:
    return CsvSource(bucket, key, store.put(bucket, key, b"rows", content_type="text/csv"))


def test_an_uploaded_csv_is_archived_and_its_ordered_copy_stays(
    store: S3Store,
) -> None:
    ordered = written(store, BUCKET, keys.ordered_csv(MANIFEST.run_id))
    origin = written(store, SETTINGS.input_bucket, "manual-uploads/mine.csv")
    run = Run(SETTINGS, store, replace(MANIFEST, source=ordered, origin=origin))
    moved = keys.archived_upload(origin.key, MANIFEST.run_timestamp)
    assert [archiving.archive(run) for _ in range(2)] == [moved, moved]
    assert list(store.list_keys(SETTINGS.input_bucket, "")) == [moved]
    assert store.head(BUCKET, ordered.key) is not None


def test_a_csv_that_came_inside_a_message_is_not_archived(store: S3Store) -> None:
    ordered = written(store, BUCKET, keys.ordered_csv(MANIFEST.run_id))
    assert archiving.archive(Run(SETTINGS, store, replace(MANIFEST, source=ordered))) is None
    assert store.head(BUCKET, ordered.key) is not None


def test_a_manual_run_archives_its_own_csv_and_then_the_upload(store: S3Store) -> None:
    source = written(store, SETTINGS.input_bucket, MANIFEST.source.key)
    origin = written(store, SETTINGS.input_bucket, "manual-uploads/mine.csv")
    run = Run(SETTINGS, store, replace(MANIFEST, source=source, origin=origin))
    assert [archiving.archive(run) for _ in range(2)] == [ARCHIVED, ARCHIVED]
    moved = keys.archived_upload(origin.key, MANIFEST.run_timestamp)
    assert list(store.list_keys(SETTINGS.input_bucket, "")) == sorted([ARCHIVED, moved])


def test_a_run_over_some_creators_leaves_the_upload_for_the_run_over_all(store: S3Store) -> None:
    source = written(store, SETTINGS.input_bucket, MANIFEST.source.key)
    origin = written(store, SETTINGS.input_bucket, "manual-uploads/mine.csv")
    trial = replace(MANIFEST, source=source, origin=origin, selection=Selection(limit=1))
    assert archiving.archive(Run(SETTINGS, store, trial)) == ARCHIVED
    assert list(store.list_keys(SETTINGS.input_bucket, "")) == [ARCHIVED, origin.key]


def test_an_upload_that_was_replaced_or_is_gone_does_not_fail_the_run(
    store: S3Store, caplog: pytest.LogCaptureFixture
) -> None:
    source = written(store, SETTINGS.input_bucket, MANIFEST.source.key)
    origin = written(store, SETTINGS.input_bucket, "manual-uploads/mine.csv")
    run = Run(SETTINGS, store, replace(MANIFEST, source=source, origin=origin))
    store.put(origin.bucket, origin.key, b"other rows", content_type="text/csv")
    assert archiving.archive(run) == ARCHIVED
    assert "mine.csv has ETag" in caplog.text
    assert store.head(origin.bucket, origin.key) is not None
    store.delete_keys(origin.bucket, [origin.key])
    assert archiving.archive(run) == ARCHIVED
