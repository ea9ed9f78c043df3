"""What S3 charges for, as a client of boto3 makes it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from moto import mock_aws

from collage_core.aws.multipart import PART_BYTES, MultipartUpload
from collage_core.aws.request_counts import RequestCounts, Requests
from collage_core.aws.s3_store import S3Store


@pytest.fixture
def counts() -> RequestCounts:
    return RequestCounts()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, counts: RequestCounts) -> Iterator[S3Store]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="bucket")
        counts.watch(client)
        yield S3Store(client)


def put(store: S3Store, key: str) -> None:
    store.put("bucket", key, b"x", content_type="text/plain")


def test_requests_count_by_what_s3_charges(store: S3Store, counts: RequestCounts) -> None:
    put(store, "a")
    put(store, "b")
    store.get("bucket", "a")
    store.head("bucket", "gone")
    assert list(store.list_keys("bucket", "")) == ["a", "b"]
    assert counts.requests == Requests(puts=2, lists=1, gets=2)


def test_deleting_is_free(store: S3Store, counts: RequestCounts) -> None:
    put(store, "a")
    before = counts.requests
    store.delete_keys("bucket", ["a"])
    assert counts.requests - before == Requests()


def test_each_part_of_an_upload_is_charged_and_its_beginning_and_its_end(
    store: S3Store, counts: RequestCounts
) -> None:
    with MultipartUpload(
        store.client, bucket="bucket", key="large", content_type="text/plain", metadata={}
    ) as upload:
        upload.write(bytes(PART_BYTES + 1))
    assert counts.requests == Requests(puts=4)


def test_no_request_of_many_threads_is_lost(store: S3Store, counts: RequestCounts) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: put(store, str(number)), range(40)))
    assert counts.requests == Requests(puts=40)
