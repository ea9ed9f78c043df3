"""The S3 store against the contract of `collage_core.storage.object_store`."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from collage_core.aws.s3_store import S3Error, S3Store
from collage_core.errors import ConditionFailedError
from collage_core.storage.object_store import StoredObject

OTHER_ETAG = "0" * 32


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Store]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield S3Store(boto3.client("s3", region_name="us-east-1"))


@pytest.fixture
def bucket(store: S3Store) -> str:
    store.client.create_bucket(Bucket="bucket")
    return "bucket"


def put(store: S3Store, bucket: str, key: str, body: bytes, **condition: Any) -> str:
    return store.put(bucket, key, body, content_type="text/plain", **condition)


def test_a_written_object_is_read_with_the_same_etag(store: S3Store, bucket: str) -> None:
    etag = put(store, bucket, "k", b"hello")
    assert store.get(bucket, "k") == StoredObject(b"hello", etag)
    assert store.get(bucket, "k", byte_range=(1, 3), etag=etag) == StoredObject(b"ell", etag)
    assert '"' not in etag


def test_a_range_beyond_the_end_is_read_as_far_as_there_are_bytes(
    store: S3Store, bucket: str
) -> None:
    etag = put(store, bucket, "k", b"hello")
    assert store.get(bucket, "k", byte_range=(3, 9)) == StoredObject(b"lo", etag)
    assert store.get(bucket, "k", byte_range=(5, 9)) == StoredObject(b"", etag)
    assert store.get(bucket, "k", byte_range=(5, 9), etag=etag) == StoredObject(b"", etag)
    with pytest.raises(ConditionFailedError):
        store.get(bucket, "k", byte_range=(5, 9), etag=OTHER_ETAG)
    assert store.get(bucket, "gone", byte_range=(5, 9)) is None


def test_a_key_without_an_object_is_none_but_a_missing_bucket_is_an_error(
    store: S3Store, bucket: str
) -> None:
    assert store.get(bucket, "k") is None
    assert store.head(bucket, "k") is None
    with pytest.raises(S3Error, match="cannot read s3://no-such-bucket/k: S3 says NoSuchBucket"):
        store.get("no-such-bucket", "k")


def test_reading_under_another_etag_is_a_conflict(store: S3Store, bucket: str) -> None:
    put(store, bucket, "k", b"hello")
    with pytest.raises(ConditionFailedError):
        store.get(bucket, "k", etag=OTHER_ETAG)


def test_conditional_writes_check_their_condition(store: S3Store, bucket: str) -> None:
    etag = put(store, bucket, "k", b"1", if_absent=True)
    with pytest.raises(ConditionFailedError):
        put(store, bucket, "k", b"2", if_absent=True)
    with pytest.raises(ConditionFailedError):
        put(store, bucket, "k", b"2", if_etag=OTHER_ETAG)
    with pytest.raises(ConditionFailedError, match="is gone"):
        put(store, bucket, "gone", b"2", if_etag=etag)
    put(store, bucket, "k", b"2", if_etag=etag)
    assert store.get(bucket, "k") == StoredObject(b"2", store.head(bucket, "k").etag)  # type: ignore[union-attr]


@pytest.mark.thorough
def test_all_keys_of_a_prefix_are_listed_in_order(store: S3Store, bucket: str) -> None:
    wanted = [f"a/{number:04d}" for number in range(1005)]
    for key in [*reversed(wanted), "b/1"]:
        put(store, bucket, key, b"")
    assert list(store.list_keys(bucket, "a/")) == wanted


@pytest.mark.thorough
def test_any_number_of_keys_is_deleted_and_a_key_without_an_object_is_no_error(
    store: S3Store, bucket: str
) -> None:
    stale = [f"a/{number:04d}" for number in range(1005)]
    for key in [*stale, "b/1"]:
        put(store, bucket, key, b"")
    store.delete_keys(bucket, [*stale, "a/none"])
    assert list(store.list_keys(bucket, "")) == ["b/1"]


def test_an_object_that_s3_does_not_delete_is_an_error(
    store: S3Store, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"Errors": [{"Key": "k", "Code": "AccessDenied", "Message": "Access Denied"}]}
    monkeypatch.setattr(store.client, "delete_objects", lambda **_: answer)
    with pytest.raises(S3Error, match="cannot delete s3://bucket/k: S3 says AccessDenied; allow"):
        store.delete_keys(bucket, ["j", "k"])
