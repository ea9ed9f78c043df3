"""Moving a CSV: whole, once, never over what came meanwhile, and never by downloading it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import boto3
import pytest
from moto import mock_aws

from collage_core.aws.again import PAUSES
from collage_core.aws.s3_move import move
from collage_core.aws.s3_store import S3Error, S3Store
from collage_core.contract.csv_source import CsvSource
from collage_core.errors import RaceError, SourceChangedError
from tests.support.conflicts import CODES, Conflicts
from tests.support.failures import Where, failure

BUCKET = "bucket"
PART = 5 * 1024 * 1024


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Store]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield S3Store(client)


def put(store: S3Store, key: str, body: bytes) -> CsvSource:
    etag = store.put(BUCKET, key, body, content_type="text/csv", metadata={"dispatch": "sqs"})
    return CsvSource(BUCKET, key, etag)


def put_parts(store: S3Store, key: str, bodies: Sequence[bytes], **kind: Any) -> CsvSource:
    s3 = store.client
    upload: Any = {"Bucket": BUCKET, "Key": key}
    upload["UploadId"] = s3.create_multipart_upload(
        **upload, ContentType="text/csv", Metadata={"dispatch": "sqs"}, **kind
    )["UploadId"]
    parts: list[Any] = []
    for number, body in enumerate(bodies, start=1):
        answer = s3.upload_part(**upload, PartNumber=number, Body=body, **kind)
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    return CsvSource(BUCKET, key, done["ETag"].strip('"'))


def present(store: S3Store) -> list[str]:
    return list(store.list_keys(BUCKET, ""))


def before_call(store: S3Store, operation: str, do: Callable[[], object]) -> None:
    """Let something happen in the moment before every request of this kind."""

    def happen(**_: Any) -> None:  # an answer would be taken for that of S3
        do()

    store.client.meta.events.register(f"before-call.s3.{operation}", happen)


def test_a_moved_object_keeps_its_bytes_and_metadata(store: S3Store) -> None:
    assert move(store, put(store, "from", b"rows"), "to")
    assert present(store) == ["to"]
    moved = store.client.get_object(Bucket=BUCKET, Key="to")
    assert moved["Body"].read() == b"rows"
    assert moved["ContentType"] == "text/csv"
    assert moved["Metadata"]["dispatch"] == "sqs"


@pytest.mark.parametrize("kind", [{}, {"ChecksumAlgorithm": "SHA256"}], ids=["plain", "checksum"])
@pytest.mark.parametrize(
    "bodies",
    [[b"rows"], [b"x" * PART, b"y" * (PART + 7), b"end"]],
    ids=["one part", "parts of several sizes"],
)
def test_an_object_of_parts_is_copied_in_the_same_parts(
    store: S3Store, bodies: list[bytes], kind: Any
) -> None:
    source = put_parts(store, "from", bodies, **kind)
    assert move(store, source, "to")
    assert present(store) == ["to"]
    moved = store.get(BUCKET, "to")
    assert moved is not None
    assert moved.body == b"".join(bodies)
    assert moved.etag == source.etag


def test_a_range_is_only_asked_of_an_object_of_several_parts(store: S3Store) -> None:
    requests: list[Any] = []
    store.client.meta.events.register(
        "before-parameter-build.s3.UploadPartCopy", lambda params, **_: requests.append(params)
    )
    assert move(store, put_parts(store, "small", [b"rows"]), "to/small")
    assert ["CopySourceRange" in request for request in requests] == [False]
    assert move(store, put_parts(store, "large", [b"x" * PART, b"end"]), "to/large")
    assert ["CopySourceRange" in request for request in requests] == [False, True, True]


def test_an_object_of_any_size_is_moved_without_downloading_it(store: S3Store) -> None:
    source = put_parts(store, "from", [b"x" * PART, b"end"])
    downloads: list[None] = []
    before_call(store, "GetObject", lambda: downloads.append(None))
    assert move(store, source, "to")
    assert not downloads


def test_moving_again_finds_it_moved(store: S3Store) -> None:
    source = put(store, "from", b"rows")
    assert move(store, source, "to")
    assert move(store, source, "to")
    assert present(store) == ["to"]


def test_moving_again_leaves_a_new_object_at_the_old_key_alone(store: S3Store) -> None:
    source = put(store, "from", b"rows")
    move(store, source, "to")
    put(store, "from", b"new rows")
    assert move(store, source, "to")
    assert present(store) == ["from", "to"]


@failure(
    Where.S3,
    fault="A task or a worker dies between copy and delete of the CSV",
    happens="The next try deletes it, and copies nothing twice",
    sees="nothing",
    fix="nothing; or clear `archive`",
)
def test_a_move_that_was_interrupted_before_the_delete_is_finished(store: S3Store) -> None:
    source = put(store, "from", b"rows")
    put(store, "to", b"ro")
    assert move(store, source, "to")
    assert present(store) == ["to"]


def test_another_object_at_the_target_does_not_count_as_the_copy(store: S3Store) -> None:
    put(store, "to", b"something else")
    assert not move(store, CsvSource(BUCKET, "from", "0" * 32), "to")


def test_an_object_that_was_replaced_is_not_moved(store: S3Store) -> None:
    source = put(store, "from", b"old")
    put(store, "from", b"new")
    with pytest.raises(SourceChangedError, match=r"s3://bucket/from has ETag .* was written again"):
        move(store, source, "to")
    assert present(store) == ["from"]


def test_an_object_that_is_replaced_after_it_was_copied_is_not_deleted(store: S3Store) -> None:
    source = put(store, "from", b"old")
    before_call(store, "DeleteObject", lambda: put(store, "from", b"new"))
    with pytest.raises(SourceChangedError, match="s3://bucket/from"):
        move(store, source, "to")
    new = store.get(BUCKET, "from")
    assert new is not None
    assert new.body == b"new"


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("operation", ["HeadObject", "CopyObject", "DeleteObject"])
def test_a_409_that_asks_to_try_again_is_tried_again(
    store: S3Store, operation: str, code: str, pauses: list[float]
) -> None:
    source = put(store, "from", b"rows")
    conflicts = Conflicts(store.client, operation, times=len(PAUSES), code=code)
    assert move(store, source, "to")
    assert present(store) == ["to"]
    assert conflicts.asked > len(PAUSES) == len(pauses)
    assert sum(pauses) < 3


def test_a_part_whose_copy_meets_another_request_is_copied_again(
    store: S3Store, pauses: list[float]
) -> None:
    source = put_parts(store, "from", [b"x" * PART, b"end"])
    for operation in ("UploadPartCopy", "CompleteMultipartUpload"):
        Conflicts(store.client, operation, times=1)
    assert move(store, source, "to")
    assert present(store) == ["to"]
    assert len(pauses) == 2
    assert "Uploads" not in store.client.list_multipart_uploads(Bucket=BUCKET)


@pytest.mark.parametrize("operation", ["CopyObject", "DeleteObject"])
def test_a_409_that_stays_is_an_error_of_the_moment(
    store: S3Store, operation: str, pauses: list[float]
) -> None:
    source = put(store, "from", b"rows")
    Conflicts(store.client, operation, times=len(PAUSES) + 1)
    with pytest.raises(RaceError, match=r"cannot move s3://bucket/from: .* try again"):
        move(store, source, "to")
    assert len(pauses) == len(PAUSES)
    assert move(store, source, "to")
    assert present(store) == ["to"]


def test_an_object_that_was_gone_for_a_moment_is_moved_and_not_given_up(
    store: S3Store, pauses: list[float]
) -> None:
    source = put(store, "from", b"rows")
    gone = store.client.exceptions.ClientError({"Error": {"Code": "NoSuchKey"}}, "CopyObject")
    answers: list[Exception] = [gone]

    def once(**_: Any) -> None:
        if answers:
            raise answers.pop()

    store.client.meta.events.register("before-call.s3.CopyObject", once)
    assert move(store, source, "to")
    assert present(store) == ["to"]
    assert len(pauses) == 1


def test_two_that_move_the_same_object_both_find_it_moved(store: S3Store) -> None:
    source = put(store, "from", b"rows")
    other = S3Store(boto3.client("s3", region_name="us-east-1"))
    before_call(store, "CopyObject", lambda: move(other, source, "to"))
    assert move(store, source, "to")
    assert present(store) == ["to"]


@failure(
    Where.S3,
    fault="The copy in the archive differs from the CSV",
    happens="The CSV is kept",
    sees='`archive`: "differs from it: the source was kept; run this again"',
    fix="clear `archive`",
)
@pytest.mark.parametrize("damaged", [b"row", b"rowz"], ids=["shorter", "another byte"])
def test_a_copy_with_other_bytes_keeps_the_source(
    store: S3Store, monkeypatch: pytest.MonkeyPatch, damaged: bytes
) -> None:
    source = put(store, "from", b"rows")
    monkeypatch.setattr(store.client, "copy_object", lambda **_: put(store, "to", damaged))
    with pytest.raises(S3Error, match=r"s3://bucket/from at to differs .* the source was kept"):
        move(store, source, "to")
    assert store.head(BUCKET, "from")


def test_an_interrupted_copy_keeps_the_source_and_leaves_no_parts(store: S3Store) -> None:
    source = put_parts(store, "from", [b"x" * PART, b"end"])

    def break_off() -> None:
        raise ConnectionError

    before_call(store, "CompleteMultipartUpload", break_off)
    with pytest.raises(ConnectionError):
        move(store, source, "to")
    assert present(store) == ["from"]
    assert "Uploads" not in store.client.list_multipart_uploads(Bucket=BUCKET)
