"""The S3 store against the contract of `collage_core.object_store`."""

from typing import Any

import pytest

from collage_core.contract import CsvSource
from collage_core.object_store import ObjectStore, StoreConflict, StoredObject
from lambda_pkg.store import S3Error, S3Store
from tests.support.lambda_world import World

OTHER_ETAG = "0" * 32


@pytest.fixture
def bucket(world: World) -> str:
    return world.settings.temp_bucket


@pytest.fixture
def store(world: World) -> S3Store:
    return world.services.store


def put(store: ObjectStore, bucket: str, key: str, body: bytes, **condition: Any) -> str:
    return store.put(bucket, key, body, content_type="text/plain", **condition)


def test_what_was_put_is_got_with_the_same_etag(store: S3Store, bucket: str) -> None:
    etag = put(store, bucket, "k", b"hello")
    assert store.get(bucket, "k") == StoredObject(b"hello", etag)
    assert store.get(bucket, "k", byte_range=(1, 3), etag=etag) == StoredObject(b"ell", etag)
    assert '"' not in etag


def test_a_key_without_an_object_is_none_but_a_missing_bucket_is_an_error(
    store: S3Store, bucket: str
) -> None:
    assert store.get(bucket, "k") is None
    assert not store.exists(bucket, "k")
    with pytest.raises(S3Error, match="cannot read s3://no-such-bucket/k: S3 says NoSuchBucket"):
        store.get("no-such-bucket", "k")


def test_reading_under_another_etag_is_a_conflict(store: S3Store, bucket: str) -> None:
    put(store, bucket, "k", b"hello")
    with pytest.raises(StoreConflict):
        store.get(bucket, "k", etag=OTHER_ETAG)


def test_conditional_writes_hold_their_condition(store: S3Store, bucket: str) -> None:
    etag = put(store, bucket, "k", b"1", if_absent=True)
    with pytest.raises(StoreConflict):
        put(store, bucket, "k", b"2", if_absent=True)
    with pytest.raises(StoreConflict):
        put(store, bucket, "k", b"2", if_etag=OTHER_ETAG)
    with pytest.raises(StoreConflict, match="is gone"):
        put(store, bucket, "gone", b"2", if_etag=etag)
    put(store, bucket, "k", b"2", if_etag=etag)
    assert store.get(bucket, "k") == StoredObject(b"2", store.head(bucket, "k").etag)  # type: ignore[union-attr]


def test_all_keys_of_a_prefix_are_listed_in_order(store: S3Store, bucket: str) -> None:
    wanted = [f"a/{number:04d}" for number in range(1005)]
    for key in [*reversed(wanted), "b/1"]:
        put(store, bucket, key, b"")
    assert list(store.list_keys(bucket, "a/")) == wanted


def test_a_moved_object_keeps_its_bytes_and_metadata(store: S3Store, bucket: str) -> None:
    etag = put(store, bucket, "from", b"rows", metadata={"dispatch": "sqs"})
    assert store.move(CsvSource(bucket, "from", etag), "to")
    assert list(store.list_keys(bucket, "")) == ["to"]
    head = store.head(bucket, "to")
    assert head is not None
    assert head.metadata == {"dispatch": "sqs"}


def test_moving_again_is_no_error(store: S3Store, bucket: str) -> None:
    source = CsvSource(bucket, "from", put(store, bucket, "from", b"rows"))
    store.move(source, "to")
    assert not store.move(source, "to")
    assert list(store.list_keys(bucket, "")) == ["to"]


def test_an_object_that_was_replaced_is_not_moved(store: S3Store, bucket: str) -> None:
    etag = put(store, bucket, "from", b"old")
    put(store, bucket, "from", b"new")
    with pytest.raises(StoreConflict):
        store.move(CsvSource(bucket, "from", etag), "to")
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
    assert store.move(CsvSource(bucket, "from", head.etag), "to")
    moved = store.get(bucket, "to")
    assert moved is not None
    assert moved.body == b"".join(bodies)


def test_a_copy_with_other_bytes_keeps_the_source(
    store: S3Store, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    etag = put(store, bucket, "from", b"rows")
    monkeypatch.setattr(store._client, "copy", lambda *_, **__: put(store, bucket, "to", b"row"))
    with pytest.raises(S3Error, match="has other bytes: the source was kept"):
        store.move(CsvSource(bucket, "from", etag), "to")
    assert store.exists(bucket, "from")
