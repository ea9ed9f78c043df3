"""Moving an uploaded CSV: whole, once, and never over what came meanwhile."""

from typing import Any

import pytest

from collage_core.contract import CsvSource
from collage_core.object_store import ObjectStore, StoreConflict
from collage_core.s3_store import S3Error, S3Store
from lambda_pkg.moving import move
from tests.support.lambda_world import World


@pytest.fixture
def bucket(world: World) -> str:
    return world.settings.temp_bucket


@pytest.fixture
def store(world: World) -> S3Store:
    return world.services.store


def put(store: ObjectStore, bucket: str, key: str, body: bytes, **condition: Any) -> str:
    return store.put(bucket, key, body, content_type="text/plain", **condition)


def test_a_moved_object_keeps_its_bytes_and_metadata(store: S3Store, bucket: str) -> None:
    etag = put(store, bucket, "from", b"rows", metadata={"dispatch": "sqs"})
    assert move(store, CsvSource(bucket, "from", etag), "to")
    assert list(store.list_keys(bucket, "")) == ["to"]
    head = store.head(bucket, "to")
    assert head is not None
    assert head.metadata == {"dispatch": "sqs"}


def test_moving_again_is_no_error(store: S3Store, bucket: str) -> None:
    source = CsvSource(bucket, "from", put(store, bucket, "from", b"rows"))
    move(store, source, "to")
    assert not move(store, source, "to")
    assert list(store.list_keys(bucket, "")) == ["to"]


def test_an_object_that_was_replaced_is_not_moved(store: S3Store, bucket: str) -> None:
    etag = put(store, bucket, "from", b"old")
    put(store, bucket, "from", b"new")
    with pytest.raises(StoreConflict):
        move(store, CsvSource(bucket, "from", etag), "to")
    assert list(store.list_keys(bucket, "")) == ["from"]


def test_a_multipart_upload_is_moved_although_its_copy_has_another_etag(
    world: World, store: S3Store, bucket: str
) -> None:
    s3, bodies = world.s3, [b"x" * 5 * 1024 * 1024, b"end"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="from")["UploadId"]
    of_upload: dict[str, Any] = {"Bucket": bucket, "Key": "from", "UploadId": upload}
    parts: list[Any] = [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(**of_upload, PartNumber=number, Body=body)["ETag"],
        }
        for number, body in enumerate(bodies, start=1)
    ]
    s3.complete_multipart_upload(**of_upload, MultipartUpload={"Parts": parts})
    head = store.head(bucket, "from")
    assert head is not None
    assert move(store, CsvSource(bucket, "from", head.etag), "to")
    moved = store.get(bucket, "to")
    assert moved is not None
    assert moved.body == b"".join(bodies)


def test_a_copy_with_other_bytes_keeps_the_source(
    store: S3Store, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    etag = put(store, bucket, "from", b"rows")
    monkeypatch.setattr(store.client, "copy", lambda *_, **__: put(store, bucket, "to", b"row"))
    with pytest.raises(S3Error, match="has other bytes: the source was kept"):
        move(store, CsvSource(bucket, "from", etag), "to")
    assert store.exists(bucket, "from")
