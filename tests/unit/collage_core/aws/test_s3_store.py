"""The S3 store against the contract of `collage_core.storage.object_store`."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from collage_core.aws.again import PAUSES
from collage_core.aws.s3_store import S3Error, S3Store
from collage_core.errors import ConditionFailedError, PermanentError, RaceError
from collage_core.storage.object_store import StoredObject
from tests.support.conflicts import CODES, Conflicts

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


CONDITIONS = [{}, {"if_absent": True}, {"if_etag": OTHER_ETAG}]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("condition", [{}, {"if_absent": True}])
def test_a_write_that_meets_another_one_is_made_again(
    store: S3Store, bucket: str, pauses: list[float], condition: dict[str, Any], code: str
) -> None:
    conflicts = Conflicts(store.client, "PutObject", times=len(PAUSES), code=code)
    etag = put(store, bucket, "k", b"1", **condition)
    assert store.get(bucket, "k") == StoredObject(b"1", etag)
    assert conflicts.asked == len(PAUSES) + 1
    assert len(pauses) == len(PAUSES)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_write_that_meets_others_all_the_time_may_be_made_later(
    store: S3Store, bucket: str, pauses: list[float], condition: dict[str, Any]
) -> None:
    Conflicts(store.client, "PutObject", times=99)
    # Whoever has a condition looks at the object again.
    expected = ConditionFailedError if condition else RaceError
    with pytest.raises(expected, match="s3://bucket/k"):
        put(store, bucket, "k", b"1", **condition)
    assert len(pauses) == len(PAUSES)
    assert not issubclass(expected, PermanentError)


def test_a_write_that_lost_is_told_so_by_its_next_try(
    store: S3Store, bucket: str, pauses: list[float]
) -> None:
    put(store, bucket, "k", b"the other's")
    Conflicts(store.client, "PutObject", times=1)
    with pytest.raises(ConditionFailedError, match="it was written meanwhile"):
        put(store, bucket, "k", b"mine", if_absent=True)
    assert len(pauses) == 1


@pytest.mark.parametrize("operation", ["GetObject", "HeadObject", "ListObjectsV2", "DeleteObjects"])
def test_any_other_request_that_meets_one_is_an_error_of_the_moment(
    store: S3Store, bucket: str, operation: str
) -> None:
    requests: dict[str, Any] = {
        "GetObject": lambda: store.get(bucket, "k"),
        "HeadObject": lambda: store.head(bucket, "k"),
        "ListObjectsV2": lambda: list(store.list_keys(bucket, "k")),
        "DeleteObjects": lambda: store.delete_keys(bucket, ["k"]),
    }
    Conflicts(store.client, operation, times=1)
    with pytest.raises(RaceError, match="try again"):
        requests[operation]()
    requests[operation]()


@pytest.mark.thorough
def test_all_keys_of_a_prefix_are_listed_in_order(store: S3Store, bucket: str) -> None:
    wanted = [f"a/{number:04d}" for number in range(1005)]
    for key in [*reversed(wanted), "b/1"]:
        put(store, bucket, key, b"")
    assert list(store.list_keys(bucket, "a/")) == wanted


def test_folders_are_listed_without_what_is_in_them(store: S3Store, bucket: str) -> None:
    for key in ("a/b/1", "a/b/2", "a/b-c/1", "a/d", "a/é/x/y", "b/e/1"):
        put(store, bucket, key, b"")
    assert list(store.list_folders(bucket, "a/")) == ["b-c", "b", "é"]
    assert list(store.list_folders(bucket, "none/")) == []


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


def test_a_bucket_that_had_versioning_once_may_have_versions(store: S3Store, bucket: str) -> None:
    assert not store.keeps_versions(bucket)
    for status in ("Enabled", "Suspended"):
        configuration: Any = {"Status": status}
        store.client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=configuration)
        assert store.keeps_versions(bucket)
    with pytest.raises(S3Error, match="read the versioning of s3://nobodys"):
        store.keeps_versions("nobodys")
